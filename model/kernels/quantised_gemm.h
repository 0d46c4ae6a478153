// Products of activations with weights that alone are quantised, and ggml's with halves.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/formats/weight_format.h"
#include "model/kernels/demand.h"

namespace roofcast {

/// C[m,n] = A[m,k] · W[k,n] with W in `weights`; numerics are those of the activations. Block formats are multiplied as
/// bytes where the GPU has a path for it, else widened; f16 is multiplied as it is.
Demand quantised_gemm_demand(const Gemm& gemm, WeightFormat weights, const Numerics& numerics, const Gpu& gpu,
                             const Calibration& calibration);

}  // namespace roofcast
