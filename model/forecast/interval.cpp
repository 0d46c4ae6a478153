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
  if (calibration.step_residual.rows > 0) {
    const Spread s = spread(calibration.step_residual);
    result = {std::min(result.low, s.low), std::max(result.high, s.high)};
  }
  return result.low == 1 && result.high == 1 ? kUnmeasured : result;
}

}  // namespace

Spread spread(const Residual& residual) {
  return {std::min(residual.low, 1.0), std::max(residual.high, 1.0)};
}

Spread extrapolated(Spread s) { return {s.low * s.low, s.high * s.high}; }

Spread compose(const std::map<KernelKind, Seconds>& time_by_kind, const Calibration& calibration) {
  Seconds total;
  for (const auto& [kind, time] : time_by_kind) total += time;
  if (total.value <= 0) return {};
  double low = 0;
  double high = 0;
  for (const auto& [kind, time] : time_by_kind) {
    const auto known = calibration.kernel_residuals.find(kind);
    const bool measured = known != calibration.kernel_residuals.end() && known->second.rows > 0;
    const Spread s = measured ? spread(known->second) : widest(calibration);
    const double share = time / total;
    low += std::pow(share * std::log(s.low), 2);
    high += std::pow(share * std::log(s.high), 2);
  }
  return {std::exp(-std::sqrt(low)), std::exp(std::sqrt(high))};
}

}  // namespace roofcast
