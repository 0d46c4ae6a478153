// The bench as it runs on a GPU, on libraries that only pretend: driver, activity records, cuBLAS and NVML.
// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/cuda_bench.h"

#include <doctest/doctest.h>

#include "hwdb/hwdb.h"
#include "tests/cuda/open.h"
#include "validate/harness/identify.h"
#include "validate/harness/shapes.h"

using namespace roofcast;
using namespace roofcast::harness;
using roofcast::harness::test::bench;
using roofcast::harness::test::gemm_case;
using roofcast::harness::test::Variable;

TEST_CASE("the board is identified by driver and NVML") {
  const auto b = bench();
  const Identity& id = b->identity();
  CHECK(id.name == "Quadro P4000");
  CHECK(id.compute_capability == "6.1");
  CHECK(id.sm_count == 14);
  CHECK(id.driver == "580.65.06");
  CHECK(id.power_limit.value().value == doctest::Approx(105));
  CHECK(id.pcie == "3.0 x16");
  CHECK(id.timing == "CUPTI activity records");
  CHECK(id.cublas == "cuBLAS 12.9");
  CHECK(identify(Hwdb::embedded().gpus(), id)->slug == "quadro-p4000");
  const Sensors s = b->sensors();
  CHECK(s.sm_clock->value == doctest::Approx(1455e6));
  CHECK(s.power->value == doctest::Approx(87.5));
  CHECK(s.throttle.value() == "power");
}

TEST_CASE("a product's kernels are summed from the activity records of its own launch") {
  const auto b = bench();
  auto prepared = b->prepare(gemm_case(1000));
  REQUIRE(prepared);
  CHECK((*prepared)->provider() == "cuBLAS 12.9");
  const auto runs = (*prepared)->run(4);
  REQUIRE(runs);
  REQUIRE(runs->runs.size() == 4);
  const MarkedTime& m = runs->runs[2][0];
  CHECK(m.launches == 2);
  CHECK(m.kernel == "fake_sgemm_128x64");
  CHECK(m.seconds.value == doctest::Approx(2e9 / 4e12 + 4e-6).epsilon(1e-6));
}

TEST_CASE("runs whose record lost its time are left out and counted") {
  const auto b = bench();
  auto prepared = b->prepare(gemm_case(512));
  REQUIRE(prepared);
  const Variable lose("FAKE_CUDA_LOSE", "7");
  const auto runs = (*prepared)->run(20);
  REQUIRE(runs);
  CHECK(runs->runs.size() < 20);
  CHECK(runs->runs.size() >= 12);
  CHECK(runs->lost > 0);
}

TEST_CASE("where CUPTI refuses, CUDA events time, and the reason is told") {
  const Variable error("FAKE_CUPTI_ERROR", "39");
  const auto b = bench();
  CHECK(b->identity().timing == "CUDA events (another profiler is attached (Nsight, cuda-gdb))");
  auto prepared = b->prepare(gemm_case(1000));
  REQUIRE(prepared);
  const auto runs = (*prepared)->run(3);
  REQUIRE(runs);
  CHECK(runs->runs[0][0].seconds.value == doctest::Approx(2e9 / 4e12 + 6e-6).epsilon(1e-3));
}

TEST_CASE("where CUPTI records nothing with a time, its self-test says so and events take over") {
  const Variable lose("FAKE_CUDA_LOSE", "1");
  CHECK(bench()->identity().timing == "CUDA events (CUPTI recorded no kernel in a self-test)");
}

TEST_CASE("queued kernels and graphs are timed on the GPU, without the host and without records") {
  const auto b = bench();
  // The pretended kernel takes 5.01 µs, with 1 µs after each and half of that in a graph.
  const auto period = [&](Micro micro, std::int64_t launches) {
    auto prepared = b->prepare({Section::launch, MicroCase{micro, launches}, Load::burst, Seconds(1e-3)});
    REQUIRE(prepared);
    const auto runs = (*prepared)->run(3);
    REQUIRE(runs);
    REQUIRE(runs->runs.size() == 3);
    return quantity({micro, launches}, runs->runs[1][0].seconds, 14).value;
  };
  CHECK(period(Micro::launch_empty, 1) == doctest::Approx(5.01));
  CHECK(period(Micro::launch_queued, 500) == doctest::Approx(6.01).epsilon(1e-3));
  CHECK(period(Micro::launch_graph, 100) == doctest::Approx(5.51).epsilon(1e-3));
  CHECK(period(Micro::launch_empty, 1) == doctest::Approx(5.01));  // records go on after a pause

  const Variable slow("FAKE_CUDA_SLOW_HOST", "1");
  auto late = b->prepare({Section::launch, MicroCase{Micro::launch_queued, 500}, Load::burst, Seconds(1e-3)});
  REQUIRE(late);
  const auto runs = (*late)->run(3);
  REQUIRE(runs);
  CHECK(runs->runs.empty());
  CHECK(runs->lost == 3);
}

TEST_CASE("every case of both suites runs or says why not") {
  const auto b = bench();
  const Gpu gpu = Hwdb::embedded().resolve("quadro-p4000").gpu;
  std::size_t ran = 0;
  for (const Case& c : plan(Suite::quick, gpu, embedded_calibration()).cases) {
    CAPTURE(c.text());
    auto prepared = b->prepare(c);
    if (!prepared) {
      CHECK(c.section == Section::conv);  // of halves, which need cuDNN
      CHECK(prepared.error().find('\n') == std::string::npos);
      continue;
    }
    const auto runs = (*prepared)->run(2);
    CHECK(runs.has_value());
    ran += runs ? 1 : 0;
  }
  CHECK(ran > 180);
}

TEST_CASE("without cuDNN convolutions run the harness's kernel and carry its name") {
  const auto b = bench();
  Conv2d conv{8, 64, 56, 56, 64, 3, 3, 1, 1};
  auto prepared = b->prepare({Section::conv, OpCase{conv, Numerics{}}, Load::burst, Seconds(1e-3)});
  REQUIRE(prepared);
  CHECK((*prepared)->provider() == "roofcast implicit GEMM");
  const Numerics tensor{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32, Path::tensor_core};
  const auto refused = b->prepare({Section::conv, OpCase{conv, tensor}, Load::burst, Seconds(1e-3)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().find("without cuDNN") == 0);
}

TEST_CASE("a step is timed kernel by kernel, in order") {
  const auto b = bench();
  const Gpu gpu = Hwdb::embedded().resolve("quadro-p4000").gpu;
  WorkloadRequest w;
  w.name = "resnet50";
  w.batch = 2;
  const StepCase step = step_case(w, Precision::fp32, gpu);
  auto prepared = b->prepare({Section::replay, step, Load::burst, Seconds(0.05)});
  REQUIRE_MESSAGE(prepared, (prepared ? "" : prepared.error()));
  const auto runs = (*prepared)->run(2);
  REQUIRE(runs);
  CHECK(runs->runs[0].size() == step.order.size());
}

TEST_CASE("without a device the reason is one line") {
  const Variable none("FAKE_CUDA_NO_DEVICE", "1");
  const auto b = open_bench();
  REQUIRE_FALSE(b);
  CHECK(b.error() == "the driver sees no NVIDIA GPU");
}
