// roofcast validate on a bench whose kernels take what a slower board would.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "cli/measure.h"
#include "hwdb/hwdb.h"
#include "model/kernels/estimate.h"
#include "tests/cli/run.h"
#include "tests/validate/harness/fake_bench.h"
#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::cli;
using namespace roofcast::cli::test;
using roofcast::harness::test::FakeBench;
using roofcast::test::Scratch;

namespace {

/// 1.2 µs for an empty kernel, 2.1 µs from one to the next, 1.8 µs in a graph; 12.6 GB/s over the link.
Seconds micro_time(const harness::MicroCase& m) {
  const auto size = static_cast<double>(m.size);
  switch (m.micro) {
    case harness::Micro::launch_empty: return Seconds(1.2e-6);
    case harness::Micro::launch_queued: return Seconds(2.1e-6) * size;
    case harness::Micro::launch_graph: return Seconds(1.8e-6) * size;
    case harness::Micro::h2d_pinned: return Seconds(size / 12.6e9);
    default: return Seconds(1e-3);
  }
}

BenchOpener slower_board() {
  return []() -> tl::expected<std::unique_ptr<harness::Bench>, std::string> {
    return std::make_unique<FakeBench>([](const harness::Case& c, const harness::OpCase* o) {
      if (o == nullptr) return micro_time(std::get<harness::MicroCase>(c.subject));
      static const Gpu gpu = Hwdb::embedded().resolve("quadro-p4000").gpu;
      Kernel k;
      k.op = o->op;
      k.numerics = o->numerics;
      k.channels_last = o->channels_last;
      return estimate(k, gpu, embedded_calibration()).waterfall.traffic * 1.25;
    });
  };
}

Result run_on(const BenchOpener& open, const std::vector<std::string>& arguments) {
  std::ostringstream out, err;
  Streams streams{out, err};
  const int code = validate(arguments, streams, open);
  return {code, out.str(), err.str()};
}

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("validate: measures, fits, and reports steps beside their kernels in markdown and HTML") {
  const Scratch scratch;
  const std::string report = scratch.path("r"), fitted = scratch.path("fitted.toml");
  const Result r = run_on(slower_board(), {"--suite", "quick", "--out", scratch.path("b.csv"), "--report",
                                           report, "--calibration-out", fitted});
  CHECK(r.code == kDone);
  CHECK(contains(r.out, "all kernels"));
  CHECK(widest(r.out.substr(0, r.out.find("written to"))) <= 80);
  const std::string md = content(report + ".md"), html = content(report + ".html");
  for (const char* title : {"Errors on shapes held back from the fit", "Constants measured directly",
                            "Whole steps: the sum of their kernels", "Their kernels, by kind",
                            "Largest errors", "The hardware"}) {
    CAPTURE(title);
    CHECK(contains(md, "\n## " + std::string(title) + "\n"));
    CHECK(contains(html, "<h2>" + std::string(title) + "</h2>"));
  }
  CHECK(contains(md, "| resnet50/training/fp32 | conv/fp32 |"));
  CHECK_FALSE(contains(md, "counters against"));  // the fake has none
  CHECK(contains(html, ">predicted time</text>"));
  CHECK(contains(content(fitted), "quadro-p4000"));
}

TEST_CASE("validate: what the board measured directly is told, written and used by forecasts") {
  const Scratch scratch;
  const std::string fitted = scratch.path("fitted.toml");
  const Result r = run_on(slower_board(), {"--suite", "quick", "--out", scratch.path("b.csv"), "--report",
                                           scratch.path("r"), "--calibration-out", fitted});
  CHECK(contains(r.err, "\nlaunch.gap_us: 1 row, 1.5 -> 0.9\n"));
  CHECK(contains(r.err, "\nhost.link: 1 row, 0.8 -> 0.799\n"));
  CHECK(contains(content(scratch.path("r.md")), "| launch.gap_us | 1 | 1.5 | 0.9 |"));
  const Calibration c = parse_calibration(content(fitted), fitted);
  CHECK(c[Constant::launch_gap_us] == doctest::Approx(0.9).epsilon(0.01));
  CHECK(c[Constant::launch_replay_us] == doctest::Approx(0.6).epsilon(0.01));
  CHECK(c[Constant::host_link] == doctest::Approx(12.6 / 15.76).epsilon(0.01));
  const std::string forecast =
      run({"predict", "gemm:64x64x64", "--gpu", "p4000", "--calibration", fitted}).out;
  const std::string gaps = forecast.substr(forecast.find("+ launch gaps"));
  CHECK(contains(gaps.substr(0, gaps.find('\n')), " 900 ns "));
}

TEST_CASE("validate: without a GPU it needs --from") {
  const Result r = run_on([] { return tl::unexpected(std::string("no driver")); }, {});
  CHECK(r.code == kNeedsGpu);
  CHECK(r.err == "roofcast validate: no GPU to measure: no driver\n");
}
