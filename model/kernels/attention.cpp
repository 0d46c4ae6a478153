// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/attention.h"

#include "model/kernels/gemm.h"
#include "model/kernels/memory_system.h"

namespace roofcast {

// Source: Dao et al., "FlashAttention" (2022) and "FlashAttention-2" (2023): operands are read once per pass over the
// keys, scores never leave the SM; backward recomputes them, five products for forward's two.
Demand attention_demand(const Attention& op, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const Gemm scores{.batch = op.batch * op.heads, .m = op.query_length, .n = op.key_length, .k = op.head_dim};
  GemmContext context;
  context.menu = tile_menu(gpu, numerics, scores);
  context.efficiency = c[Constant::attention_fused];
  context.compulsory = compulsory_elements(op);
  Demand d = gemm_demand(scores, numerics, gpu, c, context);
  const double products = flops(op).value / flops(scores).value;
  d.compute_cycles *= products;
  d.l2_cycles *= products;
  d.flops = flops(op);
  d.executed = d.executed * products;
  d.ideal_cycles *= products;
  const Bytes once = storage_size(numerics.storage) * (context.compulsory.read + context.compulsory.written);
  d.compulsory_bytes = d.dram_bytes = once * (1 - l2_hit(once, gpu, c));
  d.algorithm = "fused attention";
  return d;
}

}  // namespace roofcast
