// What CUPTI's activity stream said, and the time of what was launched.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/units.h"

namespace roofcast::harness {

/// One kernel on the GPU's own clock.
struct KernelRecord {
  std::string name;
  std::uint64_t start_ns = 0, end_ns = 0;
  std::uint32_t correlation = 0;  // of the launch that asked for it
};

/// Records of a stretch of work. Marks are external correlation ids that the harness pushed around each op.
struct ActivityLog {
  std::vector<KernelRecord> kernels;
  std::unordered_map<std::uint32_t, std::uint64_t> marks;  // correlation -> mark
  std::uint64_t dropped = 0;                               // records CUPTI had no room for
};

/// All kernels under one mark.
struct MarkedTime {
  Seconds seconds;     // sum of durations
  int launches = 0;    // 0: nothing was recorded under the mark
  std::string kernel;  // the longest one
  bool lost = false;   // a record without a time: 0 or negative duration
};

struct MarkedTimes {
  std::vector<MarkedTime> marks;
  std::uint64_t without_time = 0;  // kernels whose record has start = end = 0, or ends before it starts
  std::uint64_t unmarked = 0;      // kernels of nobody: a library's helper outside any mark
  std::uint64_t dropped = 0;
};

/// Times of marks 0 … count - 1. Records come in any order.
MarkedTimes times_of_marks(const ActivityLog& log, std::size_t count);

}  // namespace roofcast::harness
