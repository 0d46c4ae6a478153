// From kernels to steps, epochs, energy and what fits.
// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/forecast.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "model/forecast/interval.h"
#include "model/kernels/demand.h"
#include "model/kernels/launch.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;
using roofcast::testing::board;

namespace {

/// Priors, no residuals, Pascal measured: nothing depends on the latest fit.
Calibration calibration() {
  Calibration c = prior_calibration();
  for (const Evidence kind : {Evidence::kernels, Evidence::training, Evidence::inference})
    c.measured[kind] = {"Pascal"};
  return c;
}

Kernel pointwise(std::int64_t elements, std::int64_t count = 1) {
  Kernel k;
  k.name = "relu";
  k.op = Pointwise{elements, 1, 1, 1};
  k.count = count;
  return k;
}

Kernel gemm(std::int64_t n) {
  Kernel k;
  k.name = "linear";
  k.op = Gemm{1, n, n, n};
  return k;
}

Job resnet(std::int64_t batch) {
  Job job;
  job.workload.name = "resnet50";
  job.workload.batch = batch;
  return job;
}

}  // namespace

TEST_CASE("a step of kernels takes the sum of their times") {
  Gpu p4000 = board("quadro-p4000");
  p4000.tdp = Watts(250);  // so that no kernel lends another watts
  const Calibration c = calibration();
  const Lowered lowered{{gemm(2048), pointwise(10'000'000, 3), gemm(2048)}, {"a remark"}};
  const Forecast f = forecast_kernels(lowered, p4000, {}, c);
  const Seconds expected =
      estimate(gemm(2048), p4000, c).seconds * 2 + estimate(pointwise(10'000'000), p4000, c).seconds * 3;
  CHECK(f.gpu_time.value == Approx(expected.value));
  CHECK(f.step.expected.value == Approx(expected.value));
  CHECK(f.kernels.size() == 3);
  CHECK(f.remarks == std::vector<std::string>{"a remark"});
}

TEST_CASE("the host that dispatches slower than the GPU works sets the pace") {
  Calibration c = calibration();
  c[Constant::launch_dispatch_us] = 1000;
  const Gpu& p4000 = board("quadro-p4000");
  Execution eager;
  const Forecast f = forecast_kernels({{pointwise(1000, 50)}, {}}, p4000, eager, c);
  CHECK(in_milliseconds(f.host_time) == Approx(50));
  CHECK(f.step.expected == f.host_time);
  CHECK(f.bound == StepBound::host);
  // 50 ms at static power, the few microseconds of work apart.
  CHECK(f.mean_power.value == Approx(static_power(p4000, power_model(c)).value).epsilon(0.05));

  Execution graphs;
  graphs.stack.dispatcher = Dispatcher::recorded;
  CHECK(forecast_kernels({{pointwise(1000, 50)}, {}}, p4000, graphs, c).bound != StepBound::host);
}

TEST_CASE("the host's own dispatch rate takes the place of the stack's") {
  Execution slow;
  slow.host.dispatch = microseconds(500);
  const Forecast f =
      forecast_kernels({{pointwise(1000, 50)}, {}}, board("quadro-p4000"), slow, calibration());
  CHECK(in_milliseconds(f.host_time) == Approx(25));
}

TEST_CASE("inputs come over the slower of the board's link and the host's slot") {
  CHECK(pcie_bandwidth(3, 16).value == Approx(15.76e9));
  CHECK_THROWS_AS(pcie_bandwidth(7, 16), std::invalid_argument);
  Calibration c = calibration();
  c[Constant::host_link] = 0.8;
  const Gpu& t4 = board("tesla-t4");  // 3.0 x16
  const Bytes input{1e9};
  CHECK(input_time(input, t4, {}, c).value == 0);  // on the GPU already
  CHECK(input_time(input, t4, {.pcie = 3}, c).value == Approx(1e9 / (0.8 * 15.76e9)));
  CHECK(input_time(input, t4, {.pcie = 4}, c) == input_time(input, t4, {.pcie = 3}, c));
  CHECK(input_time(input, t4, {.pcie = 2}, c).value == Approx(1e9 / (0.8 * 8e9)));
}

TEST_CASE("an answer waits for its input, training prefetches it") {
  const Calibration c = calibration();
  Lowered lowered{{pointwise(1000)}, {}};
  lowered.input = Bytes(1e9);
  Execution e{Mode::inference, Precision::fp32, Optimizer::none, {}, {.pcie = 3}};
  const Forecast request = forecast_kernels(lowered, board("tesla-t4"), e, c);
  CHECK(request.step.expected == std::max(request.gpu_time, request.host_time) + request.input_time);
  CHECK(request.bound == StepBound::input);
  e.mode = Mode::training;
  CHECK(forecast_kernels(lowered, board("tesla-t4"), e, c).step.expected == request.input_time);
}

