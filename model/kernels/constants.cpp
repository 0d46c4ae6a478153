// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/constants.h"

#include "model/kernels/calibration.h"

namespace roofcast {
namespace {
using C = Constant;
}

const std::array<ConstantInfo, kConstantCount>& constant_table() {
  static const std::array<ConstantInfo, kConstantCount> table{{
      {C::gemm_issue, "gemm.issue", 0.95, 0.7, 1.0,
       "multiply-adds over issue slots in the inner loop of an FP32 tile"},
      {C::gemm_feed_overlap, "gemm.feed_overlap", 3, 1.2, 8,
       "exponent joining issue and shared-memory cycles"},
      {C::gemm_sliced, "gemm.sliced", 0.85, 0.5, 1.0,
       "efficiency kept by tiles whose warps share the reduction"},
      {C::gemm_saturating_warps, "gemm.saturating_warps", 5, 2, 16,
       "resident warps per 64 lanes that hide latency"},
      {C::gemm_block_cycles, "gemm.block_cycles", 2000, 100, 9000,
       "cycles to fill and drain a wave of blocks"},
      {C::gemm_far_row_start, "gemm.far_row_start", 8000, 3000, 60000,
       "row length, in elements, beyond which rows begin to miss the TLB"},
      {C::gemm_far_row_cycles, "gemm.far_row_cycles", 10, 1, 40, "SM cycles a missed sector costs"},
      {C::gemm_far_rows, "gemm.far_rows", 50000, 1000, 1000000,
       "rows in flight at which half of the sectors miss"},
      {C::gemm_far_rows_pascal, "gemm.far_rows_pascal", 2000, 100, 100000, "the same on Maxwell and Pascal"},
      {C::gemm_operand_reuse, "gemm.operand_reuse", 0.5, 0.05, 1.0,
       "share of L2 that holds operands between waves"},
      {C::gemm_dram_efficiency, "gemm.dram_efficiency", 0.85, 0.4, 1.0,
       "bandwidth of a product's operands against a stream"},
      {C::gemm_epilogue, "gemm.epilogue", 0.3, 0.02, 1.0,
       "share of the result's write that nothing overlaps"},
      {C::gemm_overlap, "gemm.overlap", 5, 1.5, 12, "exponent joining compute and memory time of a product"},
      {C::gemm_tensor_feed_overlap, "gemm.tensor_feed_overlap", 2, 1.1, 8,
       "exponent joining tensor-core and shared-memory cycles"},
      {C::gemm_tensor_operands, "gemm.tensor_operands", 32, 12, 100,
       "bytes per SM clock per SM of operands out of L2 into tensor-core tiles"},
      {C::gemm_tensor_misaligned, "gemm.tensor_misaligned", 0.35, 0.1, 1.0,
       "efficiency kept when a dimension is not a multiple of 16 bytes"},
      {C::gemm_tensor_block_cycles, "gemm.tensor_block_cycles", 2500, 100, 9000,
       "as block_cycles, tensor cores"},
      {C::conv_implicit, "conv.implicit", 0.85, 0.4, 1.0, "issue efficiency of FP32 implicit GEMM tiles"},
      {C::conv_integer, "conv.integer", 0.95, 0.4, 1.2,
       "issue efficiency of byte implicit GEMM tiles: a quarter of the operand fetches"},
      {C::conv_saturating_warps, "conv.saturating_warps", 4, 2, 16,
       "resident warps per 64 lanes that hide latency in kernels that gather pixels"},
      {C::conv_block_cycles, "conv.block_cycles", 8000, 500, 30000,
       "cycles to fill and drain a wave of convolution blocks"},
      {C::conv_winograd, "conv.winograd", 0.75, 0.3, 1.0, "issue efficiency of fused Winograd F(2x2,3x3)"},
      {C::conv_winograd_filters, "conv.winograd_filters", 0.35, 0.1, 1.0,
       "bandwidth efficiency of Winograd's filter transforms"},
      {C::conv_winograd_products, "conv.winograd_products", 0.85, 0.4, 1.0,
       "issue efficiency of the products between non-fused transforms"},
      {C::conv_winograd_transforms, "conv.winograd_transforms", 0.55, 0.2, 1.0,
       "bandwidth efficiency of non-fused data transforms"},
      {C::conv_backward_data, "conv.backward_data", 0.9, 0.3, 1.2, "efficiency against the forward pass"},
      {C::conv_backward_filter, "conv.backward_filter", 0.75, 0.3, 1.2,
       "efficiency against the forward pass"},
      {C::conv_backward_filter_warps, "conv.backward_filter_warps", 8, 3, 14,
       "resident warps per 64 lanes that hide its latency"},
      {C::conv_backward_filter_cycles, "conv.backward_filter_cycles", 40000, 2000, 80000,
       "cycles to fill and drain a wave of its blocks and to add up their partial sums"},
      {C::conv_columns, "conv.columns", 0.65, 0.3, 1.2,
       "efficiency of column products against the forward pass"},
      {C::conv_column_scatter, "conv.column_scatter", 0.6, 0.1, 1.0,
       "bandwidth efficiency of adding columns into an input gradient"},
      {C::conv_tensor_feed, "conv.tensor_feed", 0.5, 0.05, 1.0,
       "share of L2 bandwidth its gathered operands reach"},
      {C::conv_depthwise, "conv.depthwise", 0.20, 0.02, 1.0,
       "issue efficiency of depthwise and narrow grouped filters"},
      {C::memory_hbm, "memory.hbm", 0.90, 0.6, 1.0, "achieved over datasheet bandwidth, HBM2"},
      {C::memory_hbm_late, "memory.hbm_late", 0.86, 0.6, 1.0, "HBM2e and later"},
      {C::memory_hbm_pascal, "memory.hbm_pascal", 0.75, 0.5, 1.0, "HBM2 behind Pascal controllers"},
      {C::memory_gddr, "memory.gddr", 0.89, 0.6, 1.0, "GDDR6, GDDR6X and GDDR7"},
      {C::memory_gddr_pascal, "memory.gddr_pascal", 0.82, 0.5, 1.0, "GDDR5 and GDDR5X"},
      {C::memory_gddr_ecc, "memory.gddr_ecc", 0.76, 0.5, 1.0, "GDDR with ECC kept in the DRAM"},
      {C::memory_lpddr, "memory.lpddr", 0.88, 0.5, 1.0, "LPDDR shared with a CPU"},
      {C::memory_ramp_us, "memory.ramp_us", 1.5, 0.2, 10,
       "microseconds to fill and drain the memory pipeline"},
      {C::memory_l2_bytes_per_clock, "memory.l2_bytes_per_clock", 20, 12, 80,
       "bytes per SM clock per SM out of L2"},
      {C::memory_l2_resident, "memory.l2_resident", 0.7, 0.2, 1.0,
       "share of L2 a stream may fill and still be hit"},
      {C::memory_function_cycles, "memory.function_cycles", 1.5, 0.5, 6,
       "lane cycles per operation of an elementwise kernel"},
      {C::memory_overlap, "memory.overlap", 4, 1.5, 12,
       "exponent joining compute and memory time of a stream"},
      {C::rowwise_miss_start, "rowwise.miss_start", 0.2, 0.02, 0.45,
       "rows in flight over L2 where re-reads begin to miss"},
      {C::rowwise_delay_us, "rowwise.delay_us", 3, 0.3, 20,
       "microseconds of bandwidth that the rows in flight cover"},
      {C::rowwise_efficiency, "rowwise.efficiency", 0.95, 0.5, 1.0, "bandwidth efficiency against a stream"},
      {C::rowwise_reread_cost, "rowwise.reread_cost", 2, 1, 5,
       "L2 time of a second read over that of a plain one"},
      {C::batch_norm_efficiency, "batch_norm.efficiency", 0.85, 0.4, 1.0,
       "bandwidth efficiency against a stream"},
      {C::batch_norm_planes, "batch_norm.planes", 0.7, 0.3, 1.0,
       "the same in training where one block owns a channel (NCHW)"},
      {C::copy_transposing, "copy.transposing", 0.80, 0.3, 1.0, "bandwidth efficiency of a layout change"},
      {C::scatter_efficiency, "scatter.efficiency", 0.5, 0.1, 1.0,
       "bandwidth efficiency of gathers and scatters"},
      {C::attention_fused, "attention.fused", 0.65, 0.2, 1.0, "fused attention against a plain GEMM tile"},
      {C::power_boost_reach, "power.boost_reach", 1.1, 1.0, 1.25,
       "highest over listed boost clock of GeForce and Titan boards"},
      {C::power_static_fraction, "power.static_fraction", 0.1, 0.02, 0.45,
       "share of TDP spent whatever runs: regulators, fan, memory interface"},
      {C::power_static_per_area, "power.static_per_area", 0.03, 0.005, 0.1,
       "W per mm2 of die spent whatever runs: leakage and clock tree"},
      {C::power_picojoules_per_flop, "power.picojoules_per_flop", 11.5, 5, 25,
       "FP32 operation, 16 nm, lowest voltage"},
      {C::power_voltage_slope, "power.voltage_slope", 0.5, 0.1, 2,
       "relative voltage per unit of relative clock"},
      {C::power_tensor_ratio, "power.tensor_ratio", 0.08, 0.02, 0.4,
       "energy of an FP16 tensor operation over FP32's"},
      {C::power_memory_ratio, "power.memory_ratio", 1.0, 0.3, 3, "on the literature's energy per bit"},
      {C::launch_gap_us, "launch.gap_us", 1.5, 0.2, 8, "microseconds between back-to-back kernels"},
      {C::launch_dispatch_us, "launch.dispatch_us", 40, 1, 100,
       "host microseconds per launch, eager framework"},
      {C::launch_graph_us, "launch.graph_us", 15, 1, 60, "host microseconds per launch, graph executor"},
      {C::launch_call_us, "launch.call_us", 35, 5, 80, "microseconds around one synchronised framework call"},
      {C::launch_conv_call_us, "launch.conv_call_us", 150, 30, 600,
       "the same of a convolution, in the middle of a wide range"},
      {C::launch_wait_us, "launch.wait_us", 150, 20, 600,
       "microseconds per tensor of an optimizer loop that reads back norms"},
      {C::host_link, "host.link", 0.8, 0.2, 1.0, "achieved over nominal PCIe bandwidth"},
      {C::stack_early, "stack.early", 0.85, 0.5, 1.0,
       "products of libraries as old as the GPU's generation against mature ones"},
      {C::stack_primitive, "stack.primitive", 0.4, 0.05, 1.0,
       "stream efficiency of functions composed of primitive ops"},
      {C::stack_generated, "stack.generated", 0.5, 0.05, 1.0,
       "stream efficiency of XLA's generated reductions"},
  }};
  return table;
}

std::optional<Constant> find_constant(std::string_view name) {
  for (const ConstantInfo& info : constant_table()) {
    if (info.name == name) return info.id;
  }
  return std::nullopt;
}

Calibration prior_calibration() {
  Calibration calibration;
  for (const ConstantInfo& info : constant_table()) calibration[info.id] = info.prior;
  return calibration;
}

}  // namespace roofcast
