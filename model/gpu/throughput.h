// Peak throughput is a derivation, not a constant: SMs × operations/clock/SM × clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "model/gpu/gpu.h"

namespace roofcast {

enum class Sparsity { dense, structured_2_4 };

/// A peak is a tuple (path, input, accumulate, dense or sparse, clock basis), never a bare number.
struct Peak {
  Path path;
  NumberFormat input;
  NumberFormat accumulate;
  Sparsity sparsity;
  int sm_count;
  double ops_per_clock_per_sm;  // sparsity already applied
  Hertz clock;

  FlopsPerSecond value() const;
  /// "1792 cores × 1.480 GHz × 2 = 5.30 TFLOP/s" for CUDA-core FP32, else
  /// "28 SMs × 512 op/clock × 1.777 GHz = 25.5 TFLOP/s".
  std::string derivation(const Gpu& gpu) const;
};

/// The rate entry for a path and pair of types, or nullptr where the table has none or it is 0.
const Rate* find_rate(const Gpu& gpu, Path path, NumberFormat input, NumberFormat accumulate);

/// The datasheet peak: at the boost clock, or at the clock the vendor quotes tensor peaks at.
/// Nothing where the hardware lacks the path or type, or asked-for sparsity.
std::optional<Peak> peak(const Gpu& gpu, Path path, NumberFormat input, NumberFormat accumulate,
                         Sparsity sparsity = Sparsity::dense);

/// Arithmetic intensity above which `peak`, not DRAM bandwidth, is the lower roof. FLOP/byte.
FlopsPerByte ridge_point(const Gpu& gpu, const Peak& peak);

}  // namespace roofcast