TEST_CASE("results the host reads back add to the step") {
  const Calibration c = calibration();
  Lowered lowered{{pointwise(1000, 50)}, {}};
  const Forecast without = forecast_kernels(lowered, board("tesla-t4"), {}, c);
  lowered.waits = 10;
  const Forecast with = forecast_kernels(lowered, board("tesla-t4"), {}, c);
  CHECK(in_microseconds(with.step.expected - without.step.expected) ==
        Approx(10 * c[Constant::launch_wait_us]));
}

TEST_CASE("an unfused optimizer is dispatched once per kernel it issues") {
  Kernel k;
  k.op = OptimizerStep{1000, Bytes(20), 4, 160};
  const Calibration c = calibration();
  const Execution eager;
  const Forecast one = forecast_kernels({{pointwise(1000)}, {}}, board("quadro-p4000"), eager, c);
  const Forecast many = forecast_kernels({{k}, {}}, board("quadro-p4000"), eager, c);
  CHECK(many.host_time.value == Approx(160 * one.host_time.value));
}

TEST_CASE("energy is power over time and mean power is energy over the step") {
  const Calibration c = calibration();
  const Gpu& p4000 = board("quadro-p4000");
  const Forecast f = forecast_kernels({{gemm(4096)}, {}}, p4000, {}, c);
  const Estimate e = estimate(gemm(4096), p4000, c);
  CHECK(f.step_energy.value == Approx((e.power * e.seconds).value));
  CHECK(f.mean_power.value == Approx(e.power.value));
  CHECK(f.mean_power <= p4000.tdp * 1.001);
}

TEST_CASE("kernels of a step share the clock at which their mean power is the limit") {
  Calibration c = calibration();
  c[Constant::power_governor_ms] = 1e9;  // as if each were short
  const Gpu& t4 = board("tesla-t4");
  const Forecast alone = forecast_kernels({{gemm(4096)}, {}}, t4, {}, c);
  const Forecast mixed = forecast_kernels({{gemm(4096), pointwise(1 << 27)}, {}}, t4, {}, c);
  CHECK(alone.kernels[0].estimate.clock < t4.boost_clock);
  CHECK(mixed.kernels[0].estimate.clock > alone.kernels[0].estimate.clock);
  CHECK(mixed.kernels[0].estimate.clock == mixed.kernels[1].estimate.clock);
  CHECK(mixed.kernels[0].estimate.power > t4.tdp);
  CHECK(mixed.mean_power.value == Approx(t4.tdp.value).epsilon(1e-3));
}

TEST_CASE("the clock of a kernel much longer than the governor's lag is its own") {
  Calibration c = calibration();
  const Gpu& t4 = board("tesla-t4");
  const std::vector<Kernel> kernels{gemm(4096), pointwise(1 << 28)};  // tens of milliseconds each
  const Hertz own = forecast_kernels({{kernels[0]}, {}}, t4, {}, c).kernels[0].estimate.clock;
  const auto clock = [&](double lag_ms) {
    c[Constant::power_governor_ms] = lag_ms;
    return forecast_kernels({kernels, {}}, t4, {}, c).kernels[0].estimate.clock;
  };
  CHECK(clock(0.01) / own == Approx(1).epsilon(0.001));
  CHECK(clock(10) > clock(1));
  CHECK(clock(1000) > clock(10));
  // A lag of t: 1 - (1 - 1/e) of the way from the step's clock, where a lag without end leaves it
  const Hertz step = clock(1e9);
  const double t = forecast_kernels({kernels, {}}, t4, {}, c).kernels[0].estimate.seconds.value * 1e3;
  CHECK((step - clock(t)) / (step - own) == Approx(1 / std::exp(1.0)).epsilon(1e-6));
}

TEST_CASE("no board draws more than its limit on average, its base clock guaranteed") {
  Gpu starved = board("tesla-p4");
  starved.tdp = Watts(20);
  for (const Gpu& gpu : {board("tesla-t4"), board("tesla-p4"), board("quadro-p4000"), starved}) {
    INFO(gpu.name << " at " << gpu.tdp.value << " W");
    const Forecast f = forecast(resnet(8), gpu, calibration());
    CHECK(f.mean_power <= gpu.tdp * 1.001);
    for (const KernelForecast& k : f.kernels) CHECK(k.estimate.clock >= *gpu.base_clock);
  }
}

