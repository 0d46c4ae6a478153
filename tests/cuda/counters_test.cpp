// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/counters.h"

#include <doctest/doctest.h>

using namespace roofcast::harness;

TEST_CASE("counters are found by name, whatever was dropped") {
  const MetricValues metrics{{"sm__sass_thread_inst_executed_op_ffma_pred_on.sum", 1e9},
                             {"sm__sass_thread_inst_executed_op_fadd_pred_on.sum", 2e6},
                             {"sm__sass_thread_inst_executed_op_fmul_pred_on.sum", 3e6},
                             {"lts__t_bytes.sum", 5e7}};
  const CounterValues v = values_of(metrics, "GH100");
  CHECK(v.flops.value() == 2e9 + 5e6);
  CHECK(v.l2_bytes.value() == 5e7);
  CHECK_FALSE(v.dram_bytes);
  CHECK_FALSE(v.tensor_instructions);
}

TEST_CASE("without one of the three kinds of instruction there is no sum") {
  CHECK_FALSE(values_of({{"sm__sass_thread_inst_executed_op_ffma_pred_on.sum", 1e9}}, "GH100").flops);
}

TEST_CASE("integrated GPUs count no DRAM") {
  CHECK(metric_name(Counter::dram_bytes, "GA10B").empty());
  CHECK(metric_name(Counter::dram_bytes, "GH100") == "dram__bytes.sum");
}
