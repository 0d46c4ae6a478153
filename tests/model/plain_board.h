// A board and constants of which only tiles and waves are left to see.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"
#include "model/kernels/tile_menu.h"

namespace roofcast::testing {

// 10 SMs of 64 lanes at 1 GHz: 1.28 TFLOP/s; memory so fast that only arithmetic counts.
inline Gpu plain_board() {
  Gpu g;
  g.name = "board";
  g.compute_capability = "8.0";
  g.process_nm = 7;
  g.sm_count = 10;
  g.fp32_lanes_per_sm = 64;
  g.boost_clock = gigahertz(1);
  g.memory_type = "HBM2";
  g.memory_bus_bits = 4096;
  g.memory_bandwidth = gigabytes_per_second(1e5);
  g.l2 = mebibytes(1);
  g.registers_per_sm = kibibytes(256);
  g.max_threads_per_sm = 2048;
  g.max_blocks_per_sm = 32;
  g.tdp = Watts(1e6);
  g.rates = {{Path::cuda_core, NumberFormat::fp32, NumberFormat::fp32, 128, 1, "", ""},
             {Path::tensor_core, NumberFormat::fp16, NumberFormat::fp32, 1024, 1, "", ""}};
  return g;
}

// Tiles at full efficiency, no overhead: what is left is tiles and waves.
inline Calibration frictionless() {
  Calibration c = prior_calibration();
  c[Constant::gemm_issue] = 1;
  c[Constant::gemm_feed_overlap] = 64;
  c[Constant::gemm_saturating_warps] = 1;
  c[Constant::gemm_block_cycles] = 0;
  c[Constant::gemm_overlap] = 12;
  c[Constant::memory_l2_bytes_per_clock] = 1e9;
  return c;
}

inline constexpr Tile kOne[] = {{128, 128}};

}  // namespace roofcast::testing
