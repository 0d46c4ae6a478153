// What is fitted on what. Order matters: products need the memory system's constants, steps need everything.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/lower.h"
#include "model/workloads/recurrent.h"
#include "validate/calibrate.h"

namespace roofcast {
namespace {

using C = Constant;

constexpr double kProductPriorWeight = 5e-3;
constexpr double kStepPriorWeight = 1e-3;
constexpr double kServingPriorWeight = 1e-2;  // a few boards, each in a host of its own

const KernelCase* kernel_case(const Sample& s) { return std::get_if<KernelCase>(&s.observation.subject); }

template <class Wanted>
const Wanted* op_of(const Sample& s) {
  const KernelCase* k = kernel_case(s);
  return k == nullptr ? nullptr : std::get_if<Wanted>(&k->op);
}

// Formats a product runs in on its board.
Numerics numerics_of(const std::variant<Precision, Numerics>& asked, bool convolution, const Gpu& gpu) {
  if (const auto* exact = std::get_if<Numerics>(&asked)) return *exact;
  return resolve_product(std::get<Precision>(asked), convolution, gpu, nullptr);
}

Numerics numerics_of(const Sample& s) {
  const KernelCase& k = *kernel_case(s);
  return numerics_of(k.numerics, std::holds_alternative<Conv2d>(k.op), *s.gpu);
}

// Products on tensor cores, single or the best of several sizes. AMD's matrix cores are fed by other rules.
bool tensor_core_product(const Sample& s) {
  if (s.gpu->vendor != "NVIDIA") return false;
  if (op_of<Gemm>(s) != nullptr) return numerics_of(s).path == Path::tensor_core;
  const auto* sweep = std::get_if<SweepCase>(&s.observation.subject);
  return sweep != nullptr && numerics_of(sweep->numerics, false, *s.gpu).path == Path::tensor_core;
}

bool full_precision(const Sample& s) {
  const Numerics n = numerics_of(s);
  return n.path == Path::cuda_core && n.storage == NumberFormat::fp32;
}

bool isolated(const Sample& s) {
  const KernelCase* k = kernel_case(s);
  return k != nullptr && k->timing == Timing::isolated_call;
}

bool forward(const Conv2d& v) { return v.pass == Pass::forward; }

bool neusight(const Sample& s) { return s.layout.rfind("neusight", 0) == 0; }

// Whole steps of networks in the zoo; NeuSight's are sums of operators timed one by one.
bool step(const Sample& s) {
  const auto* job = std::get_if<JobCase>(&s.observation.subject);
  if (job == nullptr || neusight(s)) return false;
  try {
    find_workload(job->workload);
    return true;
  } catch (const UnknownWorkload&) {
    return false;
  }
}

// Steps of an engine that serves: prefill or decode.
bool language_model(const Sample& s) {
  const auto* job = std::get_if<JobCase>(&s.observation.subject);
  return job != nullptr && job->workload.context.has_value() && step(s);
}

// One layer, as DeepBench times it.
bool one_recurrence(const Sample& s) {
  const auto* job = std::get_if<JobCase>(&s.observation.subject);
  return job != nullptr && is_recurrent(job->workload.name);
}

// NeuSight's transformers, whose kernels take up to tens of milliseconds.
bool long_kernels(const Sample& s) {
  return std::holds_alternative<JobCase>(s.observation.subject) && neusight(s);
}

bool tensor_core_convolution(const Sample& s) {
  return op_of<Conv2d>(s) != nullptr && numerics_of(s).path == Path::tensor_core;
}

}  // namespace

const std::vector<Stage>& stages() {
  static const std::vector<Stage> list{
      {"streams",
       {C::memory_hbm, C::memory_hbm_pascal, C::memory_gddr_ecc, C::memory_ramp_us, C::memory_function_cycles,
        C::launch_call_us},
       [](const Sample& s) { return op_of<Pointwise>(s) != nullptr && isolated(s); }},
      {"streams of single boards",
       {C::memory_hbm_late, C::memory_gddr, C::memory_lpddr},
       [](const Sample& s) {
         return op_of<Pointwise>(s) != nullptr && !isolated(s) && s.gpu->vendor == "NVIDIA";
       }},
      {"row kernels",
       {C::rowwise_miss_start, C::rowwise_delay_us, C::rowwise_efficiency, C::rowwise_reread_cost},
       [](const Sample& s) { return op_of<Rowwise>(s) != nullptr && isolated(s); }},
      {"products",
       {C::gemm_issue,
        C::gemm_feed_overlap,
        C::gemm_sliced,
        C::gemm_saturating_warps,
        C::gemm_block_cycles,
        C::gemm_ragged_rows,
        C::gemm_far_pages,
        C::gemm_far_pages_pascal,
        C::gemm_far_row_cycles,
        C::gemm_far_row_cycles_pascal,
        C::gemm_far_reach,
        C::gemm_operand_reuse,
        C::gemm_dram_efficiency,
        C::gemm_epilogue,
        C::gemm_overlap,
        C::gemm_overlap_two_warps,
        C::power_static_fraction,
        C::power_static_per_area,
        C::power_picojoules_per_flop,
        C::power_picojoules_per_byte,
        C::power_voltage_slope,
        C::launch_idle_us},
       [](const Sample& s) { return op_of<Gemm>(s) != nullptr && isolated(s) && full_precision(s); },
       kProductPriorWeight},
      {"convolutions",
       {C::conv_implicit, C::conv_gather, C::conv_addressing, C::conv_saturating_warps, C::conv_block_cycles,
        C::conv_winograd, C::conv_winograd_filters, C::conv_winograd_taps, C::conv_winograd_products,
        C::conv_winograd_transforms, C::launch_conv_call_us},
       [](const Sample& s) {
         const auto* v = op_of<Conv2d>(s);
         return v != nullptr && forward(*v) && full_precision(s);
       }},
      {"integer convolutions",
       {C::conv_integer},
       [](const Sample& s) { return op_of<Conv2d>(s) != nullptr && is_integer(numerics_of(s).math); }},
      {"convolution gradients",
       {C::conv_backward_data, C::conv_backward_filter, C::conv_backward_filter_warps,
        C::conv_backward_filter_cycles, C::conv_columns, C::conv_column_scatter},
       [](const Sample& s) {
         const auto* v = op_of<Conv2d>(s);
         return v != nullptr && !forward(*v) && full_precision(s);
       }},
      {"tensor-core products",
       {C::gemm_tensor_feed_overlap, C::gemm_tensor_async_overlap, C::gemm_tensor_operands,
        C::gemm_tensor_misaligned, C::gemm_tensor_saturating_warps, C::gemm_tensor_block_cycles,
        C::power_tensor_ratio, C::power_voltage_slope_fine, C::power_energy_5nm},
       tensor_core_product},
      {"recurrent layers",
       {C::recurrent_call_us, C::recurrent_start_us, C::recurrent_start_steps, C::recurrent_step_us,
        C::gemm_narrow_rate, C::gemm_narrow_warps, C::recurrent_wide_warps},
       one_recurrence},
      {"language models",
       {C::gemm_weight_stream, C::quantised_sm_bytes, C::quantised_sm_bytes_pascal, C::quantised_products,
        C::launch_native_us, C::launch_sampling_ns, C::launch_replay_us},
       language_model,
       kServingPriorWeight},
      {"steps and tensor-core convolutions",
       {C::stack_early, C::stack_composed, C::conv_tensor_feed, C::batch_norm_efficiency,
        C::batch_norm_channel_bytes, C::copy_transposing, C::launch_wait_us, C::launch_dispatch_us,
        C::launch_graph_us},
       [](const Sample& s) {
         return (step(s) && !language_model(s) && !one_recurrence(s)) || tensor_core_convolution(s);
       },
       kStepPriorWeight},
      {"whole models of long kernels", {C::power_governor_ms}, long_kernels, kStepPriorWeight},
  };
  return list;
}

}  // namespace roofcast
