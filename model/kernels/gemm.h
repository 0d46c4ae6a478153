// Matrix products as tiles, waves and traffic. The vendor library's choice of tile and split-K is taken to be the
// one with the least predicted time among those it ships for the generation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <span>

#include "model/kernels/demand.h"
#include "model/kernels/memory_system.h"
#include "model/kernels/tile_menu.h"

namespace roofcast {

/// Beyond shape and formats: what tells an implicit GEMM from a plain one.
struct GemmContext {
  std::span<const Tile> menu;
  double efficiency = 1;        // on top of the tile's
  Elements compulsory;          // elements moved once; for a convolution fewer than the im2col matrices hold
  double cold = 0;              // of those read, elements that L2 cannot hold from before
  double elements_a_per_k = 1;  // distinct elements of A a tile row reads per k step (1 for a plain product)
  double operand_rate = 1;      // share of L2 bandwidth that gathered operands reach
  bool aligned = true;          // every row starts on 16 bytes
  int largest_split = 32;       // of the reduction over blocks
  double splits_below =         // blocks per SM from which on the reduction is never split
      std::numeric_limits<double>::infinity();
  double split_until =  // blocks per SM beyond which it is not split further, on tensor cores 1
      std::numeric_limits<double>::infinity();
  int least_slices_split = 1;   // slices of the tiles that cut the reduction over blocks, too
  bool rows_in_memory = false;  // operands are matrices of rows, not gathered from an image
  // Blocks walk along C's rows and fetch a sector of each operand row at a time.
  bool scattered_reads = false;
  std::optional<double>
      tile_efficiency;  // on CUDA cores, of every tile of the menu instead of a plain product's
  std::optional<int> results_per_thread;   // of every tile of the menu, instead of a plain product's
  std::optional<double> saturating_warps;  // per 64 lanes, instead of a plain product's
  std::optional<double> block_cycles;      // to fill and drain a wave of blocks, instead of a plain product's
  double operand_slots = 0;   // issue slots for every operand a block fetches, beside tile_efficiency
  int largest_resident = 32;  // blocks that share an SM
  // The launches that the product is one of, if any: tiles are compared by what all take together.
  std::function<Demand(Demand)> sequence;
  std::optional<double>
      epilogue;  // share of the result's write that nothing overlaps, instead of a plain product's
};

/// `libraries` is the year of the vendor's; cold weights (B) come from DRAM even where L2 could hold them.
Demand gemm_demand(const Gemm& gemm, const Numerics& numerics, const Gpu& gpu, const Calibration& calibration,
                   int libraries = kCurrentLibraries, bool cold_weights = false);

/// The same with an explicit context, for convolution and attention.
Demand gemm_demand(const Gemm& gemm, const Numerics& numerics, const Gpu& gpu, const Calibration& calibration,
                   const GemmContext& context);

/// Operations per clock per SM the numerics run at. Throws std::domain_error when the GPU has no such path.
double issue_rate(const Gpu& gpu, const Numerics& numerics);

/// Energy of one operation of this path and type relative to an FP32 FMA's on CUDA cores.
double energy_ratio(const Numerics& numerics, const Calibration& calibration);

}  // namespace roofcast
