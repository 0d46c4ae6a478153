// Kernels whose time is the bytes they move: elementwise, reductions, batch norm, pooling, gathers, copies, updates.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/kernels/demand.h"

namespace roofcast {

Demand memory_bound_demand(const Pointwise& op, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c);
Demand memory_bound_demand(const Reduction& op, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c);
Demand memory_bound_demand(const BatchNorm& op, bool channels_last, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c);
Demand memory_bound_demand(const Pool& op, const Numerics& numerics, const Gpu& gpu, const Calibration& c);
Demand memory_bound_demand(const Embedding& op, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c);
Demand memory_bound_demand(const Copy& op, const Numerics& numerics, const Gpu& gpu, const Calibration& c);
Demand memory_bound_demand(const OptimizerStep& op, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c);

}  // namespace roofcast
