// The shape of a workload: the options that say it, and the one it has when nothing is said.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/options.h"
#include "model/workloads/workload.h"

namespace roofcast::cli {

/// --task, --image, --seq, --context, --source, --stem, --dim and --strict.
void add_shape_options(po::options_description& options);

/// Sets what was given and leaves the rest. Throws InputError.
void read_shape_options(const po::variables_map& values, WorkloadRequest& request);

/// The shape of `info` when nothing is said; name, batch and mode stay.
void set_default_shape(const WorkloadInfo& info, WorkloadRequest& request);

/// The request `info` stands for when nothing else is said, at batch 1.
WorkloadRequest default_request(const WorkloadInfo& info);

}  // namespace roofcast::cli
