// SPDX-License-Identifier: Apache-2.0
#include "validate/score.h"

#include <doctest/doctest.h>

#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::test;
using doctest::Approx;

namespace {

constexpr const char* kHeader = "op,device,batch,m,n,k,latency_ms,split\n";

/// A model that says 1 ms to everything, and refuses products with k = 7.
Prediction one_millisecond(const Observation& o, const Gpu&) {
  const auto* kernel = std::get_if<KernelCase>(&o.subject);
  const auto* gemm = kernel != nullptr ? std::get_if<Gemm>(&kernel->op) : nullptr;
  if (gemm != nullptr && gemm->k == 7) return tl::unexpected(SkipReason{"seven"});
  return Predicted{Seconds(1e-3), "compute", "128x64"};
}

Report scored(const std::vector<std::string>& paths, const ReadOptions& options = {},
              const std::function<void(const ScoredRow&)>& sink = {}) {
  return score(paths, options, two_boards, one_millisecond, profiles(), sink);
}

}  // namespace

TEST_CASE("rows are grouped by file, device and kind, every row is accounted for") {
  const Scratch scratch;
  const std::string file = scratch.write("g.csv", std::string(kHeader) +
                                                      "bmm,tesla-p4,1,8,8,8,2,test\n"    // predicted 1: -50 %
                                                      "bmm,tesla-p4,1,8,8,8,0.8,test\n"  // +25 %
                                                      "bmm,tesla-p4,1,8,8,8,0.1,test\n"  // filtered
                                                      "bmm,tesla-p4,1,8,8,7,1,test\n"    // refused
                                                      "linear,v100,1,8,8,8,4,test\n"     // -75 %
                                                      "linear,nobody,1,8,8,8,4,test\n"   // unknown board
                                                      "outer,v100,1,8,8,8,4,test\n");    // not modelled
  const Report r = scored({file});
  REQUIRE(r.groups.size() == 4);
  CHECK(r.groups[0].device == "nobody");
  CHECK(r.groups[0].score.rows_skipped.at("unknown GPU: nobody") == 1);
  const Group& p4 = r.groups[1];
  CHECK(p4.device == "tesla-p4");
  CHECK(p4.kind == "bmm");
  CHECK(p4.score.rows_total == 4);
  CHECK(p4.score.rows_predicted() == 2);
  CHECK(p4.score.rows_skipped ==
        std::map<std::string, std::int64_t>{{"filtered: latency_ms>=0.2", 1}, {"seven", 1}});
  CHECK(p4.score.errors.summary()->mean_abs_pct == Approx(37.5));
  CHECK(p4.score.errors.summary()->bias_pct == Approx(-12.5));
  REQUIRE(p4.score.worst.size() == 2);
  CHECK(p4.score.worst[0].line == 2);
  CHECK(r.groups[3].score.rows_skipped.at("op 'outer' is not modelled") == 1);
  CHECK(r.overall.rows_total == 7);
  CHECK(r.overall.rows_predicted() == 3);
  CHECK(r.overall.errors.summary()->mean_abs_pct == Approx(50));  // (50 + 25 + 75) / 3
  CHECK(r.overall.worst[0].line == 6);
}

TEST_CASE("a throughput is scored in time: twice too fast is 50 % too short") {
  const Scratch scratch;
  const std::string file =
      scratch.write("p.csv",
                    "device,workload,task,mode,precision,batch,image_size,seq_len,stack,value,unit,source\n"
                    "v100,resnet50,,training,fp32,1,224,,eager,500,samples/s,here\n");
  CHECK(scored({file}).overall.errors.summary()->bias_pct == Approx(-50));  // 2 ms measured, 1 ms predicted
}

TEST_CASE("rows outside --where are no part of the total") {
  const Scratch scratch;
  const std::string file =
      scratch.write("g.csv", std::string(kHeader) + "bmm,v100,1,8,8,8,2,test\nbmm,v100,1,8,8,8,2,train\n");
  const Report r = scored({file}, {Filter::parse("split=test", "--where"), true});
  CHECK(r.overall.rows_total == 1);
  CHECK(r.overall.rows_outside == 1);
}

