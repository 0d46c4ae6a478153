// Constants fitted without one chip, to predict that chip: the error to expect on hardware never measured.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "validate/calibrate.h"

namespace roofcast {

/// One chip left out, and what the others' rows taught.
struct Fold {
  std::string chip;              // "GV100"
  std::size_t rows = 0;          // of that chip, fitted by no stage of this fold
  std::size_t stages_again = 0;  // fitted otherwise than with the chip
  Calibration calibration;
};

struct LeaveOneOut {
  CalibrationRun all;       // fitted on every chip; its residuals come from all folds
  std::vector<Fold> folds;  // by chip; one for each chip that has rows
  /// The constants to predict a chip with: those of its fold, or of all for a chip without rows.
  const Calibration& without(const std::string& chip) const;
};

/// Who hears what while folds are fitted, one call at a time.
struct FoldProgress {
  std::function<void(const StageReport&)> stage;  // of the fit on every chip
  std::function<void(const Fold&)> fold;          // as folds finish, in any order
};

/// Fits every stage with all chips, then for each chip without its rows, on all cores. A fold's constants equal, to the
/// bit, those of `calibrate` on samples from which the chip is deleted: stages before the first that uses the chip are
/// shared, since they see the same rows and the same start.
///
/// Residuals: each row's error comes from the fit without its chip, and the quantiles for a chip from the rows of the
/// others (jackknife+ over chips: Barber, Candès, Ramdas and Tibshirani 2021), so that no row of a chip has a part in its
/// interval either. Architectures are those of all chips: the errors already are those of hardware never seen.
LeaveOneOut leave_one_out(const std::vector<Sample>& samples, const Calibration& start, int rows_per_group,
                          const Model& model, const FoldProgress& progress = {});

/// Predicts each board with the constants that its chip had no part in.
Predictor leave_one_out_predictor(const LeaveOneOut& fits, const Model& model);

}  // namespace roofcast
