// The clock a board keeps under long matrix products, as the power model sees it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"

namespace roofcast::cli {

struct KeptClock {
  std::string work;  // "FP32 GEMM on CUDA cores"
  Hertz clock;
  Watts power;
  std::string reason;  // "the 105 W limit holds it below the boost clock"
};

/// FP32 on CUDA cores and, where there are tensor cores, FP16 on them: square products that run long enough to heat up.
std::vector<KeptClock> kept_clocks(const Gpu& gpu, const Calibration& calibration);

}  // namespace roofcast::cli
