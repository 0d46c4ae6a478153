// Products of a recurrence: few rows, one step after the other, in one call of the library.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/kernels/demand.h"

namespace roofcast {

/// One step's product C[sequences, n] = state[sequences, k] · W[k, n], with its share of what the call costs besides; or
/// (a transposed) the product that makes the weights' gradient of all steps. `libraries` is the year of the vendor's.
Demand recurrent_demand(const Gemm& gemm, const Numerics& numerics, const Gpu& gpu,
                        const Calibration& calibration, int libraries);

}  // namespace roofcast
