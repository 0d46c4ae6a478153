// Errors of predictions, always relative to the measured time: (predicted - measured) / measured.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "model/units.h"

namespace roofcast {

/// In percent. Bias is the mean with sign: positive where predictions are too slow.
struct ErrorSummary {
  double mean_abs_pct = 0;
  double median_abs_pct = 0;  // of an even number of rows the mean of the middle two
  double bias_pct = 0;
};

double relative_error(Seconds predicted, Seconds measured);

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