TEST_CASE("the sink receives every row that was asked for, scored or not") {
  const Scratch scratch;
  const std::string file =
      scratch.write("g.csv", std::string(kHeader) + "bmm,v100,1,8,8,8,2,test\nbmm,v100,1,8,8,7,2,test\n");
  std::vector<ScoredRow> rows;
  scored({file}, {}, [&](const ScoredRow& row) { rows.push_back(row); });
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].line == 2);
  CHECK(rows[0].algorithm == "128x64");
  CHECK(rows[0].error() == Approx(-0.5));
  CHECK_FALSE(rows[1].predicted);
  CHECK(rows[1].skipped == "seven");
}

TEST_CASE("a model without a finite time is a skipped row") {
  const Scratch scratch;
  const std::string file = scratch.write("g.csv", std::string(kHeader) + "bmm,v100,1,8,8,8,2,test\n");
  const auto nothing = [](const Observation&, const Gpu&) -> Prediction {
    return Predicted{Seconds(0), "", ""};
  };
  const Report r = score({file}, {}, two_boards, nothing, profiles());
  CHECK(r.overall.rows_skipped.at("the model gave no finite time") == 1);
}

TEST_CASE("only the worst five rows are kept, largest first") {
  const Scratch scratch;
  std::string text = kHeader;
  for (int i = 1; i <= 9; ++i) text += "bmm,v100,1,8,8,8," + std::to_string(i) + ",test\n";
  const Report r = scored({scratch.write("g.csv", text)});
  REQUIRE(r.overall.worst.size() == 5);
  CHECK(r.overall.worst[0].line == 10);  // 9 ms against 1
  CHECK(r.overall.worst[4].line == 6);
}

TEST_CASE("a bar is met within its limit on nine rows in ten, filtered rows aside") {
  const Scratch scratch;
  const std::string gemm = "bmm,v100,1,8,8,8,1.05,test\n";  // -4.8 %
  const std::string refused = "bmm,v100,1,8,8,7,1,test\n";
  std::string ten = kHeader;
  for (int i = 0; i < 9; ++i) ten += gemm;
  const Report met = scored({scratch.write("a.csv", ten + refused + "bmm,v100,1,8,8,8,0.1,test\n")});
  REQUIRE(met.bars.size() == 1);
  CHECK(met.bars[0].name == "neusight gemm");
  CHECK(met.bars[0].coverage() == Approx(0.9));
  CHECK(met.bars[0].met());
  CHECK_FALSE(scored({scratch.write("b.csv", ten + refused + refused)}).bars[0].met());
  CHECK_FALSE(
      scored({scratch.write("c.csv", kHeader + std::string("bmm,v100,1,8,8,8,2,test\n"))}).bars[0].met());
  CHECK_FALSE(scored({scratch.write("d.csv", kHeader + refused)}).bars[0].met());
}

TEST_CASE("every row of the reference measurements is accounted for") {
  const std::filesystem::path reference =
      std::filesystem::path(ROOFCAST_SOURCE_DIR) / ".." / "shared" / "reference";
  if (!std::filesystem::is_directory(reference)) {
    MESSAGE("skipped: no reference measurements beside the checkout");
    return;
  }
  std::int64_t sunk = 0;
  const Report r = scored({reference.string()}, {}, [&](const ScoredRow&) { ++sunk; });
  std::int64_t in_files = 0, in_groups = 0;
  for (const FileRead& file : r.read.files) in_files += file.rows;
  for (const Group& group : r.groups) {
    std::int64_t skipped = 0;
    for (const auto& [reason, n] : group.score.rows_skipped) skipped += n;
    CHECK(group.score.rows_total == group.score.rows_predicted() + skipped);
    in_groups += group.score.rows_total;
  }
  CHECK(in_files > 170000);
  CHECK(in_files == in_groups);
  CHECK(in_files == r.overall.rows_total);
  CHECK(in_files == sunk);
  for (const FileLeftOut& file : r.read.left_out) {
    CAPTURE(file.file);
    CHECK(file.reason.find("holds no times") != std::string::npos);
  }
}
