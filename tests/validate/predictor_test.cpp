// SPDX-License-Identifier: Apache-2.0
#include "validate/predictor.h"

#include <doctest/doctest.h>

#include "hwdb/hwdb.h"
#include "model/forecast/forecast.h"
#include "model/kernels/estimate.h"
#include "model/kernels/launch.h"

using namespace roofcast;
using doctest::Approx;

namespace {

Gpu board(const std::string& slug) { return *Hwdb::embedded().find(slug); }

Seconds seconds(const Prediction& p) { return p.value().seconds; }

Observation observed(decltype(Observation::subject) subject) {
  Observation o;
  o.device = "any";
  o.subject = std::move(subject);
  return o;
}

JobCase resnet(std::int64_t batch) {
  JobCase job;
  job.workload.name = "resnet50";
  job.workload.batch = batch;
  return job;
}

}  // namespace

TEST_CASE("an isolated call carries the host's overhead on top of its kernel") {
  const Calibration c = prior_calibration();
  const Predictor predict = model_predictor(c);
  Gpu gpu = board("v100-pcie-16gb");
  gpu.tdp = Watts(1000);  // a limit is felt less where the GPU waits between calls
  const Gemm gemm{1, 1024, 1024, 1024};
  Kernel kernel;
  kernel.op = gemm;
  const Seconds alone = estimate(kernel, gpu, c).seconds;
  CHECK(
      seconds(predict(observed(KernelCase{gemm, Precision::fp32_strict, Timing::back_to_back}), gpu)).value ==
      Approx(alone.value));
  CHECK(seconds(predict(observed(KernelCase{gemm, Precision::fp32_strict, Timing::isolated_call}), gpu))
            .value == Approx((alone + call_overhead(c)).value));
}

TEST_CASE(
    "kernels timed alone run nearer the boost clock, but convolutions after the search for an algorithm") {
  const Calibration c = prior_calibration();
  const Predictor predict = model_predictor(c);
  const Gpu t4 = board("tesla-t4");  // 70 W
  const auto time = [&](const Op& op, Timing timing) {
    return seconds(predict(observed(KernelCase{op, Precision::fp32_strict, timing}), t4)).value;
  };
  const Op gemm = Gemm{1, 1024, 1024, 1024}, large = Gemm{1, 8192, 8192, 8192};
  const Op conv = Conv2d{.n = 32, .c = 64, .h = 56, .w = 56, .k = 64, .r = 3, .s = 3, .pad_h = 1, .pad_w = 1};
  const double kernel = time(gemm, Timing::isolated_call) - call_overhead(c).value;
  CHECK(kernel < 0.97 * time(gemm, Timing::back_to_back));
  CHECK(time(large, Timing::isolated_call) == Approx(time(large, Timing::back_to_back)).epsilon(0.002));
  CHECK(time(conv, Timing::isolated_call) ==
        Approx(time(conv, Timing::back_to_back) + convolution_call_overhead(c).value));
}

TEST_CASE("a sweep is as fast as its best size") {
  const Predictor predict = model_predictor(prior_calibration());
  const Gpu gpu = board("quadro-p4000");
  const Gemm small{1, 256, 256, 256}, large{1, 2048, 2048, 2048};
  const Seconds both = seconds(predict(observed(SweepCase{{small, large}, Precision::fp32}), gpu));
  const Seconds alone = seconds(predict(observed(SweepCase{{large}, Precision::fp32}), gpu));
  CHECK(both <= alone);
  CHECK(both.value == Approx(alone.value));  // the small one is far from the peak
}

TEST_CASE("a training step without its optimizer takes less time, shared updates lie between") {
  const Predictor predict = model_predictor(prior_calibration());
  const Gpu gpu = board("quadro-p4000");
  JobCase whole = resnet(32), none = resnet(32), shared = resnet(32);
  none.optimizer = Optimizer::none;
  shared.passes_per_update = 4;
  const double full = seconds(predict(observed(whole), gpu)).value;
  const double bare = seconds(predict(observed(none), gpu)).value;
  CHECK(bare < full);
  CHECK(seconds(predict(observed(shared), gpu)).value == Approx(bare + (full - bare) / 4));
  none.accumulates_gradients = true;
  CHECK(seconds(predict(observed(none), gpu)).value > bare);
}

TEST_CASE("a whole step is what forecast says of the same job") {
  const Calibration c = prior_calibration();
  const Gpu gpu = board("quadro-p4000");
  JobCase job = resnet(32);
  Job same;
  same.workload = job.workload;
  same.execution.mode = Mode::training;
  same.execution.optimizer = Optimizer::sgd_momentum;
  CHECK(seconds(model_predictor(c)(observed(job), gpu)).value ==
        Approx(forecast(same, gpu, c).step.expected.value));
}

TEST_CASE("a node's backward and accumulation are calls of their own") {
  const Calibration c = prior_calibration();
  const Predictor predict = model_predictor(c);
  const Gpu gpu = board("quadro-p4000");
  NodeCase node{.op = Gemm{1, 1024, 1024, 1024, false, true, false}, .parameters = 1024 * 1024};
  const double forward = seconds(predict(observed(node), gpu)).value;
  node.backward = true;
  CHECK(seconds(predict(observed(node), gpu)).value > 2.5 * forward);  // two more products of the same size
}

TEST_CASE("what the model refuses is a reason") {
  const Predictor predict = model_predictor(prior_calibration());
  const Gpu gpu = board("quadro-p4000");
  const auto reason = [&](auto subject) { return predict(observed(std::move(subject)), gpu).error().text; };
  CHECK(reason(Unmodelled{"because"}) == "because");
  JobCase unknown = resnet(1);
  unknown.workload.name = "no-such-network";
  CHECK(reason(unknown) == "not in the zoo: no-such-network");
  const Numerics tensor{NumberFormat::fp8, NumberFormat::fp8, NumberFormat::fp32, Path::tensor_core};
  CHECK_FALSE(reason(KernelCase{Gemm{1, 64, 64, 64}, tensor}).empty());  // Pascal has no such path
  JobCase training = resnet(8);
  training.precision = Precision::int8;
  CHECK_FALSE(reason(training).empty());
}
