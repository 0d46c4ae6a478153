// What is fitted on what. Order matters: products need the memory system's constants, steps need everything.
// SPDX-License-Identifier: Apache-2.0
#include "model/gpu/generation.h"
#include "model/graph/lower.h"
#include "validate/calibrate.h"

namespace roofcast {
namespace {

using C = Constant;

const KernelCase* kernel_case(const Sample& s) { return std::get_if<KernelCase>(&s.observation.subject); }

template <class Wanted>
const Wanted* op_of(const Sample& s) {
  const KernelCase* k = kernel_case(s);
  return k == nullptr ? nullptr : std::get_if<Wanted>(&k->op);
}

// Formats the case runs in on its board.
Numerics numerics_of(const Sample& s) {
  const KernelCase& k = *kernel_case(s);
  if (const auto* exact = std::get_if<Numerics>(&k.numerics)) return *exact;
  return resolve_product(std::get<Precision>(k.numerics), std::holds_alternative<Conv2d>(k.op), *s.gpu,
                         nullptr);
}

bool on_tensor_cores(const Sample& s) {
  const Numerics n = numerics_of(s);
  return n.path == Path::tensor_core && n.math == NumberFormat::fp16;
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

// Whole steps; NeuSight's are sums of operators timed one by one.
bool step(const Sample& s, Domain domain) {
  const auto* job = std::get_if<JobCase>(&s.observation.subject);
  if (job == nullptr || s.layout.rfind("neusight", 0) == 0) return false;
  try {
    return find_workload(job->workload.name).domain == domain;
  } catch (const UnknownWorkload&) {
    return false;
  }
}

}  // namespace

const std::vector<Stage>& stages() {
  static const std::vector<Stage> list{
      {"streams",
       {C::memory_hbm, C::memory_hbm_pascal, C::memory_gddr_ecc, C::memory_ramp_us, C::memory_function_cycles,
        C::launch_call_us},
       [](const Sample& s) { return op_of<Pointwise>(s) != nullptr && isolated(s); }},
      {"row kernels",
       {C::rowwise_miss_start, C::rowwise_delay_us, C::rowwise_efficiency, C::rowwise_reread_cost},
       [](const Sample& s) { return op_of<Rowwise>(s) != nullptr && isolated(s); }},
      {"products",
       {C::gemm_issue, C::gemm_feed_overlap, C::gemm_sliced, C::gemm_saturating_warps, C::gemm_block_cycles,
        C::gemm_far_row_start, C::gemm_far_row_cycles, C::gemm_far_rows, C::gemm_far_rows_pascal,
        C::gemm_operand_reuse, C::gemm_dram_efficiency, C::gemm_epilogue, C::gemm_overlap,
        C::power_static_fraction, C::power_static_per_area, C::power_picojoules_per_flop,
        C::power_voltage_slope},
       [](const Sample& s) { return op_of<Gemm>(s) != nullptr && isolated(s); }},
      {"convolutions",
       {C::conv_implicit, C::conv_saturating_warps, C::conv_block_cycles, C::conv_winograd,
        C::conv_winograd_filters, C::conv_winograd_products, C::conv_winograd_transforms,
        C::launch_conv_call_us},
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
       {C::gemm_tensor_volta, C::gemm_tensor_misaligned},
       [](const Sample& s) { return op_of<Gemm>(s) != nullptr && on_tensor_cores(s); }},
      {"tensor-core products of Ada",
       {C::gemm_tensor_ada},
       [](const Sample& s) {
         return op_of<Gemm>(s) != nullptr && !isolated(s) && generation(*s.gpu) == Generation::ada;
       }},
      {"steps of transformers",
       {C::gemm_tensor_turing, C::gemm_tensor_ampere, C::power_tensor_ratio, C::stack_early,
        C::stack_primitive, C::stack_generated, C::launch_wait_us},
       [](const Sample& s) { return step(s, Domain::sequence); }},
      {"steps of image networks",
       {C::conv_tensor, C::conv_tensor_feed, C::conv_tensor_backward_data, C::conv_tensor_backward_filter,
        C::batch_norm_efficiency, C::copy_transposing, C::launch_dispatch_us, C::launch_graph_us},
       [](const Sample& s) { return step(s, Domain::image); }},
  };
  return list;
}

}  // namespace roofcast
