// Fits the model's constants to measurements, stage by stage, and keeps what the fit leaves unexplained.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/kernels/calibration.h"
#include "validate/measurements.h"
#include "validate/predictor.h"

namespace roofcast {

/// One observation with its board; the board outlives the fit.
struct Sample {
  std::string layout;
  Observation observation;
  const Gpu* gpu = nullptr;
};

/// Rows that teach one group of constants, and those constants. Later stages see what earlier ones found.
struct Stage {
  std::string_view name;
  std::vector<Constant> constants;
  std::function<bool(const Sample&)> uses;
  /// ln(constant / prior)² weighs so much against the rows' mean loss: at 0.002 a constant e times its prior costs as much as
  /// an error of 6 % of every row. Kernels were timed on five chips, steps on more, so the priors of theirs weigh less. Chosen
  /// by left-out error: for products 11.4 % at 0.001 and 10.8 % at 0.006, for steps 11.0 % and 12.7 % at 0.001 and 0.003.
  double prior_weight = 2e-3;
};
const std::vector<Stage>& stages();

struct StageReport {
  std::string name;
  std::size_t rows = 0;   // fitted
  double before_pct = 0;  // mean |error| of those rows, in percent
  double after_pct = 0;
  std::vector<std::string> unconstrained;  // constants no row moved
};

/// A stage and the rows it is fitted on, prepared for any constants.
struct StageRow {
  const Sample* sample;
  TimedCase time;
};
struct StageRows {
  const Stage* stage;
  std::vector<StageRow> rows;
};

/// At most `limit` samples of each (layout, board, kind), drawn evenly over the file, so that a large file does not
/// outvote a small one.
std::vector<const Sample*> thin(const std::vector<const Sample*>& samples, int limit);

/// `rows_per_group` thins the rows of each stage. The samples outlive the result.
std::vector<StageRows> rows_of_stages(const std::vector<Sample>& samples, int rows_per_group,
                                      const Model& model);

/// Fits one stage's constants from where they stand in `c`, on all cores, and notes the architectures of its rows there.
/// A stage without rows changes nothing. Constants are drawn to those of `drawn_to`, by default to the priors.
StageReport fit_stage(const StageRows& stage, Calibration& c, const Calibration* drawn_to = nullptr);

struct CalibrationRun {
  Calibration calibration;
  std::vector<StageReport> stages;
};

/// Rows of the standard filters, on known boards, whose subject the model can predict. `gpus` receives the boards,
/// by slug, that the samples point to. Throws what read_measurements throws.
std::vector<Sample> read_samples(const std::vector<std::string>& paths, const BoardLookup& boards,
                                 const Profiles& profiles, std::map<std::string, Gpu>& gpus,
                                 std::vector<std::string>& files);

/// Every stage in turn, starting from `start`; constants of stages without rows keep their value, residuals all do.
CalibrationRun calibrate(const std::vector<Sample>& samples, const Calibration& start, int rows_per_group,
                         const std::function<void(const StageReport&)>& progress = {});

/// FNV-1a of every sample's board, kind and time: which data a calibration was fitted on.
std::string data_hash(const std::vector<Sample>& samples);

}  // namespace roofcast
