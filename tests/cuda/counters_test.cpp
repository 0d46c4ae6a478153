// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/counters.h"

#include <doctest/doctest.h>

#include "tests/cuda/open.h"
#include "validate/harness/cuda/cupti.h"

using namespace roofcast::harness;
using roofcast::harness::test::bench;
using roofcast::harness::test::gemm_case;
using roofcast::harness::test::Variable;

namespace {

/// The range profiler came with CUDA 12.6; a harness built with an older toolkit counts on Pascal and Volta alone.
#if __has_include(<cupti_range_profiler.h>)
constexpr bool kRangeProfiler = true;
#else
constexpr bool kRangeProfiler = false;
#endif

/// Of gemm_case(1000): a product and a reduction.
constexpr double kNanoseconds = 2e9 / 4e12 * 1e9 + 3000 + 1000;

std::string refusal_of_counting() {
  const auto b = bench();
  auto prepared = b->prepare(gemm_case(1000));
  REQUIRE(prepared);
  const auto counted = (*prepared)->count();
  REQUIRE_FALSE(counted);
  CHECK((*prepared)->run(2)->runs.size() == 2);  // times go on
  return counted.error();
}

}  // namespace

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

TEST_CASE("the range profiler counts a product in as many passes as it takes, between two timings") {
  const Variable t4("FAKE_CUDA_GPU", "t4");
  const auto b = bench();
  auto prepared = b->prepare(gemm_case(1000));
  REQUIRE(prepared);
  const auto before = (*prepared)->run(2);
  const auto counted = (*prepared)->count();
  if (!kRangeProfiler) {
    REQUIRE_FALSE(counted);
    CHECK(counted.error() ==
          "counters need the range profiler of CUDA 12.6 or newer; this was built with an older one");
    return;
  }
  REQUIRE_MESSAGE(counted, (counted ? "" : counted.error()));
  CHECK(counted->flops.value() == doctest::Approx(2015 * kNanoseconds));
  CHECK(counted->dram_bytes.value() == doctest::Approx(200 * kNanoseconds));
  CHECK(counted->l2_bytes.value() == doctest::Approx(500 * kNanoseconds));
  CHECK(counted->tensor_instructions.value() == doctest::Approx(3 * kNanoseconds));
  CHECK((*prepared)->count()->flops == counted->flops);
  const auto after = (*prepared)->run(2);
  REQUIRE(after->runs.size() == 2);
  CHECK(after->runs[0][0].seconds.value == doctest::Approx(before->runs[0][0].seconds.value));
}

TEST_CASE("on Pascal events are added up over the kernels of a product and over all instances of a unit") {
  const auto b = bench();
  auto prepared = b->prepare(gemm_case(1000));
  REQUIRE(prepared);
  const auto counted = (*prepared)->count();
  REQUIRE_MESSAGE(counted, (counted ? "" : counted.error()));
  CHECK(counted->flops.value() == doctest::Approx(2000 * kNanoseconds));
  CHECK(counted->dram_bytes.value() == doctest::Approx(32 * 6 * kNanoseconds));
  CHECK(counted->l2_bytes.value() == doctest::Approx(32 * 15 * kNanoseconds));
  CHECK_FALSE(counted->tensor_instructions);
  CHECK((*prepared)->run(2)->runs.size() == 2);
}

TEST_CASE("without permission the message has the setting to change, and times go on") {
  const Variable error("FAKE_CUPTI_COUNTER_ERROR", "35");
  const std::string setting =
      "'options nvidia NVreg_RestrictProfilingToAdminUsers=0' into /etc/modprobe.d/nvidia.conf";
  CHECK(refusal_of_counting().find(setting) != std::string::npos);
  if (!kRangeProfiler) return;
  const Variable t4("FAKE_CUDA_GPU", "t4");
  CHECK(refusal_of_counting().find(setting) != std::string::npos);
  CHECK(refusal_of_counting().find("ERR_NVGPUCTRPERM") != std::string::npos);
}

TEST_CASE("a CUPTI without the event API says which toolkit had it") {
  const Variable error("FAKE_CUPTI_COUNTER_ERROR", "38");
  CHECK(refusal_of_counting() ==
        "cuptiMetricGetIdFromName: this CUPTI dropped the event and metric API: it ends with CUDA 12");
}

TEST_CASE("errors of CUPTI without a remedy keep their number") {
  CHECK(explain_cupti(777) == "CUPTI error 777");
}
