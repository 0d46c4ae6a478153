// The tiles of C that vendor libraries cut products into: what a library ships for a generation of GPUs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "model/kernels/kernel.h"

namespace roofcast {

/// A thread block's share of C. Small ones may cut the reduction into slices, one for each group of warps.
struct Tile {
  int m, n;
  int slices = 1;
};

/// Tiles that a vendor library chooses among. Source: kernel names of FP32 PyTorch 2.1 runs on Pascal to Ampere; CUTLASS
/// profiles for tensor cores.
std::span<const Tile> tile_menu(const Gpu& gpu, const Numerics& numerics, const Gemm& gemm,
                                int libraries = kCurrentLibraries);

/// A weight lies as n × k.
bool is_linear(const Gemm& gemm);

/// A product with a bias goes to cuBLASLt, which chooses among kernels of its own. Source: PyTorch 1.11's addmm (2022).
bool has_linear_kernels(const Gemm& gemm, int libraries);

}  // namespace roofcast
