// roofcast score: its outputs, its exit codes, and what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/cli/json.h"
#include "tests/cli/run.h"
#include "tests/validate/scratch.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;
using nlohmann::json;
using roofcast::test::read_file;
using roofcast::test::Scratch;

namespace {

constexpr const char* kGemm =
    "op,device,batch,m,n,k,latency_ms,split\n"
    "linear,tesla-p4,1,4096,4096,4096,35,test\n"
    "linear,tesla-p4,1,64,64,64,0.05,test\n"
    "linear,no-such-board,1,4096,4096,4096,35,test\n";

const std::string kPublished = std::string(ROOFCAST_SOURCE_DIR) + "/validate/reference/published.csv";

}  // namespace

TEST_CASE("score: the project's own table is predicted in full") {
  const Result r = run({"score", kPublished, "--json"});
  REQUIRE(r.code == kDone);
  const json report = parsed(r.out);
  CHECK(report["overall"]["rows_total"] == 40);
  CHECK(report["overall"]["rows_predicted"] == 40);
  CHECK(report["overall"]["rows_skipped"].empty());
}

TEST_CASE("score: JSON has a schema version, groups and the same figures overall") {
  const Scratch scratch;
  const std::string file = scratch.write("g.csv", kGemm);
  const json report = parsed(run({"score", file, "--format", "json"}).out);
  CHECK(report["schema_version"] == 1);
  REQUIRE(report["groups"].size() == 2);
  const json& unknown = report["groups"][0];
  CHECK(unknown["file"] == file);
  CHECK(unknown["device"] == "no-such-board");
  CHECK(unknown["kind"] == "linear");
  CHECK(unknown["rows_total"] == 1);
  CHECK(unknown["rows_predicted"] == 0);
  CHECK(unknown["rows_skipped"] == json{{"unknown GPU: no-such-board", 1}});
  for (const char* figure : {"mean_abs_pct", "median_abs_pct", "bias_pct"}) {
    CHECK(unknown[figure].is_null());
    CHECK(report["groups"][1][figure].is_number());
    CHECK(report["overall"][figure].is_number());
  }
  CHECK(report["groups"][1]["rows_skipped"] == json{{"filtered: latency_ms>=0.2", 1}});
  CHECK(report["overall"]["rows_total"] == 3);
}

TEST_CASE("score: --all-rows drops the standard filters, --where narrows down") {
  const Scratch scratch;
  const std::string file = scratch.write("g.csv", kGemm);
  CHECK(parsed(run({"score", file, "--json", "--all-rows"}).out)["overall"]["rows_predicted"] == 2);
  const json narrow = parsed(run({"score", file, "--json", "--where", "device=tesla-p4,m>=1000"}).out);
  CHECK(narrow["overall"]["rows_total"] == 1);
  CHECK(narrow["overall"]["rows_outside_where"] == 2);
  CHECK(narrow["groups"].size() == 1);
}

TEST_CASE("score: tables fit 100 columns and name filters, skipped rows and the worst") {
  const Scratch scratch;
  scratch.write("g.csv", kGemm);
  scratch.write("aliases.csv", "alias,slug\np4,tesla-p4\n");
  const Result r = run({"score", scratch.folder(), kPublished});
  CHECK(r.code == kDone);
  CHECK(widest(r.out) <= 100);
  for (const char* part : {"(neusight/gemm)", "filtered: latency_ms>=0.2", "Summary", "Rows without a score",
                           "unknown GPU: no-such-board", "Worst rows", "hardware/aliases: holds no"}) {
    CAPTURE(part);
    CHECK(contains(r.out, part));
  }
  CHECK(contains(run({"score", scratch.folder(), "--format", "markdown"}).out, "\n|---|---|---:|"));
  const std::string csv = run({"score", scratch.folder(), "--format", "csv"}).out;
  CHECK(csv.rfind("file,layout,device,kind,rows_total,rows_predicted,rows_skipped,mean_abs_pct,median_abs_"
                  "pct,bias_pct\n",
                  0) == 0);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 3);
}

TEST_CASE("score: --rows writes every row, scored or with its reason") {
  const Scratch scratch;
  const std::string file = scratch.write("g.csv", kGemm), rows = scratch.path("rows.csv");
  CHECK(run({"score", file, "--rows", rows}).code == kDone);
  const std::string text = read_file(rows);
  CHECK(text.rfind("file,line,device,chip,kind,measured_ms,predicted_ms,low_ms,high_ms,error_pct,bound,"
                   "algorithm,skip_reason\n",
                   0) == 0);
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
  CHECK(contains(text, "\n" + file + ",2,tesla-p4,GP104,linear,35,"));
  CHECK(contains(text, "\n" + file + ",3,tesla-p4,GP104,linear,0.05,,,,,,,filtered: latency_ms>=0.2\n"));
  CHECK(contains(text, "\n" + file + ",4,no-such-board,,linear,35,,,,,,,unknown GPU: no-such-board\n"));
}

