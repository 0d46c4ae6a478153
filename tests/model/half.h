// FP16 on tensor cores.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/kernels/kernel.h"

namespace roofcast::testing {

inline constexpr Numerics kHalf{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32,
                                Path::tensor_core};

}  // namespace roofcast::testing
