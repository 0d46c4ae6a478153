// What a model says to an observation. Scoring takes it as an argument, so that it can score any model, or a fake.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "model/forecast/forecast.h"
#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"
#include "validate/observation.h"

namespace roofcast {

struct Predicted {
  Seconds seconds;
  std::string bound;                                // "compute", "DRAM", "host"
  std::string algorithm;                            // of a kernel, or the software stack of a whole model
  std::map<KernelKind, Seconds> time_by_kind = {};  // what the interval is composed of
  bool step = false;                                // a whole step, not kernels
  std::optional<Interval> interval = {};            // 80 %; a fake need not have one
};

struct SkipReason {
  std::string text;  // "not in the zoo: alexnet"
};

using Prediction = tl::expected<Predicted, SkipReason>;
using Predictor = std::function<Prediction(const Observation&, const Gpu&)>;

/// One observation on one board: its time at any constants. Called from several threads at once; the board outlives it.
using TimedCase = std::function<Prediction(const Calibration&)>;

/// A model that does once per observation what no constant changes (building and lowering a network), so that a fit
/// repeats only the rest. A fake in tests.
using Model = std::function<TimedCase(const Observation&, const Gpu&)>;

/// Roofcast's own model. What it refuses (a workload the zoo lacks, a path the hardware lacks) is a reason, no error.
TimedCase roofcast_model(const Observation& observation, const Gpu& gpu);

/// Any model at fixed constants, by default Roofcast's own.
Predictor model_predictor(Calibration calibration, Model model = roofcast_model);

}  // namespace roofcast
