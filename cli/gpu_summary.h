// Boards side by side: the figures people choose by.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/table.h"
#include "model/gpu/gpu.h"

namespace roofcast::cli {

/// One figure of the summary. `value` is nothing where the board lacks it or it is not known.
struct SummaryFigure {
  std::string_view title;  // "FP16 tensor dense, TFLOP/s"
  std::string_view key;    // "fp16_tensor_dense_tflops"
  std::optional<double> (*value)(const Gpu&);
  bool exact = false;  // a datasheet figure, printed as it stands
};

std::span<const SummaryFigure> summary_figures();

/// Tera-operations as a peak is quoted: three significant digits, and all whole ones: "0.0829", "25.5", "1979".
std::string peak_text(double tera);

/// Tensor cores where they take INT8, else DP4A on CUDA cores: "tensor", "DP4A" or "-".
std::string_view int8_path(const Gpu& gpu);

/// One column per board, one row per figure.
Table summary_by_figure(const std::vector<Gpu>& gpus);

/// One row per board with the keys as titles, full precision and empty fields for unknown: for CSV.
Table summary_by_board(const std::vector<Gpu>& gpus);

}  // namespace roofcast::cli
