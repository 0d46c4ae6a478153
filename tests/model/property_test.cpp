// The model is sane on any kernel and any GPU, not only on those it was fitted to.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "model/gpu/clock.h"
#include "model/kernels/estimate.h"
#include "tests/model/random_machine.h"

using namespace roofcast;

namespace {

constexpr int kCases = 10000;

template <class Change>
void never_slower(const char* what, unsigned seed, Change change) {
  testing::RandomMachine random(seed);
  const Calibration c = prior_calibration();
  for (int i = 0; i < kCases; ++i) {
    const Gpu gpu = random.gpu();
    const Kernel kernel = random.kernel();
    Gpu better = gpu;
    change(better, random);
    const double before = estimate(kernel, gpu, c).seconds.value;
    const double after = estimate(kernel, better, c).seconds.value;
    INFO(what << " case " << i << ": " << before << " s became " << after << " s, "
              << estimate(kernel, gpu, c).algorithm << " then " << estimate(kernel, better, c).algorithm);
    REQUIRE(after <= before * (1 + 1e-9));
  }
}

}  // namespace

TEST_CASE("every estimate is finite, positive and never below its own roofline") {
  testing::RandomMachine random(1);
  const Calibration c = prior_calibration();
  for (int i = 0; i < kCases; ++i) {
    const Gpu gpu = random.gpu();
    const Kernel kernel = random.kernel();
    const Estimate e = estimate(kernel, gpu, c);
    REQUIRE(std::isfinite(e.seconds.value));
    REQUIRE(e.seconds.value > 0);
    REQUIRE(e.waterfall.ideal.value >= 0);
    REQUIRE(e.waterfall.ideal <= e.waterfall.tiling);
    REQUIRE(e.waterfall.tiling <= e.waterfall.traffic);
    REQUIRE(e.waterfall.traffic <= e.waterfall.clock);
    REQUIRE(e.waterfall.clock <= e.waterfall.total);
    REQUIRE(e.seconds == e.waterfall.total);
    REQUIRE(e.clock <= gpu.boost_clock);
    REQUIRE(e.clock >= gpu.base_clock.value());
    REQUIRE(e.power.value > 0);
    REQUIRE(e.power.value <= gpu.tdp.value * (1 + 1e-9));
    REQUIRE(e.energy().value > 0);
  }
}

TEST_CASE("more memory bandwidth is never slower") {
  never_slower("bandwidth", 2,
               [](Gpu& g, testing::RandomMachine& r) { g.memory_bandwidth *= r.uniform(1, 3); });
}

TEST_CASE("a higher power limit is never slower") {
  never_slower("TDP", 3, [](Gpu& g, testing::RandomMachine& r) { g.tdp *= r.uniform(1, 3); });
}

TEST_CASE("a higher boost clock is never slower") {
  never_slower("boost", 4, [](Gpu& g, testing::RandomMachine& r) { g.boost_clock *= r.uniform(1, 2); });
}

TEST_CASE("more SMs are never slower for products, streams and row kernels") {
  testing::RandomMachine random(8);
  const Calibration c = prior_calibration();
  for (int i = 0; i < kCases; ++i) {
    const Gpu gpu = random.gpu();
    Kernel kernel = random.kernel();
    while (std::holds_alternative<Conv2d>(kernel.op)) kernel = random.kernel();
    Gpu larger = gpu;
    larger.sm_count += static_cast<int>(random.log_integer(1, 100));
    const Estimate before = estimate(kernel, gpu, c), after = estimate(kernel, larger, c);
    INFO("case " << i << ": " << gpu.sm_count << " SMs " << before.algorithm << ' ' << before.seconds.value
                 << " s, " << larger.sm_count << " SMs " << after.algorithm << ' ' << after.seconds.value);
    REQUIRE(after.seconds.value <= before.seconds.value * (1 + 1e-9));
  }
}

TEST_CASE("more elements never take less time in an elementwise kernel") {
  testing::RandomMachine random(5);
  const Calibration c = prior_calibration();
  for (int i = 0; i < kCases; ++i) {
    const Gpu gpu = random.gpu();
    Kernel small, large;
    const std::int64_t n = random.log_integer(1, 1e9);
    small.op = Pointwise{.elements = n};
    large.op = Pointwise{.elements = n + random.log_integer(1, 1e9)};
    REQUIRE(estimate(small, gpu, c).seconds <= estimate(large, gpu, c).seconds);
  }
}

TEST_CASE("a deeper reduction never takes less time at the same alignment") {
  testing::RandomMachine random(6);
  const Calibration c = prior_calibration();
  for (int i = 0; i < kCases; ++i) {
    const Gpu gpu = random.gpu();
    Kernel small, large;
    const Gemm g{.batch = random.log_integer(1, 50),
                 .m = random.log_integer(1, 4000),
                 .n = random.log_integer(1, 4000),
                 .k = 8 * random.log_integer(1, 500)};
    Gemm deeper = g;
    deeper.k *= 2;
    small.op = g;
    large.op = deeper;
    REQUIRE(estimate(small, gpu, c).seconds.value <= estimate(large, gpu, c).seconds.value * (1 + 1e-9));
  }
}

TEST_CASE("estimates are the same however quantities are scaled together") {
  // Twice the clock, bandwidth and power budget in half the time: only launches and fixed latencies do not scale.
  const Calibration c = prior_calibration();
  Calibration free_launch = c;
  free_launch[Constant::launch_gap_us] = 0;
  free_launch[Constant::memory_ramp_us] = 0;
  testing::RandomMachine random(7);
  for (int i = 0; i < 1000; ++i) {
    Gpu gpu = random.gpu();
    gpu.tdp = Watts(1e9);  // the voltage curve is not scale-free, so keep the clock at boost
    Kernel kernel = random.kernel();
    Gpu fast = gpu;
    fast.boost_clock *= 2;
    *fast.base_clock *= 2;
    fast.memory_bandwidth *= 2;
    fast.memory_bus_bits *= 2;         // of as many channels again
    Calibration prompt = free_launch;  // memory that answers in half the time
    prompt[Constant::rowwise_delay_us] /= 2;
    const double slow_time = estimate(kernel, gpu, free_launch).seconds.value;
    const double fast_time = estimate(kernel, fast, prompt).seconds.value;
    INFO("case " << i << ' ' << slow_time << ' ' << fast_time);
    REQUIRE(fast_time == doctest::Approx(slow_time / 2).epsilon(1e-6));
  }
}
