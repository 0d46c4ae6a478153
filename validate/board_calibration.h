// The model's constants fitted to one board by its own measurements, and how much that helped on shapes held back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "validate/calibrate.h"
#include "validate/measured_constants.h"

namespace roofcast {

/// Whether a row is held back from the fit: a third of the shapes, the same in every format, by a hash of the shape.
bool held_back(const Sample& sample);

/// What is fitted on which rows of the harness, in order.
const std::vector<Stage>& board_stages();

/// Mean |predicted - measured| / measured of rows that were held back, in percent.
struct HeldBackError {
  std::size_t rows = 0;
  double before_pct = 0, after_pct = 0;
};

struct BoardCalibration {
  Calibration calibration;
  std::vector<MeasuredConstant> measured;
  std::vector<StageReport> stages;
  std::map<std::string, HeldBackError>
      by_kind;                   // "gemm/fp16 tensor"; steps are never fitted, all of them count
  HeldBackError kernels, steps;  // all kinds together
};

/// Rows of one board.
struct BoardRows {
  std::vector<Sample> samples;
  BoardFigures figures;
};

/// Fits from `start`, to which constants are drawn where rows say little, after what `gpu` measured directly was set.
/// Residuals of kinds with at least kLeastRows rows held back become theirs: 80 % intervals by split conformal ranks.
BoardCalibration calibrate_board(const BoardRows& board, const Gpu& gpu, const Calibration& start,
                                 const std::function<void(const StageReport&)>& progress = {});

/// Rows of a file of `roofcast measure`, which `gpu` receives the board of. Throws InputError where the file is
/// something else, of several boards, or of one the base lacks.
BoardRows read_board(const std::string& path, const BoardLookup& boards, Gpu& gpu);

}  // namespace roofcast
