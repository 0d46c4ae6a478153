// SPDX-License-Identifier: Apache-2.0
#include "validate/metrics.h"

#include <algorithm>
#include <cmath>

namespace roofcast {

double relative_error(Seconds predicted, Seconds measured) { return (predicted - measured) / measured; }

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
  const std::size_t middle = sizes.size() / 2;
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(middle), sizes.end());
  double median = sizes[middle];
  if (sizes.size() % 2 == 0)
    median =
        (median + *std::max_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(middle))) / 2;
  const auto n = static_cast<double>(sizes.size());
  return ErrorSummary{100 * sum_abs / n, 100 * median, 100 * sum / n};
}

}  // namespace roofcast
