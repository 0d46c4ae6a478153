// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/inner_loop.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/gpu/generation.h"

namespace roofcast {
namespace {

// Share of the issue rate an inner loop keeps: `issue` of the slots are operations, and operands take `feed` shared-memory
// cycles for each cycle of arithmetic; p says how well the two overlap.
double inner_loop_efficiency(double issue, double feed, double p) {
  return std::pow(std::pow(1 / issue, p) + std::pow(feed, p), -1 / p);
}

// Rows and columns of C that share one reading of their operands: a warp's part of its block's tile, from Hopper on a warp
// group's, up to 128 × 256.
std::pair<double, double> reading_together(Tile t, const Gpu& gpu) {
  if (has_clusters(gpu)) return {std::min({t.m, t.n, 128}), std::min(std::max(t.m, t.n), 256)};
  const double results = t.m * t.n * 32.0 / block_threads(t, true, gpu);
  const double m = results > 1024 ? 64 : 32;
  return {m, results / m};
}

}  // namespace

int block_threads(Tile t, bool tensor, const Gpu& gpu) {
  const int results = t.m * t.n;
  const bool narrow = std::min(t.m, t.n) == 32;
  if (!tensor && narrow) return results > 32 * 32 ? 256 : 128;
  if (tensor && ampere_or_later(gpu)) return std::clamp(results / 128, 128, 256);
  return std::clamp(results / 64, tensor ? 128 : 64, 256);
}

double thread_registers(Tile t, int threads, bool tensor) {
  const double results = static_cast<double>(t.m) * t.n * t.slices / threads;
  return tensor ? 2 * results : std::clamp(1.25 * results + 40, 32.0, 255.0);
}

double cuda_core_efficiency(Tile tile, std::optional<int> results_per_thread, const Gpu& gpu,
                            const Calibration& c) {
  const double results = results_per_thread ? *results_per_thread
                                            : static_cast<double>(tile.m) * tile.n * tile.slices /
                                                  block_threads(tile, false, gpu);
  const double feed = gpu.fp32_lanes_per_sm * 4 / gpu.shared_memory_per_clock.value *
                      (1.5 / std::sqrt(results) + 1.0 / tile.m + 1.0 / tile.n);
  // Slices cost something on Volta; an A100 runs sliced tiles of 32 x 128 as fast as whole ones.
  return inner_loop_efficiency(c[Constant::gemm_issue], feed, c[Constant::gemm_feed_overlap]) *
         (tile.slices > 1 && !ampere_or_later(gpu) ? c[Constant::gemm_sliced] : 1.0);
}

double tensor_efficiency(Tile tile, double operations, NumberFormat math, const Gpu& gpu,
                         const Calibration& c) {
  const double rate = operations / 2;  // multiply-adds, skipped ones too
  const auto [m, n] = reading_together(tile, gpu);
  const double times = generation(gpu) == Generation::volta ? 2 : 1;
  const double feed = times * (m + n) * (storage_size(math) / gpu.shared_memory_per_clock) * rate / (m * n);
  return inner_loop_efficiency(
      1, feed,
      c[ampere_or_later(gpu) ? Constant::gemm_tensor_async_overlap : Constant::gemm_tensor_feed_overlap]);
}

}  // namespace roofcast
