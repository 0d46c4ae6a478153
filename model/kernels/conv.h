// Convolution chooses an algorithm: implicit GEMM everywhere, Winograd where it applies, whichever is predicted fastest.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/kernels/demand.h"

namespace roofcast {

/// `channels_last` matters to nothing here: layout transposes are kernels of their own (see lower). `libraries` is the
/// year of the vendor's library, which decides what algorithms and tiles it has. An implicit GEMM reads cold weights from
/// DRAM even where L2 could hold them.
/// Throws std::invalid_argument where groups do not divide the channels.
Demand conv_demand(const Conv2d& conv, const Numerics& numerics, const Gpu& gpu,
                   const Calibration& calibration, int libraries = kCurrentLibraries,
                   bool cold_weights = false);

}  // namespace roofcast
