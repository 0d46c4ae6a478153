// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/attention.h"

#include "model/kernels/gemm.h"
#include "model/kernels/memory_system.h"

namespace roofcast {
namespace {

// From so few queries on products of tiles would be padding.
constexpr std::int64_t kFewQueries = 16;
// A block walks at least so many keys; longer caches are split over blocks.
constexpr std::int64_t kSplitKeys = 256;

// One or a few queries against a cache: keys and values are read once for the heads that share them, split over enough
// blocks to fill the GPU. Source: Dao et al., "Flash-Decoding for long-context inference" (2023); Hong et al.,
// "FlashDecoding++" (2024).
// Source: Dao et al., "FlashAttention" (2022) and "FlashAttention-2" (2023): operands are read once per pass over the
// keys, scores never leave the SM; backward recomputes them, five products for forward's two.
Demand split_attention_demand(const Attention& op, const Numerics& numerics, const Gpu& gpu,
                              const Calibration& c) {
  const Elements once = compulsory_elements(op);
  const double multiply_adds = flops(op).value / 2;
  Demand d = stream({.compulsory = storage_size(numerics.storage) * (once.read + once.written),
                     .lane_cycles = multiply_adds,
                     .efficiency = c[Constant::attention_split]},
                    gpu, c);
  // Keys and values of a step were last read a step ago, behind all weights: no L2 holds them.
  d.dram_bytes = d.compulsory_bytes = storage_size(numerics.storage) * once.read;
  d.flops = d.executed = flops(op);
  d.launches = op.keys_read() > kSplitKeys ? 2 : 1;  // and a kernel that joins the parts
  d.algorithm = "split over keys";
  return d;
}

}  // namespace

Demand attention_demand(const Attention& op, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  if (op.query_length * op.queries_per_key <= kFewQueries && !op.backward)
    return split_attention_demand(op, numerics, gpu, c);
  const Gemm scores{.batch = op.batch * op.heads, .m = op.query_length, .n = op.key_length, .k = op.head_dim};
  GemmContext context;
  context.menu = tile_menu(gpu, numerics, scores);
  context.efficiency = c[Constant::attention_fused];
  context.compulsory = compulsory_elements(op);
  Demand d = gemm_demand(scores, numerics, gpu, c, context);
  const double products = flops(op).value / flops(scores).value;
  d.compute_cycles *= products;
  d.l2_cycles *= products;
  d.fetched = d.fetched * products;
  d.flops = flops(op);
  d.executed = d.executed * products;
  d.ideal_cycles *= products;
  const Bytes once = storage_size(numerics.storage) * (context.compulsory.read + context.compulsory.written);
  d.compulsory_bytes = d.dram_bytes = once * (1 - l2_hit(once, gpu, c));
  d.algorithm = "fused attention";
  return d;
}

}  // namespace roofcast
