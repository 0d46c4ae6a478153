// Composition of residual quantiles.
// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/interval.h"

#include <algorithm>
#include <cmath>

namespace roofcast {
namespace {

/// Where nothing at all was measured the time is known to a factor of two, as for a roofline with guessed efficiency.
constexpr Spread kUnmeasured{0.5, 2.0};

Spread widest(const Calibration& calibration) {
  Spread result;
  for (const auto& [kind, residual] : calibration.kernel_residuals) {
    if (residual.rows == 0) continue;
    const Spread s = spread(residual);
    result = {std::min(result.low, s.low), std::max(result.high, s.high)};
  }
  return result.low == 1 && result.high == 1 ? kUnmeasured : result;
}

}  // namespace

Spread spread(const Residual& residual) {
  return {std::min(residual.low, 1.0), std::max(residual.high, 1.0)};
}

Spread extrapolated(Spread s) { return {s.low * s.low, s.high * s.high}; }

double log_half_width(Spread s) { return std::log(s.high / s.low) / 2; }

Evidence evidence_for(const Execution& execution) {
  if (execution.stack.serves) return Evidence::serving;
  return execution.mode == Mode::training ? Evidence::training : Evidence::inference;
}

bool has_data(const Calibration& calibration, const Gpu& gpu, Evidence kind) {
  const auto known = calibration.measured.find(kind);
  return known != calibration.measured.end() && known->second.contains(gpu.architecture);
}

Spread compose(const std::map<KernelKind, Seconds>& time_by_kind, const Calibration& calibration) {
  Seconds total;
  for (const auto& [kind, time] : time_by_kind) total += time;
  if (total.value <= 0) return {};
  struct Side {
    double sum = 0, squares = 0;
    void add(double a) {
      sum += a;
      squares += a * a;
    }
    double root(double correlation) const {
      return std::sqrt((1 - correlation) * squares + correlation * sum * sum);
    }
  };
  Side low, high;
  for (const auto& [kind, time] : time_by_kind) {
    const auto known = calibration.kernel_residuals.find(kind);
    const bool measured = known != calibration.kernel_residuals.end() && known->second.rows > 0;
    const Spread s = measured ? spread(known->second) : widest(calibration);
    const double share = time / total;
    low.add(share * std::log(s.low));
    high.add(share * std::log(s.high));
  }
  return {std::exp(-low.root(calibration.kind_correlation)),
          std::exp(high.root(calibration.kind_correlation))};
}

Spread step_spread(const std::map<KernelKind, Seconds>& time_by_kind, const Calibration& calibration) {
  const Spread composed = compose(time_by_kind, calibration);
  if (calibration.step_residual.rows == 0) return composed;
  const Spread shown = spread(calibration.step_residual);
  if (!calibration.step_composed) return shown;
  const double k = log_half_width(composed) / *calibration.step_composed;
  return {std::pow(shown.low, k), std::pow(shown.high, k)};
}

}  // namespace roofcast
