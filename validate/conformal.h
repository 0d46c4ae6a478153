// Residual quantiles from chips left out of the fit: how far off the next chip will be.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/kernels/calibration.h"
#include "validate/predictor.h"

namespace roofcast {

/// A number observed on a chip: ln(measured / predicted), or that over the spread expected.
struct ChipValue {
  std::string chip;
  double value;
};

/// Below this a few rows would pass for a distribution.
inline constexpr int kLeastRows = 20;

/// From how many rows on a chip weighs as much as any other: ten of them lie beyond either quantile.
inline constexpr int kFullWeightRows = 100;

/// The 80 % interval of `values` for a chip that is not among them: lower and upper quantile, with 0 inside. Each chip
/// weighs the same, however many rows it has from kFullWeightRows on, and less with fewer. Ranks have split-conformal's
/// correction, level × (n + 1) / n (Vovk, Gammerman and Shafer 2005; Lei et al. 2018). Chips are off as a whole, which rows
/// of other chips underrate, so the level starts at 90 % each side and rises until the values' own chips, each judged by the
/// rest, are covered 80 % on average.
/// Nothing below kLeastRows values.
struct Quantiles {
  double low = 0, high = 0;
};
std::optional<Quantiles> conformal_quantiles(std::vector<ChipValue> values);

/// What a fit without a row's chip says about the row.
struct LeftOutError {
  std::string chip;
  double log_ratio = 0;  // ln(measured / predicted)
  std::map<KernelKind, Seconds> time_by_kind;
  bool step = false;
};

/// Sets the residuals of `c` from the errors on every chip but `except` ("" for none). A kind with too few rows keeps
/// what it has.
void set_residuals(const std::vector<LeftOutError>& errors, const std::string& except, Calibration& c);

}  // namespace roofcast
