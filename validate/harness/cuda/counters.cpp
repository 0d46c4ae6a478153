// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/counters.h"

namespace roofcast::harness {

std::string metric_name(Counter counter, const std::string& chip) {
  const bool integrated = chip == "GA10B" || chip == "GB10B" || chip == "GB20B";  // no DRAM unit of their own
  switch (counter) {
    case Counter::fp32_fma: return "sm__sass_thread_inst_executed_op_ffma_pred_on.sum";
    case Counter::fp32_add: return "sm__sass_thread_inst_executed_op_fadd_pred_on.sum";
    case Counter::fp32_mul: return "sm__sass_thread_inst_executed_op_fmul_pred_on.sum";
    case Counter::dram_bytes: return integrated ? "" : "dram__bytes.sum";
    case Counter::l2_bytes: return "lts__t_bytes.sum";
    case Counter::tensor_instructions: return "sm__inst_executed_pipe_tensor.sum";
  }
  return "";
}

CounterValues values_of(const MetricValues& metrics, const std::string& chip) {
  const auto get = [&](Counter c) -> std::optional<double> {
    const auto found = metrics.find(metric_name(c, chip));
    return found == metrics.end() ? std::nullopt : std::optional(found->second);
  };
  CounterValues values;
  const auto fma = get(Counter::fp32_fma), add = get(Counter::fp32_add), mul = get(Counter::fp32_mul);
  if (fma && add && mul) values.flops = 2 * *fma + *add + *mul;
  values.dram_bytes = get(Counter::dram_bytes);
  values.l2_bytes = get(Counter::l2_bytes);
  values.tensor_instructions = get(Counter::tensor_instructions);
  return values;
}

std::unique_ptr<Counters> open_counters(void*, int, int) {
  return std::make_unique<NoCounters>("this build has no counter API for this GPU");
}

}  // namespace roofcast::harness
