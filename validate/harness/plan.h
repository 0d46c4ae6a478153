// What roofcast measure runs on a board, and how long that takes: a list made before anything runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"
#include "validate/harness/case.h"
#include "validate/harness/statistics.h"

namespace roofcast::harness {

enum class Suite { quick, full };

/// The longest a suite may take by its own forecast.
Seconds budget(Suite suite);

/// How long each case is repeated.
Effort effort(Suite suite, const Case& c);

/// Wall time of a case: buffers, warm-up, flushes and repetitions.
Seconds expected_time(Suite suite, const Case& c);

struct Plan {
  std::vector<Case> cases;
  std::int64_t left_out = 0;  // too long for this board, or for the budget: the longest go first
  Seconds expected() const;
  Suite suite = Suite::full;
};

/// Pure and deterministic. Shapes: of ResNet-50, BERT and GPT-2, one past tile edges, and a seeded random set; formats:
/// those `gpu` has. Times are the model's at `calibration`.
Plan plan(Suite suite, const Gpu& gpu, const Calibration& calibration);

}  // namespace roofcast::harness
