// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/statistics.h"

#include <algorithm>
#include <cmath>

namespace roofcast::harness {
namespace {

/// Linear between order statistics; `sorted` is not empty.
double quantile(const std::vector<Seconds>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low].value + (at - static_cast<double>(low)) * (sorted[high].value - sorted[low].value);
}

}  // namespace

Seconds median(std::vector<Seconds> times) {
  std::sort(times.begin(), times.end());
  return Seconds(quantile(times, 0.5));
}

std::optional<double> noise(const std::vector<Seconds>& times) {
  if (times.size() < 5) return std::nullopt;
  std::vector<Seconds> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  const double middle = quantile(sorted, 0.5);
  if (!(middle > 0)) return std::nullopt;
  const double deviation = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.349;
  return 1.2533 * deviation / std::sqrt(static_cast<double>(sorted.size())) / middle;
}

bool enough(const std::vector<Seconds>& times, Seconds spent, const Effort& effort) {
  const int runs = static_cast<int>(times.size());
  if (runs < effort.least) return false;
  if (effort.hold.value > 0) return spent >= effort.hold;
  if (runs >= effort.most || spent >= effort.time) return true;
  const auto off = noise(times);
  return off && *off <= effort.noise;
}

}  // namespace roofcast::harness
