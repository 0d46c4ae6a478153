// Counters of Pascal and Volta: CUPTI's event and metric API, which ends with CUDA 12.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "validate/harness/cuda/counters.h"

namespace roofcast::harness {

/// The reason where this CUPTI has dropped the API, or the driver refuses. One at a time in a process.
tl::expected<std::unique_ptr<Counters>, std::string> open_metric_counters(const Driver& driver);

}  // namespace roofcast::harness
