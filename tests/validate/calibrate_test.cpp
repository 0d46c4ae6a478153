// SPDX-License-Identifier: Apache-2.0
#include "validate/calibrate.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "hwdb/hwdb.h"

using namespace roofcast;

namespace {

// Elementwise rows as if measured on a V100 whose memory achieves `efficiency`, by the model itself.
std::vector<Sample> streams(const Gpu& gpu, double efficiency) {
  Calibration truth = prior_calibration();
  truth[Constant::memory_hbm] = efficiency;
  const Predictor predictor = model_predictor(truth);
  std::vector<Sample> samples;
  for (int i = 1; i <= 30; ++i) {
    Sample s;
    s.layout = "neusight/tensor_ops";
    s.observation.kind = "add";
    s.observation.line = i;
    s.observation.subject = KernelCase{Pointwise{.elements = 10000000 * i, .reads = 2},
                                       Precision::fp32_strict, Timing::isolated_call};
    s.gpu = &gpu;
    s.observation.measured = predictor(s.observation, gpu)->seconds;
    samples.push_back(s);
  }
  return samples;
}

}  // namespace

TEST_CASE("calibration finds the bandwidth that made the measurements") {
  const Gpu gpu = Hwdb::embedded().resolve("v100-pcie-32gb").gpu;
  const auto samples = streams(gpu, 0.8);
  const CalibrationRun run = calibrate(samples, prior_calibration(), 100);
  CHECK(run.calibration[Constant::memory_hbm] == doctest::Approx(0.8).epsilon(0.01));
  CHECK(run.stages.front().rows == 30);
  CHECK(run.stages.front().after_pct < run.stages.front().before_pct);
  CHECK(run.calibration.measured ==
        std::map<Evidence, std::set<std::string>>{{Evidence::kernels, {"Volta"}}});
}

TEST_CASE("a fit makes errors small as they are counted, against the measurement") {
  const Gpu gpu = Hwdb::embedded().resolve("v100-pcie-32gb").gpu;
  auto samples = streams(gpu, 0.7);
  // Symmetric on a log scale. One 0.8 t off is an error of 25 % at t, one of 1.25 t only 20 %.
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i].observation.measured = *samples[i].observation.measured * (i % 2 == 0 ? 0.8 : 1.25);
  const CalibrationRun run = calibrate(samples, prior_calibration(), 100);
  CHECK(run.calibration[Constant::memory_hbm] > 0.7 * 1.05);
  CHECK(run.stages.front().after_pct < 22);  // (25 + 20) / 2 at t
}

TEST_CASE("tokens per second cover the serving of an architecture and nothing else") {
  const Gpu gpu = Hwdb::embedded().resolve("jetson-orin-nano-8gb-15w").gpu;
  JobCase job;
  job.workload.name = "qwen3-0.6b";
  job.workload.mode = Mode::inference;
  job.workload.sequence_length = 1;
  job.workload.context = 256;
  job.precision = Precision::fp16;
  job.weights = WeightRecipe::q4_0;
  job.stack = *find_stack("llama.cpp");
  Sample s;
  s.layout = "tokens";
  s.observation.kind = "decode";
  s.observation.subject = job;
  s.observation.measured = milliseconds(10.0);
  s.gpu = &gpu;
  const Calibration c = calibrate({s}, prior_calibration(), 100).calibration;
  CHECK(c.measured == std::map<Evidence, std::set<std::string>>{{Evidence::serving, {gpu.architecture}}});
}

TEST_CASE("what no row speaks about keeps its prior and is not called fitted") {
  const Gpu gpu = Hwdb::embedded().resolve("v100-pcie-32gb").gpu;
  const CalibrationRun run = calibrate(streams(gpu, 0.8), prior_calibration(), 100);
  CHECK(run.calibration[Constant::memory_gddr_ecc] == prior_calibration()[Constant::memory_gddr_ecc]);
  CHECK_FALSE(run.calibration.fitted[static_cast<std::size_t>(Constant::memory_gddr_ecc)]);
  CHECK(run.calibration.fitted[static_cast<std::size_t>(Constant::memory_hbm)]);
  const auto& idle = run.stages.front().unconstrained;
  CHECK(std::find(idle.begin(), idle.end(), "memory.gddr_ecc") != idle.end());
}

TEST_CASE("a fit of all chips alone says nothing of its errors") {
  const Gpu gpu = Hwdb::embedded().resolve("v100-pcie-32gb").gpu;
  CHECK(calibrate(streams(gpu, 0.9), prior_calibration(), 100).calibration.kernel_residuals.empty());
}

TEST_CASE("thinning draws evenly from each board and kind") {
  const Gpu gpu = Hwdb::embedded().resolve("v100-pcie-32gb").gpu;
  const auto samples = streams(gpu, 0.9);
  std::vector<const Sample*> all;
  for (const Sample& s : samples) all.push_back(&s);
  const auto kept = thin(all, 3);
  REQUIRE(kept.size() == 3);
  CHECK(kept[0]->observation.line == 1);
  CHECK(kept[1]->observation.line == 11);
  CHECK(kept[2]->observation.line == 21);
  CHECK(thin(all, 1000).size() == 30);
}

TEST_CASE("the data hash tells different data apart") {
  const Gpu gpu = Hwdb::embedded().resolve("v100-pcie-32gb").gpu;
  CHECK(data_hash(streams(gpu, 0.8)) == data_hash(streams(gpu, 0.8)));
  CHECK(data_hash(streams(gpu, 0.8)) != data_hash(streams(gpu, 0.81)));
}
