// What roofcast measure would run, as a list and in a sentence.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/table.h"
#include "validate/harness/plan.h"

namespace roofcast::cli {

/// A row per case with its forecast: short words in an aligned table, what board.csv will say elsewhere.
std::string plan_list(const harness::Plan& plan, Format format);

/// "quadro-p4000: 928 cases, about 2.7 min: 58 memory (10 s), ...": in all and by section, with what was left out.
std::string plan_summary(const harness::Plan& plan, const std::string& slug);

/// "42 s", "2.7 min".
std::string minutes(Seconds s);

}  // namespace roofcast::cli
