// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/plan.h"

#include <doctest/doctest.h>

#include <set>

#include "hwdb/hwdb.h"
#include "validate/harness/shapes.h"

using namespace roofcast;
using namespace roofcast::harness;

TEST_CASE("every NVIDIA board's suites stay within their budget") {
  const Calibration c = embedded_calibration();
  const Hwdb base = Hwdb::embedded();
  for (const Gpu& gpu : base.gpus()) {
    if (gpu.vendor != "NVIDIA") continue;
    CAPTURE(gpu.slug);
    CHECK(plan(Suite::quick, gpu, c).expected() <= budget(Suite::quick));
    CHECK(plan(Suite::full, gpu, c).expected() <= budget(Suite::full));
  }
  CHECK(budget(Suite::full) == Seconds(480));
}

TEST_CASE("a plan holds every section, each case once") {
  const Gpu gpu = Hwdb::embedded().resolve("quadro-p4000").gpu;
  const Plan p = plan(Suite::full, gpu, embedded_calibration());
  std::set<Section> sections;
  std::set<std::string> keys;
  for (const Case& c : p.cases) {
    sections.insert(c.section);
    keys.insert(c.text() + c.numerics() + std::string(name(c.load)));
  }
  CHECK(sections.size() == 7);
  CHECK(keys.size() == p.cases.size());
}

TEST_CASE("formats are those of the board") {
  const auto formats = [](const char* slug) {
    const Gpu gpu = Hwdb::embedded().resolve(slug).gpu;
    std::set<std::string> names;
    for (const Numerics& n : product_formats(gpu))
      names.insert(std::string(name(n.math)) + (n.path == Path::tensor_core ? " tensor" : ""));
    return names;
  };
  CHECK(formats("quadro-p4000") == std::set<std::string>{"fp32", "int8"});
  CHECK(formats("h200-sxm").count("fp8 tensor") == 1);
  CHECK(formats("a100-pcie-40gb").count("fp8 tensor") == 0);
  CHECK(formats("a100-pcie-40gb").count("tf32 tensor") == 1);
}

TEST_CASE("a step holds its kernels in order, each distinct one once") {
  const Gpu gpu = Hwdb::embedded().resolve("quadro-p4000").gpu;
  WorkloadRequest w;
  w.name = "resnet50";
  w.batch = 4;
  const StepCase step = step_case(w, Precision::fp32, gpu);
  CHECK(step.order.size() > 400);
  CHECK(step.kernels.size() < step.order.size());
  CHECK(std::holds_alternative<Conv2d>(step.kernels[static_cast<std::size_t>(step.order.front())].op));
  CHECK(std::holds_alternative<OptimizerStep>(step.kernels[static_cast<std::size_t>(step.order.back())].op));
}

TEST_CASE("a step's text reads back") {
  WorkloadRequest w;
  w.name = "bert-base";
  w.batch = 8;
  w.sequence_length = 128;
  const std::string text = step_text(w, Precision::amp_fp16);
  CHECK(text == "step:workload=bert-base,mode=training,precision=amp-fp16,batch=8,seq=128");
  const auto [back, precision] = parse_step_text(text);
  CHECK(step_text(back, precision) == text);
  CHECK_THROWS_WITH(parse_step_text("step:workload=x,precision=fp32,seq=a"), "'seq=a' is no field of a step");
  CHECK_THROWS_WITH(parse_step_text("step:batch=4"), "a step needs workload= and precision=");
}

TEST_CASE("what a time says of a micro case") {
  // 1 GB in 10 ms; 8 chains × 100 steps × 2 FLOP on 14 SMs × 8 blocks × 256 threads in 1 ms.
  CHECK(quantity({Micro::copy, 1000000000}, Seconds(0.01), 14).value == doctest::Approx(100));
  const Figure fma = quantity({Micro::fma_fp32, 100}, Seconds(1e-3), 14);
  CHECK(fma.value == doctest::Approx(14.0 * 8 * 256 * 8 * 100 * 2 / 1e-3 / 1e12));
  CHECK(fma.unit == "TFLOP/s");
  CHECK(quantity({Micro::chase, 1 << 20}, Seconds(4096 * 500e-9), 14).value == doctest::Approx(500));
  CHECK(quantity({Micro::launch_rate, 1000}, Seconds(5e-3), 14).value == doctest::Approx(5));
  CHECK(quantity({Micro::launch_empty, 1}, Seconds(1.2e-6), 14).value == doctest::Approx(1.2));
  CHECK(quantity({Micro::launch_empty, 1}, Seconds(1.2e-6), 14).unit == "us");
}
