// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "hwdb/hwdb.h"

using namespace roofcast;

namespace {

std::string refusal(const std::string& text) {
  try {
    parse_calibration(text, "c.toml");
  } catch (const InputError& e) {
    return e.what();
  }
  return "accepted";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a calibration survives being written and read") {
  Calibration c = prior_calibration();
  c[Constant::memory_hbm] = 0.875;
  c.fitted[static_cast<std::size_t>(Constant::memory_hbm)] = true;
  c.measured = {{Evidence::kernels, {"Volta"}},
                {Evidence::training, {}},
                {Evidence::inference, {"Volta"}},
                {Evidence::serving, {"Ampere", "Turing"}}};
  c.kernel_residuals[KernelKind::conv] = {0.75, 1.5, 120};
  c.step_residual = {0.9, 1.25, 40};
  c.kind_correlation = 0.625;
  c.step_composed = 0.25;
  c.provenance = {"2026-01-02", "00ff", {"neusight/gemm"}};
  const Calibration read = parse_calibration(write_calibration(c), "c.toml");
  CHECK(read[Constant::memory_hbm] == doctest::Approx(0.875));
  CHECK(read.fitted == c.fitted);
  CHECK(read.measured == c.measured);
  CHECK(read.kernel_residuals.at(KernelKind::conv).high == doctest::Approx(1.5));
  CHECK(read.step_residual.rows == 40);
  CHECK(read.kind_correlation == doctest::Approx(0.625));
  CHECK(read.step_composed == doctest::Approx(0.25));
  CHECK(read.provenance.files == c.provenance.files);
}

TEST_CASE("the embedded calibration says what it was fitted on") {
  const Calibration c = embedded_calibration();
  CHECK(c.provenance.date.size() == 10);
  CHECK(c.provenance.data_hash.size() == 16);
  CHECK(c.step_residual.rows >= 20);
  for (const auto& [kind, architectures] : c.measured) CHECK_FALSE(architectures.empty());
}

TEST_CASE("a file that does not tell what ran says so of all its architectures") {
  Calibration c = prior_calibration();
  c.measured[Evidence::kernels] = {"Pascal", "Volta"};
  std::string text = write_calibration(c);
  for (const char* key : {"trained_", "inferred_", "served_"}) {
    const std::size_t at = text.find(std::string(key) + "architectures");
    REQUIRE(at != std::string::npos);
    text.erase(at, text.find('\n', at) + 1 - at);
  }
  const Calibration read = parse_calibration(text, "c.toml");
  CHECK(read.measured.size() == 4);
  for (const auto& [kind, architectures] : read.measured)
    CHECK(architectures == std::set<std::string>{"Pascal", "Volta"});
}

TEST_CASE("a calibration that lacks, misnames or overstretches a constant is refused with its place") {
  const std::string good = write_calibration(prior_calibration());
  CHECK(refusal(good) == "accepted");
  CHECK(refusal(replaced(good, "sliced =", "diced =")).find("unknown constant 'gemm.diced'") !=
        std::string::npos);
  CHECK(refusal(replaced(good, "sliced = 0.850000", "sliced = 7.0"))
            .find("'gemm.sliced' is 7, outside [0.5, 1]") != std::string::npos);
  CHECK(refusal(replaced(good, "sliced = 0.850000", "sliced = nan")).find("must be a finite number") !=
        std::string::npos);
  CHECK(refusal("architectures = []\n") == "c.toml: no [constants]: not a calibration");
  CHECK(refusal("constants = [\n").starts_with("c.toml:"));
}

TEST_CASE("a constant younger than the file keeps its prior") {
  const std::string old = replaced(write_calibration(prior_calibration()), "sliced = 0.850000", "");
  const Calibration c = parse_calibration(old, "c.toml");
  CHECK(c[Constant::gemm_sliced] == prior_calibration()[Constant::gemm_sliced]);
  CHECK_FALSE(c.fitted[static_cast<std::size_t>(Constant::gemm_sliced)]);
}
