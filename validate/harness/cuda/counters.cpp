// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/counters.h"

#include "validate/harness/cuda/metric_counters.h"
#include "validate/harness/cuda/range_counters.h"

namespace roofcast::harness {

const std::vector<Counter>& all_counters() {
  static const std::vector<Counter> list{Counter::fp32_fma, Counter::fp32_add,
                                         Counter::fp32_mul, Counter::dram_bytes,
                                         Counter::l2_bytes, Counter::tensor_instructions};
  return list;
}

std::string metric_name(Counter counter, const std::string& chip) {
  const bool integrated = chip == "GA10B" || chip == "GB10B" || chip == "GB20B";
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

tl::expected<std::unique_ptr<Counters>, std::string> open_counters(const Driver& driver) {
  return driver.capability() >= 75 ? open_range_counters(driver) : open_metric_counters(driver);
}

}  // namespace roofcast::harness
