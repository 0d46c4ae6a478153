// The inner loop of a product's tile: the threads that share it, and the part of the SM's rate that it keeps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"
#include "model/kernels/tile_menu.h"

namespace roofcast {

/// Threads of one block. Source: block sizes recorded beside FP32 kernel names: 8 × 8 results per thread, except narrow tiles,
/// whose 256 threads hold 4 × 4 (or 8 × 8 in each of four slices of k). On tensor cores four warps at least, one for
/// each; from Ampere on, where operands do not wait in registers, a warp has room for 64 × 64 results (CUTLASS).
int block_threads(Tile tile, bool tensor, const Gpu& gpu);

/// Registers of one thread: its results, with fragments of operands that grow with them, and addresses.
double thread_registers(Tile tile, int threads, bool tensor);

/// Share of the issue rate that a tile on CUDA cores keeps. A thread that computes r × r results reads 2r operands of 4
/// bytes a step from shared memory, 128 bytes a clock (64 on Turing); a block stores every operand of its tile there
/// once; the SM's lanes take r² / (lanes / 32) cycles for the warp's multiply-adds. Source: Volkov and Demmel (2008);
/// Lai and Seznec (2013). Loads of 16 bytes are served a quarter of a warp at a time; quarters differ in their row, and
/// two that each ask for one row's words are taken to be served together, so that 2r cost 1.5r. Example: r = 8 in 128 ×
/// 128 on 64 lanes: feed 0.41, on Turing 0.81; r = 4 in 32 × 128 on 128 lanes 1.66.
double cuda_core_efficiency(Tile tile, std::optional<int> results_per_thread, const Gpu& gpu,
                            const Calibration& calibration);

/// Share of the tensor cores' rate, `operations` per clock and SM, that a tile keeps. A warp's 64 × 64 results read 64
/// + 64 operands a step through the SM's one shared-memory port of 128 bytes a clock (Turing: 64). Example: FP16 on an
/// A100 (1,024 multiply-adds per clock and SM) feed 0.5, on an RTX 3090 (256) 0.125; 32 × 32, a quarter of a 64 × 64
/// tile, take twice that. Volta hands every operand to two groups of threads of a warp, so reads it twice. Source:
/// Raihan, Goli and Aamodt, "Modeling Deep Learning Accelerator Enabled GPUs" (2019). An instruction keeps a tensor
/// core busy for eight cycles or more, so slots never bind.
double tensor_efficiency(Tile tile, double operations, NumberFormat math, const Gpu& gpu,
                         const Calibration& calibration);

}  // namespace roofcast
