// The workload a user names: one of the zoo, or a file that describes a network.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/workloads/workload.h"

namespace roofcast::cli {

/// Sets `request.name` and, for a file, `request.imported`. Throws InputError for a file that cannot be read and
/// UnknownWorkload for a name nobody knows.
WorkloadInfo find_network(const std::string& asked, WorkloadRequest& request);

}  // namespace roofcast::cli