TEST_CASE("score: bad input is one line on stderr, exit status 2 and no output file") {
  const Scratch scratch;
  const std::string good = scratch.write("good.csv", kGemm), rows = scratch.path("rows.csv");
  const std::string header = "op,device,batch,m,n,k,latency_ms\n";
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& reason) {
    std::vector<std::string> all{"score"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Result r = run(all);
    CAPTURE(r.err);
    CHECK(r.code == kBadInput);
    CHECK(r.out.empty());
    CHECK(one_line(r.err));
    CHECK(contains(r.err, reason));
    CHECK_FALSE(std::filesystem::exists(rows));
  };
  const auto file = [&](const char* name, const std::string& text) { return scratch.write(name, text); };
  refused({}, "which file or folder?");
  refused({scratch.path("no.csv")}, "no.csv: no such file or folder");
  refused({file("empty.csv", "")}, "empty.csv: is empty");
  refused({file("text.csv", header + "bmm,tesla-p4,1,2,3,4,fast\n"), "--rows", rows},
          "text.csv:2:22: latency_ms: 'fast' is not a number");
  refused({file("nan.csv", header + "bmm,tesla-p4,1,2,3,4,nan\n"), "--rows", rows},
          "nan.csv:2:22: latency_ms: 'nan' is not a finite number");
  refused({good, file("late.csv", header + "bmm,tesla-p4,1,2,3,4,1\nbmm,tesla-p4,1,2,3\n"), "--rows", rows},
          "late.csv:3: has 5 cells, the header 7");
  refused({file("column.csv", "op,device,batch,m,n,latency_ms\n")},
          "column.csv:1: not a layout of measurements: the nearest layout is neusight/gemm, which also needs "
          "the column k");
  refused({file("alias.csv", "alias,slug\n")}, "alias.csv:1: hardware/aliases: holds no times");
  refused({good, "--rows", scratch.path("no/rows.csv")}, "cannot be written");
  refused({good, "--rows", scratch.folder()}, "is a folder, not a file to write");
  refused({good, "--rows", good}, "would overwrite the measurements");
  refused({good, "--where", "latency_ms>=fast"}, "--where: 'latency_ms>=fast': a number is needed after >=");
  refused({good, "--where", "latenzy_ms>=1"}, "--where: none of the files has a column 'latenzy_ms'");
  refused({good, "--calibration", scratch.path("no.toml")}, "no.toml");
  refused({good, "--leave-one-out", "--calibration", scratch.path("c.toml")},
          "--calibration: --leave-one-out fits its own constants");
  refused({good, "--rows-per-group", "5"}, "--rows-per-group: only with --leave-one-out");
  refused({good, "--leave-one-out", "--rows-per-group", "0"}, "--rows-per-group");
  refused({good, "--leave-one-out", "--where", "latenzy_ms>=1"}, "none of the files has a column");
  refused({file("nobody.csv", header + "bmm,no-such-board,1,2,3,4,1\n"), "--leave-one-out"},
          "no row of these files can be predicted");
  refused({kPublished, "--bars"}, "--bars: none of the rows belongs to a bar");
  CHECK(read_file(good) == kGemm);
}

TEST_CASE("score: a byte order mark and CRLF are accepted") {
  const Scratch scratch;
  const std::string file =
      scratch.write("g.csv", "\xEF\xBB\xBFop,device,batch,m,n,k,latency_ms\r\nbmm,p4,1,512,512,512,1\r\n");
  CHECK(parsed(run({"score", file, "--json"}).out)["overall"]["rows_predicted"] == 1);
}

TEST_CASE("the report says how often the kernel recorded is the one the model chose") {
  const Scratch scratch;
  const std::string file = scratch.write(
      "g.csv",
      "op,device,batch,m,n,k,latency_ms,kernel\n"
      "bmm,tesla-p100-pcie-16gb,64,512,512,512,3,maxwell_sgemm_128x64_nn\n"  // columns x rows: the batched tile of Pascal
      "bmm,tesla-p100-pcie-16gb,64,512,512,512,3,maxwell_sgemm_32x128_nn\n"
      "bmm,tesla-p100-pcie-16gb,64,512,512,512,3,\n");
  const Result text = run({"score", file});
  CHECK(contains(text.out, "Kernel chosen as recorded"));
  CHECK(contains(text.out, "50 %"));
  const auto overall = parsed(run({"score", file, "--json"}).out)["overall"];
  CHECK(overall["rows_named"] == 2);
  CHECK(overall["rows_named_alike"] == 1);
}

