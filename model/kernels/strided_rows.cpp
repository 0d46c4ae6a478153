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
constexpr double kTlbEntries = 16;  // of an SM
constexpr double kDramPageBytes = 2048;

// How a kind of memory opens pages: one after another in each channel (tRRD). Source: Hynix H5GQ1H24AFR (GDDR5), 6 clocks of
// 924 MHz, and HBM2's 3 of 850 MHz, as GPGPU-Sim's configurations of the GTX 480 and the TITAN V have them; JESD209-4
// (LPDDR4).
struct PageOpening {
  double channel_bits;
  Seconds apart;
};
PageOpening page_opening(const Gpu& gpu) {
  if (gpu.memory_type.starts_with("HBM")) return {128, Seconds(3.5e-9)};
  if (gpu.memory_type.starts_with("LPDDR")) return {16, Seconds(10e-9)};
  return {32, Seconds(6.5e-9)};
}

// Pages that `rows` rows touch, on average over a matrix of them that starts on a page. Rows whose length times `rows`
// divides a page, or is a multiple of one, straddle none.
double pages_touched(int rows, double row_bytes) {
  const auto bytes = static_cast<std::int64_t>(std::ceil(rows * row_bytes));
  const auto shared = static_cast<double>(std::gcd(bytes, kPageBytes));
  return 1 + (static_cast<double>(bytes) - shared) / kPageBytes;
}

}  // namespace

// Fetched 32 bytes (a sector) at a time, a row that does not start on a sector touches two. And a block needs a
// translation for every row of its tile at every step along k: those of tiles that touch many pages no longer fit the SM's
// TLB, and the GPU's one table walker serves all SMs in turn, however many there are. Blocks in step that share rows share
// walks too; the more blocks have run, the further they have drifted apart, with few pages later. Both powers were read off
// the slow-down of a P100's and a P4's layers by pages and blocks.
double strided_row_cycles(const Gemm& g, const Numerics& numerics, Tile tile, double blocks, double depth,
                          const Gpu& gpu, const Calibration& c) {
  const bool tensor = numerics.path == Path::tensor_core;
  const bool old = generation(gpu) == Generation::pascal || generation(gpu) == Generation::maxwell;
  const double row_bytes = static_cast<double>(g.k) * storage_size(numerics.storage).value;
  const double fetched = blocks * depth * (tile.m + tile.n);  // elements
  const bool ragged = !tensor && std::fmod(row_bytes, kSectorBytes) != 0;
  const double pages = pages_touched(tile.m, row_bytes) + pages_touched(tile.n, row_bytes);
  const double far_pages = c[old ? Constant::gemm_far_pages_pascal : Constant::gemm_far_pages];
  const double beyond = 1 / (1 + std::pow(far_pages / pages, 6));
  const double apart = c[Constant::gemm_far_blocks] * (1 + std::pow(kTlbEntries / pages, 2));
  const double missed = beyond * blocks / (blocks + apart);
  const double walked = blocks * depth * ((g.n > tile.n ? tile.m : 0) + (g.m > tile.m ? tile.n : 0));
  return (ragged ? fetched * c[Constant::gemm_ragged_rows] / gpu.sm_count : 0) +
         missed * walked / (tensor ? kTensorStep : kStep) *
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
  const double opened = sectors * std::min(1.0, k * element.value / kDramPageBytes);
  const PageOpening page = page_opening(gpu);
  return {(a + b) * element, opened * page.apart / (gpu.memory_bus_bits / page.channel_bits)};
}

Seconds read_time(const ScatteredReads& reads, const Gemm& g, BytesPerSecond stream_rate) {
  const Seconds streaming = reads.bytes / stream_rate;
  const bool take_turns = !g.a_transposed && g.b_transposed;
  return take_turns ? streaming + reads.opening : std::max(streaming, reads.opening);
}

}  // namespace roofcast
