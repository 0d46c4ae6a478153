// What operands and results in rows cost beside arithmetic and bytes: sectors cut in two, and where rows lie k elements
// apart, as both operands' of a linear layer do, translations of addresses and pages of DRAM that are opened for a few bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/kernels/calibration.h"
#include "model/kernels/tile_menu.h"
#include "model/units.h"

namespace roofcast {

/// SM cycles that rows which do not start on a sector of 32 bytes add to a product of `blocks` thread blocks, each with
/// `depth` of the reduction. None on tensor cores, whose rows start on 16 bytes or go by another path.
double cut_sector_cycles(const Gemm& gemm, const Numerics& numerics, Tile tile, double blocks, double depth,
                         const Gpu& gpu, const Calibration& calibration);

/// Bytes that DRAM transfers for each byte of a product's result, 1 where every row starts on a sector. Volta and Turing's
/// CUDA-core kernels write 32 results of a row at a time. Where the row does not start on a sector the first and the last lie
/// in one that the neighbours fill, and such a half is read before it is written: a sector shared between two is read once
/// and written twice. Rows of n elements start on a sector once in 32 / gcd(n · bytes, 32). Example: FP32, n = 973: 1.44;
/// n = 636: 1.25. A V100 writes 440 GB/s of the first (short reductions, k = 5), 530 of the second, 665 where n = 480; neither
/// Pascal's kernels nor Ampere's show anything of it.
double result_transfers(const Gemm& gemm, const Numerics& numerics, const Gpu& gpu);

/// Cycles that translating addresses adds to a linear layer, 0 to another product.
double translation_cycles(const Gemm& gemm, const Numerics& numerics, Tile tile, double blocks, double depth,
                          const Gpu& gpu, const Calibration& calibration);

struct ScatteredReads {
  Bytes bytes;      // from DRAM
  Seconds opening;  // the pages of DRAM they lie in
};

/// Reads of a product whose blocks run through C row by row, `in_flight` at a time, with `kept` of the operands in L2 from
/// before. Rows lie k elements apart in an A that is not transposed and in a B that is; the others are read in order. Example:
/// a P4 opens a page in each of its eight channels every 6.5 ns, 1.2 · 10⁹ a second, for 32 bytes each: 39 GB/s of 192.
ScatteredReads scattered_reads(const Gemm& gemm, Bytes element, Tile tile, double in_flight, double kept,
                               Bytes usable_l2, const Gpu& gpu);

/// Their time: where the rows of two operands take turns the channels transfer nothing while they open pages.
Seconds read_time(const ScatteredReads& reads, const Gemm& gemm, BytesPerSecond stream_rate);

}  // namespace roofcast
