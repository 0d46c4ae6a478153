// What of a question says how the job runs: phase, key-value cache, quantised weights, optimizer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/question.h"

namespace roofcast::cli {

/// --phase, --kv, --weights and --optimizer into q.job, with what was assumed. Throws InputError where they contradict
/// each other or the workload.
void read_execution(const po::variables_map& values, Question& q);

}  // namespace roofcast::cli
