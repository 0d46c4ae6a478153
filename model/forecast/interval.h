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

/// The spread of a sum of kernels from the residuals of their kinds. Kernels of one kind are off together, two kinds with
/// correlation ρ: ln²(spread) = (1 - ρ) Σ a² + ρ (Σ a)² over a = share of kind × ln quantile, each side by itself. A
/// kind without residuals takes the widest known.
/// Example: 60 % GEMM at [0.9, 1.2] and 40 % pointwise at [0.8, 1.1] give [0.896, 1.123] at ρ = 0, [0.858, 1.159] at 1.
Spread compose(const std::map<KernelKind, Seconds>& time_by_kind, const Calibration& calibration);

/// The spread of a whole step: what steps showed, in proportion to what their kernels compose to. Where no steps were
/// measured, the composition itself.
Spread step_spread(const std::map<KernelKind, Seconds>& time_by_kind, const Calibration& calibration);

/// Half of ln(high / low).
double log_half_width(Spread spread);

/// `residual` as a spread, one side cut at 1 where the quantiles lie on one side of the expected time.
Spread spread(const Residual& residual);

/// What a step run so would have to be compared with.
Evidence evidence_for(const Execution& execution);

/// Whether such measurements of the GPU's architecture are behind the calibration.
bool has_data(const Calibration& calibration, const Gpu& gpu, Evidence kind);

/// Extrapolation to an architecture without data: twice as wide in the logarithm.
Spread extrapolated(Spread spread);

inline Interval around(Seconds expected, Spread s) { return {expected * s.low, expected, expected * s.high}; }
inline Interval operator*(const Interval& i, double k) { return {i.low * k, i.expected * k, i.high * k}; }

}  // namespace roofcast