TEST_CASE("nothing to run is refused") {
  CHECK_THROWS_AS(forecast_kernels({}, board("quadro-p4000"), {}, calibration()), std::invalid_argument);
}

TEST_CASE("kinds are independent, kernels of a kind are off together") {
  Calibration c;
  c.kernel_residuals[KernelKind::gemm] = {0.9, 1.2, 100};
  c.kernel_residuals[KernelKind::pointwise] = {0.8, 1.1, 100};
  // sqrt((0.6 ln 0.9)² + (0.4 ln 0.8)²) = sqrt(0.0632² + 0.0893²) = 0.1094; exp(-0.1094) = 0.896.
  const Spread s = compose({{KernelKind::gemm, Seconds(6)}, {KernelKind::pointwise, Seconds(4)}}, c);
  CHECK(s.low == Approx(0.8964).epsilon(0.001));
  CHECK(s.high == Approx(1.1228).epsilon(0.001));
  // Fully correlated: 0.0632 + 0.0893 = 0.1525; exp(-0.1525) = 0.8586. exp(0.6 ln 1.2 + 0.4 ln 1.1) = 1.1591.
  c.kind_correlation = 1;
  const Spread together = compose({{KernelKind::gemm, Seconds(6)}, {KernelKind::pointwise, Seconds(4)}}, c);
  CHECK(together.low == Approx(0.8586).epsilon(0.001));
  CHECK(together.high == Approx(1.1591).epsilon(0.001));
  const Spread alone = compose({{KernelKind::gemm, Seconds(1)}}, c);
  CHECK(alone.low == Approx(0.9));
  CHECK(alone.high == Approx(1.2));
}

TEST_CASE("a kind never measured takes the widest known spread, and nothing measured a factor of two") {
  Calibration c;
  const Spread unknown = compose({{KernelKind::pool, Seconds(1)}}, c);
  CHECK(unknown.low == Approx(0.5));
  CHECK(unknown.high == Approx(2));
  c.kernel_residuals[KernelKind::gemm] = {0.7, 1.2, 100};
  c.kernel_residuals[KernelKind::conv] = {0.9, 1.5, 100};
  const Spread s = compose({{KernelKind::pool, Seconds(1)}}, c);
  CHECK(s.low == Approx(0.7));
  CHECK(s.high == Approx(1.5));
}

TEST_CASE("the interval always holds the expected time") {
  Calibration c;
  c.kernel_residuals[KernelKind::gemm] = {1.05, 1.3, 100};
  const Spread s = compose({{KernelKind::gemm, Seconds(1)}}, c);
  CHECK(s.low == 1);
  CHECK(s.high == Approx(1.3));
}

TEST_CASE("an architecture without data is extrapolated and its interval twice as wide in the logarithm") {
  Calibration c = calibration();
  c.kernel_residuals[KernelKind::gemm] = {0.9, 1.1, 100};
  const Forecast known = forecast_kernels({{gemm(2048)}, {}}, board("quadro-p4000"), {}, c);
  CHECK_FALSE(known.extrapolated);
  CHECK(known.step.high / known.step.expected == Approx(1.1));
  c.measured.clear();
  const Forecast guessed = forecast_kernels({{gemm(2048)}, {}}, board("quadro-p4000"), {}, c);
  CHECK(guessed.extrapolated);
  CHECK(guessed.step.expected == known.step.expected);
  CHECK(guessed.step.low / guessed.step.expected == Approx(0.81));
  CHECK(guessed.step.high / guessed.step.expected == Approx(1.21));
}

TEST_CASE("training, inference and served tokens are no data for one another") {
  Calibration c = calibration();
  c.measured[Evidence::serving] = {"Turing"};
  c.measured[Evidence::inference].insert("Ampere (Jetson Orin)");
  Execution serving, training, inference;
  serving.stack = *find_stack("vllm");
  training.mode = Mode::training;
  inference.mode = Mode::inference;
  const auto guessed = [&](const char* name, const Execution& execution) {
    return forecast_kernels({{gemm(2048)}, {}}, board(name), execution, c).extrapolated;
  };
  CHECK_FALSE(guessed("quadro-p4000", inference));
  CHECK(guessed("quadro-p4000", serving));
  CHECK(guessed("tesla-t4", inference));
  CHECK_FALSE(guessed("tesla-t4", serving));
  CHECK_FALSE(guessed("quadro-p4000", training));
  CHECK_FALSE(guessed("jetson-orin-nano-8gb-15w", inference));
  CHECK(guessed("jetson-orin-nano-8gb-15w", training));
  const auto kernel_guessed = [&] {
    return forecast_kernels({{gemm(2048)}, {}}, board("quadro-p4000"), inference, c, Evidence::kernels)
        .extrapolated;
  };
  c.measured[Evidence::inference].clear();
  CHECK(guessed("quadro-p4000", inference));
  CHECK_FALSE(kernel_guessed());  // kernels timed alone suffice
  c.measured[Evidence::kernels].clear();
  CHECK(kernel_guessed());
}

