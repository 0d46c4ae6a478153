// The tunables of the model: one list with name, meaning, prior and the range that keeps a fit physical.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace roofcast {

/// Values live in a Calibration. Units are in the description of each.
enum class Constant {
  // GEMM on CUDA cores.
  gemm_issue,
  gemm_feed_overlap,
  gemm_sliced,
  gemm_saturating_warps,
  gemm_block_cycles,
  gemm_ragged_rows,
  gemm_far_pages,
  gemm_far_pages_pascal,
  gemm_far_row_cycles,
  gemm_far_row_cycles_pascal,
  gemm_far_reach,
  gemm_operand_reuse,
  gemm_dram_efficiency,
  gemm_weight_stream,
  gemm_epilogue,
  gemm_overlap,
  gemm_overlap_two_warps,
  // GEMM on tensor cores.
  gemm_tensor_feed_overlap,
  gemm_tensor_async_overlap,
  gemm_tensor_operands,
  gemm_tensor_misaligned,
  gemm_tensor_saturating_warps,
  gemm_tensor_block_cycles,
  // Few rows on cuBLAS 8 and older.
  gemm_narrow_rate,
  gemm_narrow_warps,
  // Recurrent layers.
  recurrent_call_us,
  recurrent_start_us,
  recurrent_start_steps,
  recurrent_step_us,
  recurrent_wide_warps,
  // Products whose weights alone are quantised.
  quantised_sm_bytes,
  quantised_sm_bytes_pascal,
  quantised_products,
  // Convolution.
  conv_implicit,
  conv_gather,
  conv_addressing,
  conv_integer,
  conv_saturating_warps,
  conv_block_cycles,
  conv_winograd,
  conv_winograd_filters,
  conv_winograd_taps,
  conv_winograd_products,
  conv_winograd_transforms,
  conv_backward_data,
  conv_backward_filter,
  conv_backward_filter_warps,
  conv_backward_filter_cycles,
  conv_columns,
  conv_column_scatter,
  conv_tensor_feed,
  conv_depthwise,
  // Memory system: achieved over datasheet bandwidth of long streams, and what surrounds them.
  memory_hbm,
  memory_hbm_late,
  memory_hbm_pascal,
  memory_gddr,
  memory_gddr_pascal,
  memory_gddr_ecc,
  memory_lpddr,
  memory_ramp_us,
  memory_l2_bytes_per_clock,
  memory_l2_resident,
  memory_function_cycles,
  memory_overlap,
  // Row kernels, norms, layout.
  rowwise_miss_start,
  rowwise_delay_us,
  rowwise_efficiency,
  rowwise_reread_cost,
  batch_norm_efficiency,
  batch_norm_channel_bytes,
  copy_transposing,
  scatter_efficiency,
  // Fused attention.
  attention_fused,
  attention_split,
  // Power.
  power_boost_reach,
  power_static_fraction,
  power_static_per_area,
  power_picojoules_per_flop,
  power_picojoules_per_byte,
  power_voltage_slope,
  power_voltage_slope_fine,
  power_tensor_ratio,
  power_memory_ratio,
  power_energy_5nm,
  power_governor_ms,
  // Launch and host.
  launch_gap_us,
  launch_replay_us,
  launch_dispatch_us,
  launch_graph_us,
  launch_native_us,
  launch_sampling_ns,
  launch_call_us,
  launch_idle_us,
  launch_conv_call_us,
  launch_wait_us,
  host_link,
  // Software stacks.
  stack_early,
  stack_composed,
  count_
};
inline constexpr std::size_t kConstantCount = static_cast<std::size_t>(Constant::count_);

struct ConstantInfo {
  Constant id;
  std::string_view name;  // as in calibration.toml: "gemm.tile_128x128"
  double prior;
  double low, high;
  std::string_view description;  // with unit and, for priors, where they come from
};

/// In enum order.
const std::array<ConstantInfo, kConstantCount>& constant_table();
std::optional<Constant> find_constant(std::string_view name);

}  // namespace roofcast
