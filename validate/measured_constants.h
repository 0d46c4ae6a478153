// Constants that a board's measurements hold themselves, without a fit: the gaps between kernels and the host's link.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"

namespace roofcast {

/// What `roofcast measure` says of a board beside the times of kernels and steps.
struct BoardFigures {
  std::map<std::string, std::string> properties;      // "pcie" -> "3.0 x16"
  std::map<std::string, std::vector<double>> values;  // "launch_queued:launches=500" -> of each of its rows
};

struct MeasuredConstant {
  Constant id = Constant::count_;
  std::size_t rows = 0;
  double before = 0, after = 0;
  std::string refused;  // why it stays as it was
};

/// Sets launch.gap_us, launch.replay_us and host.link of `c` to the medians of their rows, in the constant's range. A
/// constant without rows is not listed.
std::vector<MeasuredConstant> set_measured_constants(const BoardFigures& figures, const Gpu& gpu,
                                                     Calibration& c);

}  // namespace roofcast
