// SPDX-License-Identifier: Apache-2.0
#include "validate/metrics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace roofcast {
namespace {

/// Of an even number of values the mean of the middle two.
double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

double relative_error(Seconds predicted, Seconds measured) { return (predicted - measured) / measured; }

void Coverage::add(Seconds measured, const Interval& interval) {
  held_ += measured >= interval.low && measured <= interval.high ? 1 : 0;
  widths_.push_back(interval.high / interval.low);
}

double Coverage::held_pct() const {
  return widths_.empty() ? 0 : 100 * static_cast<double>(held_) / static_cast<double>(widths_.size());
}

std::optional<double> Coverage::median_width() const {
  if (widths_.empty()) return std::nullopt;
  return median(widths_);
}

std::optional<ErrorSummary> Errors::summary() const {
  if (errors_.empty()) return std::nullopt;
  std::vector<double> sizes;
  sizes.reserve(errors_.size());
  double sum = 0, sum_abs = 0;
  for (const double e : errors_) {
    sizes.push_back(std::abs(e));
    sum += e;
    sum_abs += std::abs(e);
  }
  const auto n = static_cast<double>(sizes.size());
  return ErrorSummary{100 * sum_abs / n, 100 * median(std::move(sizes)), 100 * sum / n};
}

}  // namespace roofcast
