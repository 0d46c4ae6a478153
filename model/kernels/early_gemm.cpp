// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/early_gemm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "model/gpu/generation.h"
#include "model/kernels/gemm.h"
#include "model/kernels/memory_system.h"

namespace roofcast {
namespace {

// CUDA 8 of 2017 splits reductions of more than 16 rows; that of 2016 and CUDA 7.5 walk along them.
constexpr int kSplittingCublas = 2017;

constexpr std::int64_t kMaxwellNarrowRows = 32, kColumnRows = 64;
constexpr std::array kColumnTile{Tile{32, 128}};
constexpr int kResultsPerThread = 16;

bool is_narrow(const Gemm& g, const Gpu& gpu) {
  return g.m <= (generation(gpu) == Generation::maxwell ? kMaxwellNarrowRows : kNarrowRows);
}

}  // namespace

bool has_early_kernel(const Gemm& g, const Numerics& numerics, const Gpu& gpu, int libraries) {
  const bool cuda_core_fp32 = numerics.path == Path::cuda_core && numerics.math == NumberFormat::fp32;
  if (libraries >= kCublas9 || generation(gpu) > Generation::pascal || g.batch > 1 || !cuda_core_fp32)
    return false;
  return is_narrow(g, gpu) || (libraries < kSplittingCublas && g.m <= kColumnRows);
}

Demand early_gemm_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
                         int libraries) {
  if (!has_early_kernel(g, numerics, gpu, libraries))
    throw std::invalid_argument("no kernel of cuBLAS 8 for few rows runs this product");
  return is_narrow(g, gpu) ? narrow_demand(g, numerics, gpu, c) : column_demand(g, numerics, gpu, c);
}

// GP100's SM, half the lanes and texture units of Maxwell's and other Pascals' but as many warps, lies between half and
// all of their rate. Maxwell's kernel takes 32 rows in the time of 16.
Demand narrow_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const Elements once = compulsory_elements(g);
  const Bytes bytes = storage_size(numerics.storage) * (once.read + once.written);
  const double lanes = gpu.fp32_lanes_per_sm / 128.0;
  const double rate = c[Constant::gemm_narrow_rate] * std::sqrt(lanes) * gpu.sm_count;
  const auto rows = static_cast<double>(std::min(g.m, kNarrowRows));
  Demand d = stream({.compulsory = bytes, .efficiency = c[Constant::gemm_dram_efficiency]}, gpu, c);
  d.flops = d.executed = flops(g);
  d.ideal_cycles = d.flops.value / (issue_rate(gpu, numerics) * gpu.sm_count);
  d.compute_cycles = rows * static_cast<double>(g.n) * static_cast<double>(g.k) / rate;
  d.energy_ratio = energy_ratio(numerics, c);
  d.overlap = c[Constant::gemm_overlap];
  d.algorithm = "narrow";
  return d;
}

Demand column_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  GemmContext context{};
  context.menu = kColumnTile;
  context.compulsory = compulsory_elements(g);
  context.splits_below = 0;
  context.results_per_thread = kResultsPerThread;
  context.tile_efficiency = c[Constant::gemm_issue];
  context.saturating_warps = c[Constant::gemm_narrow_warps];
  return gemm_demand(g, numerics, gpu, c, context);
}

}  // namespace roofcast