TEST_CASE("score: a missed bar is exit status 1, a met one 0") {
  const Scratch scratch;
  const std::string header = "op,device,batch,m,n,k,latency_ms\n";
  const Result missed =
      run({"score", scratch.write("a.csv", header + "bmm,tesla-p4,1,4096,4096,4096,35000\n"), "--bars"});
  CHECK(missed.code == kAnswerIsNo);
  CHECK(contains(missed.out, "missed"));
  const Result json_form = run({"score", scratch.path("a.csv"), "--bars", "--json"});
  CHECK(parsed(json_form.out)["bars"][0]["met"] == false);
  const Result predicted = run({"score", scratch.path("a.csv"), "--rows", scratch.path("r.csv")});
  CHECK(predicted.code == kDone);
  const std::string row = read_file(scratch.path("r.csv"));
  const std::string line = row.substr(row.find('\n') + 1);
  const std::string milliseconds = line.substr(line.find("35000,") + 6);
  const Result met = run({"score",
                          scratch.write("b.csv", header + "bmm,tesla-p4,1,4096,4096,4096," +
                                                     milliseconds.substr(0, milliseconds.find(',')) + "\n"),
                          "--bars"});
  CHECK(met.code == kDone);
}

TEST_CASE("score: a device name that is a path stays a name") {
  const Scratch scratch;
  const std::string file =
      scratch.write("g.csv", "op,device,batch,m,n,k,latency_ms\nbmm,/etc/board.toml,1,8,8,8,1\n");
  CHECK(contains(run({"score", file, "--json"}).out, "unknown GPU: /etc/board.toml"));
}

TEST_CASE("score: names that are not UTF-8 do not break the JSON") {
  const Scratch scratch;
  const std::string file = scratch.write("g.csv", "op,device,batch,m,n,k,latency_ms\nbmm,p4\xFF,1,8,8,8,1\n");
  CHECK_NOTHROW(parsed(run({"score", file, "--json"}).out));
}

TEST_CASE(
    "score: --leave-one-out names the chips, judges the intervals, and fits the same whatever --where "
    "keeps") {
  const Scratch scratch;
  std::string text = "op,device,batch,m,n,k,latency_ms\n";
  for (const char* device : {"tesla-p4", "v100", "a100-pcie-40gb"}) {
    for (int i = 1; i <= 12; ++i)
      text += std::string("linear,") + device + ",1,2048,2048," + std::to_string(512 * i) + "," +
              std::to_string(0.9 * i) + "\n";
  }
  const std::string file = scratch.write("g.csv", text), rows = scratch.path("rows.csv");
  const Result all = run({"score", file, "--leave-one-out", "--json", "--rows", rows});
  REQUIRE(all.code == kDone);
  const json report = parsed(all.out);
  CHECK(report["leave_one_out"]["chips"] == json{"GA100", "GP104", "GV100"});
  const json& intervals = report["leave_one_out"]["intervals"];
  REQUIRE(intervals.size() == 2);
  CHECK(intervals[0]["of"] == "all");
  CHECK(intervals[0]["rows"] == 36);
  CHECK(intervals[1]["of"] == "gemm");
  CHECK(intervals[1]["held_pct"].is_number());
  CHECK(intervals[1]["median_high_over_low"] > 1);
  for (const char* chip : {"GA100", "GP104", "GV100"})
    CHECK(contains(all.err, std::string("without ") + chip + ": 12 rows left out"));
  CHECK(contains(read_file(rows), ",tesla-p4,GP104,linear,"));

  const Result narrow = run({"score", file, "--leave-one-out", "--json", "--where", "device=tesla-p4"});
  const auto error_of = [](const json& r) {
    for (const json& group : r["groups"]) {
      if (group["device"] == "tesla-p4") return group["mean_abs_pct"];
    }
    return json();
  };
  CHECK(error_of(parsed(narrow.out)) == error_of(report));
  CHECK(parsed(narrow.out)["overall"]["rows_total"] == 12);
  const Result table = run({"score", file, "--leave-one-out"});
  CHECK(widest(table.out) <= 100);
  CHECK(contains(table.out, "Each chip predicted with constants fitted without it: GA100, GP104, GV100"));
  CHECK(contains(table.out, "80 % interval"));
}

TEST_CASE("score: --gpu is the board of rows that name none") {
  const Scratch scratch;
  const std::string path =
      scratch.write("ncu.csv",
                    "ID,Kernel Name,Block Size,Grid Size,Device,Metric Name,Metric Unit,Metric Value\n"
                    "0,vectorized_elementwise_kernel,\"(128, 1, 1)\",\"(16384, 1, 1)\",0,Duration,us,120\n");
  CHECK(contains(run({"score", path}).out, "unknown GPU: 0"));
  const Result r = run({"score", path, "--gpu", "tesla-t4"});
  CHECK(r.code == kDone);
  CHECK(contains(r.out, "pointwise"));
  CHECK(run({"score", path, "--gpu", "no-such-board"}).code == kBadInput);
}
