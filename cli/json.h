// Answers as JSON, in SI units; null is unknown.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"

namespace roofcast::cli {

/// {"schema_version": 1, "workload", "assumed", "results": [...]}; `kernels` adds every kernel and the waterfall.
std::string answers_json(const Question& question, const std::vector<Answer>& answers, bool against_first,
                         bool kernels);

}  // namespace roofcast::cli
