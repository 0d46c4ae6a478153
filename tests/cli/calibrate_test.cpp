// roofcast calibrate: what it writes and what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>

#include "hwdb/hwdb.h"
#include "tests/cli/run.h"
#include "tests/validate/scratch.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;
using roofcast::test::read_file;
using roofcast::test::Scratch;

namespace {

/// FP32 products on two boards, 25 each.
std::string products() {
  std::string text = "op,device,batch,m,n,k,latency_ms\n";
  for (const char* device : {"tesla-p4", "v100"}) {
    for (int i = 1; i <= 25; ++i)
      text += std::string("linear,") + device + ",1,2048,2048," + std::to_string(256 * i) + "," +
              std::to_string(0.5 * i) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("calibrate: intervals come from left-out chips, or are not written") {
  const Scratch scratch;
  const std::string file = scratch.write("g.csv", products()), out = scratch.path("c.toml");
  const Result folds = run({"calibrate", file, "--out", out});
  REQUIRE(folds.code == kDone);
  CHECK(contains(folds.err, "without GP104: 25 rows left out"));
  CHECK(contains(folds.err, "without GV100: 25 rows left out"));
  const roofcast::Calibration c = roofcast::parse_calibration(read_file(out), out);
  CHECK(c.kernel_residuals.at(roofcast::KernelKind::gemm).rows == 50);

  const Result alone = run({"calibrate", file, "--out", out, "--no-folds"});
  REQUIRE(alone.code == kDone);
  CHECK_FALSE(contains(alone.err, "without"));
  const roofcast::Calibration in_sample = roofcast::parse_calibration(read_file(out), out);
  CHECK(in_sample.kernel_residuals.empty());
  CHECK(in_sample.values == c.values);
}

TEST_CASE("calibrate: bad input is one line on stderr, exit status 2 and no output file") {
  const Scratch scratch;
  const std::string good = scratch.write("g.csv", products()), out = scratch.path("c.toml");
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& reason) {
    std::vector<std::string> all{"calibrate"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Result r = run(all);
    CAPTURE(r.err);
    CHECK(r.code == kBadInput);
    CHECK(one_line(r.err));
    CHECK(contains(r.err, reason));
    CHECK_FALSE(std::filesystem::exists(out));
  };
  refused({"--out", out}, "which measurements?");
  refused({good}, "--out FILE is needed");
  refused({good, "--out", out, "--rows-per-group", "0"}, "--rows-per-group");
  refused({good, "--out", out, "--no-fold=1"}, "no-fold");
  refused({good, "--out", out, "--json"}, "--format json");
}
