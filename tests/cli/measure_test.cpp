// roofcast measure without a GPU, and with a fake one.
// SPDX-License-Identifier: Apache-2.0
#include "cli/measure.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "cli/progress_bar.h"
#include "tests/cli/run.h"
#include "tests/validate/harness/fake_bench.h"
#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::cli;
using namespace roofcast::cli::test;
using roofcast::harness::test::FakeBench;
using roofcast::test::Scratch;

namespace {

BenchOpener none() {
  return [] { return tl::unexpected(std::string("no NVIDIA driver: libcuda.so.1 not found")); };
}
BenchOpener fake() {
  return []() -> tl::expected<std::unique_ptr<harness::Bench>, std::string> {
    return std::make_unique<FakeBench>(
        [](const harness::Case&, const harness::OpCase*) { return Seconds(0.05); });
  };
}

Result run_on(const BenchOpener& open, const std::vector<std::string>& arguments) {
  std::ostringstream out, err;
  Streams streams{out, err};
  const int code = measure(arguments, streams, open);
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("measure: without a GPU one line, exit status 3 and no file") {
  const Scratch scratch;
  const Result r = run_on(none(), {"--out", scratch.path("b.csv")});
  CHECK(r.code == kNeedsGpu);
  CHECK(r.out.empty());
  CHECK(r.err == "roofcast measure: no GPU to measure: no NVIDIA driver: libcuda.so.1 not found\n");
  CHECK_FALSE(std::filesystem::exists(scratch.path("b.csv")));
}

TEST_CASE("measure: the binary's own bench is absent or measures, here it never crashes") {
  const auto bench = harness::open_bench();
  if (bench) {
    MESSAGE("a GPU is here: " << (*bench)->identity().name);
  } else {
    CHECK_FALSE(bench.error().empty());
    CHECK(bench.error().find('\n') == std::string::npos);
  }
}

TEST_CASE("measure: --dry-run lists the cases of any board") {
  const Result p4000 = run_on(none(), {"--dry-run", "--gpu", "p4000", "--format", "csv"});
  CHECK(p4000.code == kDone);
  CHECK(contains(p4000.out, "gemm,\"gemm:m=1024,n=1024,k=1024,bt=1\",fp32/fp32/fp32/cuda_core,burst,"));
  CHECK_FALSE(contains(p4000.out, "tensor_core"));
  CHECK(contains(p4000.err, "quadro-p4000: "));
  const Result h200 = run_on(none(), {"--dry-run", "--gpu", "h200-sxm", "--suite", "quick"});
  CHECK(contains(h200.out, "gemm 4096×4096×4096 "));
  CHECK(contains(h200.out, "fp8 tensor"));
  CHECK(widest(h200.out) <= 80);
  CHECK(widest(h200.err) <= 80);
  CHECK(contains(run_on(none(), {"--dry-run"}).err, "planned for a Quadro P4000"));
}

TEST_CASE("measure: a board is measured into a file, and a second run finds it done") {
  const Scratch scratch;
  const std::string path = scratch.path("b.csv");
  const Result first = run_on(fake(), {"--suite", "quick", "--out", path});
  CHECK(first.code == kDone);
  CHECK(contains(first.err, "Quadro P4000 (quadro-p4000), driver 580.65.06"));
  CHECK(contains(first.out, "0 there before, 0 could not be"));
  const Result second = run_on(fake(), {"--suite", "quick", "--out", path});
  CHECK(contains(second.out, ": 0 measured"));
}

TEST_CASE("measure: bad input is exit status 2") {
  CHECK(run({"measure", "--suite", "medium"}).code == kBadInput);
  CHECK(contains(run({"measure", "--suite", "medium"}).err, "unknown --suite 'medium': quick or full"));
  CHECK(run({"measure", "--dry-run", "--gpu", "no-such-board"}).code == kBadInput);
  CHECK(run({"measure", "--dry-run", "--json"}).code == kBadInput);
  CHECK(run({"measure", "--format", "csv"}).code == kBadInput);
}

TEST_CASE("progress fits its line") {
  CHECK(progress_line(5, 10, Seconds(65), "gemm:m=1", 60) ==
        "[##########..........] 5/10  gemm:m=1              1:05 left");
  CHECK(progress_line(0, 1000, Seconds(480), std::string(200, 'x'), 79).size() == 79);
  std::ostringstream out;
  ProgressBar bar(out, false, 79);
  for (std::size_t i = 0; i <= 100; ++i) bar.show(i, 100, Seconds(1), "x");
  const std::string text = out.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 11);
}
