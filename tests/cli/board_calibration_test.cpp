// Forecasts of a board whose owner fitted constants to it.
// SPDX-License-Identifier: Apache-2.0
#include "cli/board_calibration.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "hwdb/hwdb.h"
#include "tests/cli/run.h"
#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::cli;
using namespace roofcast::cli::test;
using roofcast::test::Scratch;

namespace {

/// A folder of settings with constants of a P4000, for as long as it lives.
struct Settings {
  Scratch scratch;
  explicit Settings(const std::string& constants) {
    std::filesystem::create_directories(scratch.path("roofcast/calibration"));
    scratch.write("roofcast/calibration/quadro-p4000.toml", constants);
    ::setenv("XDG_CONFIG_HOME", scratch.path("").c_str(), 1);
  }
  ~Settings() { ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1); }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
};

std::string slow_products() {
  Calibration c = embedded_calibration();
  c[Constant::gemm_issue] = 0.7;
  c.provenance.date = "2026-11-25";
  return write_calibration(c);
}

std::string time_line(const Result& r) { return r.out.substr(r.out.find("\ntime"), 30); }

}  // namespace

TEST_CASE("constants fitted to a board are used for it alone, and said to be") {
  const std::vector<std::string> p4000{"predict", "gemm:2048x2048x2048", "--gpu", "p4000"},
      t4{"predict", "gemm:2048x2048x2048", "--gpu", "tesla-t4"};
  const Result built_in = run(p4000), built_in_t4 = run(t4);
  const Settings settings(slow_products());
  const Result own = run(p4000);
  CHECK(contains(own.out, "constants measured on this board on 2026-11-25"));
  CHECK(time_line(own) != time_line(built_in));
  CHECK(run(t4).out == built_in_t4.out);
  CHECK(contains(run({"gpu", "p4000"}).err, "constants measured on this board"));
}

TEST_CASE("--calibration comes before a board's own constants") {
  const Settings settings(slow_products());
  const std::string named = settings.scratch.write("named.toml", write_calibration(embedded_calibration()));
  const Result r = run({"predict", "gemm:2048x2048x2048", "--gpu", "p4000", "--calibration", named});
  CHECK(r.code == kDone);
  CHECK_FALSE(contains(r.out, "measured on this board"));
}

TEST_CASE("a damaged file of a board's own constants is named with the way out") {
  const Settings settings("junk");
  const Result r = run({"predict", "gemm:64x64x64", "--gpu", "p4000"});
  CHECK(r.code == kBadInput);
  CHECK(contains(r.err, "roofcast/calibration/quadro-p4000.toml:1"));
  CHECK(contains(r.err, "fit them again or delete it"));
}
