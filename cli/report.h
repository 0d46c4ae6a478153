// One answer in full, for people.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/answer.h"

namespace roofcast::cli {

/// What was assumed, then time, throughput, memory, bound, energy, cost and remarks; with `explain` the layers and the
/// waterfall as well (a bare kernel always shows its waterfall). `format` is table or markdown.
std::string report(const Question& question, const Answer& answer, Format format, bool explain);

}  // namespace roofcast::cli