TEST_CASE("an epoch is whole steps: 1000 samples at batch 64 are 16") {
  Job job = resnet(64);
  job.samples_per_epoch = 1000;
  job.epochs = 3;
  const Forecast f = forecast(job, board("rtx-4060-ti-16gb"), calibration());
  CHECK(f.epoch->expected.value == Approx(16 * f.step.expected.value));
  CHECK(f.job->expected.value == Approx(48 * f.step.expected.value));
  CHECK(f.samples_per_second == Approx(64 / f.step.expected.value));
}

TEST_CASE("residuals of whole steps are used where there are any") {
  Calibration c = calibration();
  c.step_residual = {0.85, 1.25, 40};
  const Forecast f = forecast(resnet(16), board("quadro-p4000"), c);
  CHECK(f.step.low / f.step.expected == Approx(0.85));
  CHECK(f.step.high / f.step.expected == Approx(1.25));
}

TEST_CASE("a step composed of less certain kernels is less certain") {
  Calibration c;
  c.kernel_residuals[KernelKind::gemm] = {1 / 1.21, 1.21, 100};
  c.kernel_residuals[KernelKind::pointwise] = {1 / 1.1, 1.1, 100};
  c.step_residual = {0.9, 1.2, 40};
  c.step_composed = std::log(1.1);
  const Spread typical = step_spread({{KernelKind::pointwise, Seconds(1)}}, c);
  CHECK(typical.low == Approx(0.9));
  CHECK(typical.high == Approx(1.2));
  const Spread twice = step_spread({{KernelKind::gemm, Seconds(1)}}, c);  // 1.21 = 1.1²
  CHECK(twice.low == Approx(0.81));
  CHECK(twice.high == Approx(1.44));
}

TEST_CASE("the largest batch fits and one more does not, a job that does not fit is still timed") {
  const Gpu& p4000 = board("quadro-p4000");
  const auto largest = largest_batch(resnet(1), p4000);
  REQUIRE(largest);
  CHECK(forecast(resnet(*largest), p4000, calibration()).fits);
  const Forecast over = forecast(resnet(*largest + 1), p4000, calibration());
  CHECK_FALSE(over.fits);
  CHECK(over.step.expected.value > 0);
  CHECK(over.largest_batch == largest);
}

TEST_CASE("nothing fits a board with almost no memory") {
  Gpu tiny = board("quadro-p4000");
  tiny.memory = mebibytes(200);
  CHECK_FALSE(largest_batch(resnet(1), tiny));
  CHECK_FALSE(forecast(resnet(1), tiny, calibration()).largest_batch);
}

TEST_CASE("a board that shares its memory with the CPU keeps a reserve") {
  Gpu gpu = board("jetson-orin-nano-8gb-15w");
  CHECK(in_gibibytes(usable_memory(gpu)) == Approx(6.5));
  gpu.memory = gibibytes(2);
  CHECK(in_gibibytes(usable_memory(gpu)) == Approx(1));
  CHECK(usable_memory(board("quadro-p4000")) == board("quadro-p4000").memory);
}

TEST_CASE("a job that makes no sense is refused") {
  const Gpu& p4000 = board("quadro-p4000");
  Job job = resnet(8);
  job.samples_per_epoch = 0;
  CHECK_THROWS_AS(forecast(job, p4000, calibration()), std::invalid_argument);
  job = resnet(8);
  for (const double epochs : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    job.epochs = epochs;
    CHECK_THROWS_AS(forecast(job, p4000, calibration()), std::invalid_argument);
  }
  job = resnet(8);
  job.execution.mode = Mode::inference;
  CHECK_THROWS_AS(forecast(job, p4000, calibration()), std::invalid_argument);
  CHECK_THROWS_AS(forecast(resnet(0), p4000, calibration()), std::invalid_argument);
}
