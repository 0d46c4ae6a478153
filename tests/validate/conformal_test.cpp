// SPDX-License-Identifier: Apache-2.0
#include "validate/conformal.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace roofcast;
using doctest::Approx;

namespace {

std::vector<ChipValue> rows(const std::string& chip, double from, double to, int n) {
  std::vector<ChipValue> values;
  for (int i = 0; i < n; ++i) values.push_back({chip, from + (to - from) * i / (n - 1)});
  return values;
}

std::vector<ChipValue> together(std::vector<ChipValue> a, const std::vector<ChipValue>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

LeftOutError kernel(const std::string& chip, KernelKind kind, double log_ratio) {
  return {chip, log_ratio, {{kind, Seconds(1)}}, false};
}

}  // namespace

TEST_CASE("few rows are no distribution") {
  CHECK_FALSE(conformal_quantiles(rows("A", -1, 1, 19)));
  CHECK(conformal_quantiles(rows("A", -1, 1, 20)));
}

TEST_CASE("ranks carry the finite-sample correction") {
  // 99 values: 0.9 × 100 / 99 of them is 90, so the 90th from either end.
  const auto q = conformal_quantiles(rows("A", -49, 49, 99));
  REQUIRE(q);
  CHECK(q->low == Approx(-40));
  CHECK(q->high == Approx(40));
}

TEST_CASE("zero stays inside") {
  const auto q = conformal_quantiles(rows("A", 0.1, 0.3, 101));
  REQUIRE(q);
  CHECK(q->low == 0);
  CHECK(q->high == Approx(0.282).epsilon(0.01));
}

TEST_CASE("a chip with many rows weighs no more than one with few") {
  const auto even = conformal_quantiles(together(rows("A", -1, 1, 100), rows("B", -3, 3, 100)));
  const auto many = conformal_quantiles(together(rows("A", -1, 1, 5000), rows("B", -3, 3, 100)));
  REQUIRE(even);
  REQUIRE(many);
  CHECK(many->high == Approx(even->high).epsilon(0.05));
}

TEST_CASE("a chip with a few rows weighs less than one with enough") {
  const auto with = [](int rows_of_c) {
    const auto q = conformal_quantiles(
        together(together(rows("A", -1, 1, 100), rows("B", -1, 1, 100)), rows("C", 3, 4, rows_of_c)));
    REQUIRE(q);
    return q->high;
  };
  CHECK(with(100) >= 3);
  CHECK(with(2) <= 1);
}

TEST_CASE("chips that are off as a whole widen the interval beyond the 90 % quantile of rows") {
  std::vector<ChipValue> values;
  for (int chip = 0; chip < 5; ++chip)
    values = together(std::move(values), rows(std::string(1, static_cast<char>('A' + chip)),
                                              0.1 * chip - 0.25, 0.1 * chip - 0.15, 50));
  const auto q = conformal_quantiles(values);
  REQUIRE(q);
  // The outermost chips lie at -0.2 and 0.2; rows pooled would end at -0.2 and 0.2, half through them.
  CHECK(q->low < -0.2);
  CHECK(q->high > 0.2);
}

TEST_CASE("a new chip is held near 80 % of the time, its offset drawn like the others'") {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  const auto chip = [&](const std::string& name, int n) {
    std::vector<ChipValue> values;
    const double offset = 0.1 * normal(random);
    for (int i = 0; i < n; ++i) values.push_back({name, offset + 0.1 * normal(random)});
    return values;
  };
  double held = 0, all = 0;
  for (int world = 0; world < 200; ++world) {
    std::vector<ChipValue> values;
    for (int i = 0; i < 8; ++i) values = together(std::move(values), chip(std::to_string(i), 40));
    const auto q = conformal_quantiles(values);
    REQUIRE(q);
    for (const ChipValue& v : chip("new", 40)) {
      held += v.value >= q->low && v.value <= q->high ? 1 : 0;
      ++all;
    }
  }
  CHECK(held / all > 0.76);
  CHECK(held / all < 0.86);
}

TEST_CASE("residuals of a chip know nothing of its own rows") {
  std::vector<LeftOutError> errors;
  for (int i = 0; i < 40; ++i) {
    const double spread = 0.1 * (i % 2 == 0 ? 1 : -1);
    errors.push_back(kernel("A", KernelKind::gemm, spread));
    errors.push_back(kernel("B", KernelKind::gemm, spread));
    errors.push_back(kernel("off", KernelKind::gemm, 0.5));
  }
  Calibration without_off, all;
  set_residuals(errors, "off", without_off);
  set_residuals(errors, "", all);
  CHECK(without_off.kernel_residuals.at(KernelKind::gemm).high == Approx(std::exp(0.1)));
  CHECK(without_off.kernel_residuals.at(KernelKind::gemm).rows == 80);
  CHECK(all.kernel_residuals.at(KernelKind::gemm).high == Approx(std::exp(0.5)));
  CHECK(all.kernel_residuals.at(KernelKind::gemm).rows == 120);
}

TEST_CASE("kinds that are off together on every chip are fully correlated, in opposite ways not at all") {
  for (const double sign : {1.0, -1.0}) {
    std::vector<LeftOutError> errors;
    for (int i = 0; i < 30; ++i) {
      for (const double offset : {-0.2, 0.2}) {
        const std::string chip = offset < 0 ? "A" : "B";
        errors.push_back(kernel(chip, KernelKind::gemm, offset));
        errors.push_back(kernel(chip, KernelKind::conv, sign * offset));
      }
    }
    Calibration c;
    set_residuals(errors, "", c);
    CHECK(c.kind_correlation == Approx(sign > 0 ? 1 : 0));
  }
}

TEST_CASE("steps are in units of what their kernels compose to") {
  std::vector<LeftOutError> errors;
  for (int i = 0; i < 50; ++i) {
    const double e = 0.2 * (i % 2 == 0 ? 1 : -1);
    errors.push_back(kernel("A", KernelKind::gemm, e));
    errors.push_back({"A", e / 4, {{KernelKind::gemm, Seconds(1)}}, true});
  }
  Calibration c;
  set_residuals(errors, "", c);
  CHECK(c.step_composed == Approx(0.2));
  CHECK(c.step_residual.high == Approx(std::exp(0.05)));
  CHECK(c.step_residual.low == Approx(std::exp(-0.05)));
}
