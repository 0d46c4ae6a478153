// Counters of compute capability 7.5 and newer: CUPTI's range profiler (CUDA 12.6 and newer).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "validate/harness/cuda/counters.h"

namespace roofcast::harness {

/// The reason where this CUPTI is too old, or the chip or the driver refuses.
tl::expected<std::unique_ptr<Counters>, std::string> open_range_counters(const Driver& driver);

}  // namespace roofcast::harness
