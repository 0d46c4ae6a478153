// Source: Appleyard, Kočiský and Blunsom, "Optimizing Performance of Recurrent Neural Networks on GPUs" (2016); the rest
// is read off DeepBench's recurrent layers on Maxwell to Volta.
// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/recurrent.h"

#include <algorithm>
#include <array>

#include "model/gpu/generation.h"
#include "model/kernels/early_gemm.h"
#include "model/kernels/gemm.h"

namespace roofcast {
namespace {

constexpr int kPascalLibraries = 2017;  // cuDNN 5.1 and 6, CUDA 8: the last of Pascal's own years
constexpr int kCudnn8 = 2020;           // the first steps of a call cost no more than others
constexpr std::int64_t kColumn = 32;    // sequences

constexpr std::array kSquareTile{Tile{64, 64}};
constexpr std::array kWideTiles{Tile{128, 128}, Tile{64, 128}, Tile{128, 64}};

/// The kernels that came with Pascal. None splits the reduction, so a step takes as long as one block's walk along k.
Demand pascal_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  if (g.m <= kNarrowRows) return narrow_demand(g, numerics, gpu, c);
  if (g.m <= kColumn) return column_demand(g, numerics, gpu, c);
  GemmContext context{};
  context.compulsory = compulsory_elements(g);
  context.splits_below = 0;
  context.saturating_warps = c[Constant::recurrent_wide_warps];
  context.menu = kWideTiles;
  const Demand wide = gemm_demand(g, numerics, gpu, c, context);
  context.menu = kSquareTile;
  context.results_per_thread = 16;
  const Demand square = gemm_demand(g, numerics, gpu, c, context);
  return time_at_boost(square, gpu, c) < time_at_boost(wide, gpu, c) ? square : wide;
}

}  // namespace

Demand recurrent_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
                        int libraries) {
  const bool step = !g.a_transposed;
  Demand d = step && libraries <= kPascalLibraries && generation(gpu) == Generation::pascal
                 ? pascal_demand(g, numerics, gpu, c)
                 : gemm_demand(g, numerics, gpu, c);
  const auto steps = static_cast<double>(g.recurrence.value_or(1));
  const double started = libraries < kCudnn8 ? std::min(steps, c[Constant::recurrent_start_steps]) : 0;
  d.wait = microseconds((c[Constant::recurrent_call_us] + started * c[Constant::recurrent_start_us]) / steps +
                        (step ? c[Constant::recurrent_step_us] : 0));
  return d;
}

}  // namespace roofcast
