// What a model says to an observation. Scoring takes it as an argument, so that it can score any model, or a fake.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <tl/expected.hpp>

#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"
#include "validate/observation.h"

namespace roofcast {

struct Predicted {
  Seconds seconds;
  std::string bound;      // "compute", "DRAM", "host"
  std::string algorithm;  // of a kernel, or the software stack of a whole model
};

struct SkipReason {
  std::string text;  // "not in the zoo: alexnet"
};

using Prediction = tl::expected<Predicted, SkipReason>;
using Predictor = std::function<Prediction(const Observation&, const Gpu&)>;

/// Roofcast's own model. What it refuses (a workload the zoo lacks, a path the hardware lacks) is a reason, no error.
Predictor model_predictor(Calibration calibration);

}  // namespace roofcast
