// Errors of predictions, always relative to the measured time: (predicted - measured) / measured.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "model/forecast/forecast.h"
#include "model/units.h"

namespace roofcast {

/// In percent. Bias is the mean with sign: positive where predictions are too slow.
struct ErrorSummary {
  double mean_abs_pct = 0;
  double median_abs_pct = 0;  // of an even number of rows the mean of the middle two
  double bias_pct = 0;
};

double relative_error(Seconds predicted, Seconds measured);

/// How often intervals hold the measured time, and how wide they are.
class Coverage {
 public:
  void add(Seconds measured, const Interval& interval);
  std::size_t rows() const { return widths_.size(); }
  double held_pct() const;                     // 0 where there are no rows
  std::optional<double> median_width() const;  // high / low; nothing where there are no rows

 private:
  std::size_t held_ = 0;
  std::vector<double> widths_;
};

class Errors {
 public:
  void add(double relative_error) { errors_.push_back(relative_error); }
  void add(const Errors& other) { errors_.insert(errors_.end(), other.errors_.begin(), other.errors_.end()); }
  std::size_t rows() const { return errors_.size(); }
  /// Nothing where there are no rows.
  std::optional<ErrorSummary> summary() const;

 private:
  std::vector<double> errors_;
};

}  // namespace roofcast
