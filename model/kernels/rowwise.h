// Softmax, layer norm and their like: one pass over a row to learn something, another to write it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/kernels/demand.h"

namespace roofcast {

Demand rowwise_demand(const Rowwise& op, const Numerics& numerics, const Gpu& gpu,
                      const Calibration& calibration);

}  // namespace roofcast
