// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/strided_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "model/gpu/generation.h"

namespace roofcast {
namespace {

constexpr double kSectorBytes = 32;
// Elements along k that a block fetches at a time. Source: "x8" in the names of FP32 kernels; CUTLASS's default
// threadblock of 32 halves.
constexpr double kStep = 8, kTensorStep = 32;
// Source: Jia et al., "Dissecting the NVIDIA Volta GPU Architecture via Microbenchmarking" (2018), TLB entries.
constexpr std::int64_t kPageBytes = 2 << 20;

// How a kind of memory opens pages: one after another in each channel (tRRD). Source: Hynix H5GQ1H24AFR (GDDR5), 6 clocks of
// 924 MHz, and HBM2, 3 clocks, as GPGPU-Sim's configurations of the GTX 480 and the TITAN V have them; JESD209-4 (LPDDR4).
// Sizes of pages: the same data sheet; JESD235 (HBM, of a pseudo channel).
struct PageOpening {
  double channel_bits;
  double page_bytes;
  Seconds apart;
};
PageOpening page_opening(const Gpu& gpu) {
  if (gpu.memory_type.starts_with("HBM")) {
    const double command_clock =
        gpu.memory_bandwidth.value * 8 / gpu.memory_bus_bits / 2;  // two bits a clock and pin
    return {128, 1024, Seconds(3 / command_clock)};
  }
  if (gpu.memory_type.starts_with("LPDDR")) return {16, 2048, Seconds(10e-9)};
  return {32, 2048, Seconds(6.5e-9)};
}

// Pages that `rows` rows touch, on average over a matrix of them that starts on a page. Rows whose length times `rows`
// divides a page, or is a multiple of one, straddle none.
double pages_touched(int rows, double row_bytes) {
  const auto bytes = static_cast<std::int64_t>(std::ceil(rows * row_bytes));
  const auto shared = static_cast<double>(std::gcd(bytes, kPageBytes));
  return 1 + (static_cast<double>(bytes) - shared) / kPageBytes;
}

}  // namespace

// Fetched 32 bytes (a sector) at a time, a row that does not start on a sector touches one more: at every step where a step's
// piece is a sector of it, as where rows lie k apart, once where the row runs along the tile.
double cut_sector_cycles(const Gemm& g, const Numerics& numerics, Tile tile, double blocks, double depth,
                         const Gpu& gpu, const Calibration& c) {
  if (numerics.path == Path::tensor_core) return 0;
  const auto cut = [&](std::int64_t length) {
    return std::fmod(static_cast<double>(length) * storage_size(numerics.storage).value, kSectorBytes) != 0;
  };
  const double of_a = g.a_transposed ? (cut(g.m) ? kStep : 0) : (cut(g.k) ? tile.m : 0);
  const double of_b = g.b_transposed ? (cut(g.k) ? tile.n : 0) : (cut(g.n) ? kStep : 0);
  return blocks * depth * (of_a + of_b) * c[Constant::gemm_ragged_rows] / gpu.sm_count;
}

double result_transfers(const Gemm& g, const Numerics& numerics, const Gpu& gpu) {
  const bool halves = generation(gpu) == Generation::volta || generation(gpu) == Generation::turing;
  if (numerics.path == Path::tensor_core || !halves) return 1;
  constexpr double kResultsAtOnce = 32;
  constexpr auto kSectorBits = static_cast<std::int64_t>(8 * kSectorBytes);
  const auto bits = static_cast<std::int64_t>(storage_size(numerics.storage).value * 8);
  const double starts_on_sector =
      static_cast<double>(std::gcd(g.n * bits, kSectorBits)) / static_cast<double>(kSectorBits);
  const double sectors_at_once =
      kResultsAtOnce * static_cast<double>(bits) / static_cast<double>(kSectorBits);
  return 1 + (1 - starts_on_sector) * 2 / sectors_at_once;
}

// A block needs a translation for every row of its tile at every step along k: those of tiles that touch many pages no
// longer fit the SM's TLB, nor the GPU's those of an operand of many pages, and its one table walker serves all SMs in
// turn, however many there are. The power was read off the slow-down of a P100's and a P4's layers by pages.
double translation_cycles(const Gemm& g, const Numerics& numerics, Tile tile, double blocks, double depth,
                          const Gpu& gpu, const Calibration& c) {
  if (!is_linear(g)) return 0;
  const bool tensor = numerics.path == Path::tensor_core;
  const bool old = generation(gpu) == Generation::pascal || generation(gpu) == Generation::maxwell;
  const double row_bytes = static_cast<double>(g.k) * storage_size(numerics.storage).value;
  const double pages = pages_touched(tile.m, row_bytes) + pages_touched(tile.n, row_bytes);
  const double far_pages = c[old ? Constant::gemm_far_pages_pascal : Constant::gemm_far_pages];
  const double beyond = 1 / (1 + std::pow(far_pages / pages, 6));
  const auto missed = [&](std::int64_t rows) {
    const double all = static_cast<double>(rows) * row_bytes / kPageBytes;
    return beyond * all / (all + c[Constant::gemm_far_reach]);
  };
  // Rows that one block alone reads are walked once.
  const double walks = (g.n > tile.n ? tile.m * missed(g.m) : 0) + (g.m > tile.m ? tile.n * missed(g.n) : 0);
  return blocks * depth * walks / (tensor ? kTensorStep : kStep) *
         c[old ? Constant::gemm_far_row_cycles_pascal : Constant::gemm_far_row_cycles];
}

// The blocks in flight lie along a row of C: they share A's rows, and B's only where several rows of blocks are in flight,
// in step to within what L2 holds of all rows being read. Each step along k reads one sector of every row, and by the next one
// others have closed its page. Rows shorter than a page share one.
ScatteredReads scattered_reads(const Gemm& g, Bytes element, Tile tile, double in_flight, double kept,
                               Bytes usable_l2, const Gpu& gpu) {
  // Steps that blocks fall behind each other for each they take. Source: 1,824 layers that a P4 ran by cuBLASLt.
  constexpr double kDrift = 0.1;
  const auto m = static_cast<double>(g.m), n = static_cast<double>(g.n), k = static_cast<double>(g.k);
  const double tiles_m = std::ceil(m / tile.m), tiles_n = std::ceil(n / tile.n);
  const double rows = std::clamp(in_flight / tiles_n, 1.0, tiles_m);
  const double read_at_once = rows * tile.m + std::min(n, in_flight * tile.n);  // rows of A and B
  const double window = usable_l2 / (read_at_once * element);                   // elements along k
  const double together = 1 + (rows - 1) / (1 + kDrift * k / window);
  const double again = (1 - kept) * std::max(0.0, tiles_m / together - 1);
  const double a = static_cast<double>(g.batch) * m * k;
  const double b = static_cast<double>(g.batch) * n * k * (1 + again);
  const double apart =
      (g.a_transposed ? 0 : a) + (g.b_transposed ? b : 0);  // elements of rows that lie k apart
  const double sectors = apart * element.value / kSectorBytes;
  const PageOpening page = page_opening(gpu);
  const double opened = sectors * std::min(1.0, k * element.value / page.page_bytes);
  return {(a + b) * element, opened * page.apart / (gpu.memory_bus_bits / page.channel_bits)};
}

Seconds read_time(const ScatteredReads& reads, const Gemm& g, BytesPerSecond stream_rate) {
  const Seconds streaming = reads.bytes / stream_rate;
  const bool take_turns = !g.a_transposed && g.b_transposed;
  return take_turns ? streaming + reads.opening : std::max(streaming, reads.opening);
}

}  // namespace roofcast
