// calibrate --from and validate: constants for one board from its own measurements, and how much they help.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/table.h"
#include "validate/board_calibration.h"

namespace roofcast::cli {

struct BoardFit {
  Gpu gpu;
  BoardCalibration fit;
  std::filesystem::path written;
};

/// Reads `path`, fits, writes to `out` or, where that is empty, to the place forecasts read. Progress to `err`. Throws
/// InputError.
BoardFit fit_board(const std::string& path, const std::string& out, const po::variables_map& values,
                   std::ostream& err);

/// "launch.gap_us: 1 row, 1.5 -> 0.97", or why its rows were not taken.
std::string measured_line(const MeasuredConstant& measured);

/// The same of all, one row each.
Table measured_table(const BoardCalibration& fit);

/// Errors on the shapes held back, before and after, one row per kind.
Table held_back_table(const BoardCalibration& fit);

/// "quadro-p4000: 312 kernels held back: 14.2 % -> 4.1 %; 6 steps: 9.8 % -> 2.7 %\nwritten to ...".
std::string fit_summary(const BoardFit& fit);

}  // namespace roofcast::cli
