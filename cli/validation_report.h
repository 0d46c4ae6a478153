// The report of roofcast validate, as Markdown and as a page of HTML that needs nothing else.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/calibrate_board.h"
#include "validate/harness/record.h"
#include "validate/score.h"

namespace roofcast::cli {

struct Validation {
  std::vector<harness::Record> records;
  BoardFit fit;
  std::vector<ScoredRow> rows;  // at the fitted constants
};

std::string validation_markdown(const Validation& validation);
/// With a plot of predicted against measured times on logarithmic axes.
std::string validation_html(const Validation& validation);

}  // namespace roofcast::cli
