// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/recurrent.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "model/graph/lower.h"
#include "model/kernels/estimate.h"
#include "model/kernels/gemm.h"
#include "model/workloads/workload.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;
using roofcast::testing::board;

namespace {

constexpr int kCudnn6 = 2017, kCudnn7 = 2019;

Calibration constants() {
  Calibration c = prior_calibration();
  c[Constant::recurrent_call_us] = 80;
  c[Constant::recurrent_start_us] = 20;
  c[Constant::recurrent_start_steps] = 50;
  c[Constant::recurrent_step_us] = 3;
  return c;
}

Gemm step(std::int64_t sequences, std::int64_t n, std::int64_t k, std::int64_t steps) {
  return {.m = sequences, .n = n, .k = k, .b_transposed = true, .recurrence = steps};
}

Demand asked(const Gemm& g, const Gpu& gpu, int libraries) {
  return recurrent_demand(g, Numerics{}, gpu, constants(), libraries);
}

}  // namespace

TEST_CASE("steps share what their call costs, before cuDNN 8 the first ones cost more") {
  const Gpu v100 = board("v100-sxm2-16gb");
  const auto wait_us = [&](std::int64_t steps) {
    return asked(step(16, 2048, 512, steps), v100, kCudnn7).wait.value * 1e6;
  };
  CHECK(wait_us(1) == Approx(80 + 20 + 3));
  CHECK(wait_us(50) == Approx(80 / 50.0 + 20 + 3));
  CHECK(wait_us(1000) == Approx((80 + 50 * 20) / 1000.0 + 3));
  CHECK(asked(step(16, 2048, 512, 50), v100, kCurrentLibraries).wait.value * 1e6 == Approx(80 / 50.0 + 3));
}

TEST_CASE("the weights' gradient of all steps is a plain product after one call") {
  const Gpu v100 = board("v100-sxm2-16gb");
  const Gemm plain{.m = 2048, .n = 512, .k = 400, .a_transposed = true};
  Gemm gradient = plain;
  gradient.recurrence = 1;
  const Demand d = asked(gradient, v100, kCudnn7);
  CHECK(d.wait.value * 1e6 == Approx(80 + 20));
  CHECK(d.compute_cycles == gemm_demand(plain, Numerics{}, v100, constants()).compute_cycles);
}

TEST_CASE(
    "libraries of Pascal's years walk along the reduction in one block: wider layers cost nothing until SMs "
    "are full") {
  const Gpu p100 = board("tesla-p100-pcie-16gb");
  const double narrow = asked(step(32, 1024, 2048, 25), p100, kCudnn6).compute_cycles;
  CHECK(asked(step(32, 4096, 2048, 25), p100, kCudnn6).compute_cycles == Approx(narrow));
  CHECK(asked(step(32, 1024, 4096, 25), p100, kCudnn6).compute_cycles == Approx(2 * narrow).epsilon(0.02));
  // Later libraries split it.
  CHECK(asked(step(32, 1024, 4096, 25), p100, kCudnn7).compute_cycles < narrow);
}

TEST_CASE("up to 16 sequences meet each weight as it passes") {
  const Gpu p100 = board("tesla-p100-pcie-16gb"), titan = board("titan-xp");  // 56 SMs of 64 lanes, 30 of 128
  const Gemm few = step(8, 4096, 1024, 25), more = step(16, 4096, 1024, 25);
  const double cycles = asked(few, p100, kCudnn6).compute_cycles;
  const double half = std::sqrt(0.5);  // an SM of half the lanes
  CHECK(cycles == Approx(8.0 * 4096 * 1024 / (constants()[Constant::gemm_narrow_rate] * half * 56)));
  CHECK(asked(more, p100, kCudnn6).compute_cycles == Approx(2 * cycles));
  CHECK(asked(few, titan, kCudnn6).compute_cycles == Approx(cycles * half * 56 / 30));
}

TEST_CASE("more sequences run on the tile that takes least, never slower for fewer outputs") {
  const Gpu titan = board("titan-xp");
  double before = 0;
  for (const std::int64_t n : {512, 1024, 1760, 2560, 4096}) {
    const double cycles = asked(step(64, n, 2048, 25), titan, kCudnn6).compute_cycles;
    CHECK(cycles >= before);
    before = cycles;
  }
}

TEST_CASE("a recurrence of no steps is refused") {
  Kernel kernel;
  kernel.op = step(16, 2048, 512, 0);
  CHECK_THROWS_WITH_AS(estimate(kernel, board("tesla-t4"), constants()),
                       "gemm: recurrence must be at least 1, is 0", std::invalid_argument);
}

TEST_CASE("a network's recurrent layers are calls of as many steps, forward and backward") {
  WorkloadRequest request;
  request.name = "gnmt";
  request.batch = 4;
  request.sequence_length = 10;
  request.mode = Mode::training;
  const Lowered lowered =
      lower(build(request), board("tesla-t4"), {Mode::training, Precision::fp32, Optimizer::adam, {}, {}});
  int forward = 0, data = 0, weights = 0;
  for (const Kernel& k : lowered.kernels) {
    const auto* gemm = std::get_if<Gemm>(&k.op);
    if (gemm == nullptr || !gemm->recurrence) continue;
    if (gemm->a_transposed) {
      CHECK(*gemm->recurrence == 1);
      ++weights;
      continue;
    }
    CHECK(*gemm->recurrence == 10);
    ++(k.phase == Phase::forward ? forward : data);
  }
  CHECK(forward == 9 * 10);  // the encoder's first layer reads both ways
  CHECK(data == 9 * 9);      // the first step's state is given
  CHECK(weights == 9);
}
