// Answers as rows: the table people compare boards in, and the CSV with every figure in SI units.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"

namespace roofcast::cli {

/// Widest line of any text output.
inline constexpr std::size_t kWidth = 100;

/// Table or markdown: what was assumed, one row per answer, then remarks. `against_first` adds the ratio of speeds.
std::string rows_text(const Question& question, const std::vector<Answer>& answers, Format format,
                      bool against_first);

/// One line per answer; unknown is an empty field.
std::string rows_csv(const Question& question, const std::vector<Answer>& answers);

/// "assumed: training (--phase); ..." within `width` columns; a quote in Markdown.
std::string assumed_text(const Question& question, Format format, std::size_t width = kWidth);

/// "resnet50, training, cifar10: 50,000 images".
std::string title(const Question& question);

/// "quadro-p4000", with "*" where the forecast is extrapolated.
std::string board_label(const Answer& answer);
/// The line that says what "*" means, or "" where none is extrapolated.
std::string extrapolated_note(const Question& q, const std::vector<Answer>& answers);

}  // namespace roofcast::cli
