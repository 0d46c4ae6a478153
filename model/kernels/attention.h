// Fused attention: both products of a head in one kernel, scores kept on chip.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/kernels/demand.h"

namespace roofcast {

Demand attention_demand(const Attention& op, const Numerics& numerics, const Gpu& gpu,
                        const Calibration& calibration);

}  // namespace roofcast
