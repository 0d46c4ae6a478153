// Products of few rows as cuBLAS 8 and older run them on Maxwell and Pascal: kernels of their own, none of which splits the
// reduction. Source: read off DeepBench's recurrent layers and products (M40, Titan X, Titan Xp, P100).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/kernels/demand.h"

namespace roofcast {

/// First year in which a stack or a sheet has cuBLAS 9, which has none of these kernels, and kernels for linear layers.
inline constexpr int kCublas9 = 2018;

/// Rows that the narrow kernel holds.
inline constexpr std::int64_t kNarrowRows = 16;

/// Whether libraries of that year run the product by such a kernel: FP32 multiplication on CUDA cores, up to 64 rows.
bool has_early_kernel(const Gemm& gemm, const Numerics& numerics, const Gpu& gpu, int libraries);

/// That kernel's demand. Throws std::invalid_argument when there is none.
Demand early_gemm_demand(const Gemm& gemm, const Numerics& numerics, const Gpu& gpu,
                         const Calibration& calibration, int libraries);

/// For up to 16 rows, 32 on Maxwell: every element of B is read once and meets all rows.
Demand narrow_demand(const Gemm& gemm, const Numerics& numerics, const Gpu& gpu,
                     const Calibration& calibration);

/// For more: a block walks along all of k for 32 rows and 128 columns, its latency hidden by few warps.
Demand column_demand(const Gemm& gemm, const Numerics& numerics, const Gpu& gpu,
                     const Calibration& calibration);

}  // namespace roofcast
