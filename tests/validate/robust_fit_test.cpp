// SPDX-License-Identifier: Apache-2.0
#include "validate/robust_fit.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace roofcast;

namespace {

// y = a·x^b in logs, so that residuals are linear in the fitted parameters' logs or in b itself.
std::vector<double> power_law(const std::vector<double>& p, const std::vector<double>& measured) {
  std::vector<double> r;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const double x = 1.0 + static_cast<double>(i);
    r.push_back(std::log(p[0] * std::pow(x, p[1]) / measured[i]));
  }
  return r;
}

std::vector<double> exact(int rows) {
  std::vector<double> y;
  for (int i = 0; i < rows; ++i) y.push_back(3 * std::pow(1.0 + i, 0.5));
  return y;
}

}  // namespace

TEST_CASE("exact data give back the parameters that made them") {
  const auto y = exact(20);
  const FitResult fit = robust_fit([&](const std::vector<double>& p) { return power_law(p, y); },
                                   {{"scale", 1, 0.1, 10}, {"exponent", 1, 0.1, 2}});
  CHECK(fit.parameters[0].value == doctest::Approx(3).epsilon(0.01));
  CHECK(fit.parameters[1].value == doctest::Approx(0.5).epsilon(0.01));
  CHECK(fit.cost < fit.initial_cost);
}

TEST_CASE("one wild row does not drag the fit") {
  auto y = exact(20);
  y[7] *= 100;
  const FitResult fit = robust_fit([&](const std::vector<double>& p) { return power_law(p, y); },
                                   {{"scale", 1, 0.1, 10}, {"exponent", 1, 0.1, 2}});
  CHECK(fit.parameters[0].value == doctest::Approx(3).epsilon(0.05));
  CHECK(fit.parameters[1].value == doctest::Approx(0.5).epsilon(0.05));
}

TEST_CASE("a parameter never leaves its bounds") {
  const auto y = exact(20);
  const FitResult fit = robust_fit([&](const std::vector<double>& p) { return power_law(p, y); },
                                   {{"scale", 1, 0.1, 2}, {"exponent", 1, 0.1, 2}});
  CHECK(fit.parameters[0].value <= 2 * (1 + 1e-12));
}

TEST_CASE("a parameter that moves no residual has no sensitivity and keeps its value") {
  const auto y = exact(20);
  const FitResult fit = robust_fit(
      [&](const std::vector<double>& p) {
        return power_law({p[0], 0.5}, y);
      },
      {{"scale", 1, 0.1, 10}, {"idle", 1, 0.1, 2}});
  CHECK(fit.sensitivity[1] == 0);
  CHECK(fit.parameters[1].value == doctest::Approx(1));
}

TEST_CASE("no rows is no fit") {
  const FitResult fit =
      robust_fit([](const std::vector<double>&) { return std::vector<double>(); }, {{"a", 1, 0.1, 2}});
  CHECK(fit.parameters[0].value == doctest::Approx(1));
  CHECK(fit.iterations == 0);
}

TEST_CASE("few rows leave a parameter near its prior, its weight decides how near") {
  const auto y = exact(20);  // scale 3, exponent 0.5
  const auto scale_at = [&](double weight) {
    FitOptions options;
    options.prior_weight = weight;
    return robust_fit([&](const std::vector<double>& p) { return power_law(p, y); },
                      {{"scale", 1, 0.1, 10, 2}, {"exponent", 0.5, 0.5, 0.5001}}, options)
        .parameters[0]
        .value;
  };
  CHECK(scale_at(0) == doctest::Approx(3).epsilon(0.01));
  CHECK(scale_at(0.01) > 2.1);
  CHECK(scale_at(0.01) < scale_at(0.001));
  CHECK(scale_at(100) == doctest::Approx(2).epsilon(0.01));
}
