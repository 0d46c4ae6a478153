// How far a time may be off: residual quantiles of single kernels composed to a whole.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "model/forecast/forecast.h"

namespace roofcast {

/// Measured over predicted, as factors around the expected time: low ≤ 1 ≤ high.
struct Spread {
  double low = 1;
  double high = 1;
};

/// The spread of a sum of kernels from the residuals of their kinds. Kernels of one kind are off together, kinds are
/// independent: ln(spread) = sqrt(Σ (share of kind × ln quantile)²). A kind without residuals takes the widest known.
/// Example: 60 % GEMM at [0.9, 1.2] and 40 % pointwise at [0.8, 1.1] give [0.896, 1.123].
Spread compose(const std::map<KernelKind, Seconds>& time_by_kind, const Calibration& calibration);

/// `residual` as a spread, one side cut at 1 where the quantiles lie on one side of the expected time.
Spread spread(const Residual& residual);

/// Extrapolation to an architecture without data: twice as wide in the logarithm.
Spread extrapolated(Spread spread);

inline Interval around(Seconds expected, Spread s) { return {expected * s.low, expected, expected * s.high}; }
inline Interval operator*(const Interval& i, double k) { return {i.low * k, i.expected * k, i.high * k}; }

}  // namespace roofcast
