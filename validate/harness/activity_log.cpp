// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/activity_log.h"

namespace roofcast::harness {

MarkedTimes times_of_marks(const ActivityLog& log, std::size_t count) {
  MarkedTimes result;
  result.marks.resize(count);
  result.dropped = log.dropped;
  std::vector<std::uint64_t> longest(count, 0);
  for (const KernelRecord& k : log.kernels) {
    const auto found = log.marks.find(k.correlation);
    if (found == log.marks.end() || found->second >= count) {
      ++result.unmarked;
      continue;
    }
    MarkedTime& mark = result.marks[found->second];
    ++mark.launches;
    if (k.start_ns == 0 || k.end_ns <= k.start_ns) {
      ++result.without_time;
      mark.lost = true;
      continue;
    }
    const std::uint64_t duration = k.end_ns - k.start_ns;
    mark.seconds += Seconds(static_cast<double>(duration) * 1e-9);
    if (duration > longest[found->second]) {
      longest[found->second] = duration;
      mark.kernel = k.name;
    }
  }
  return result;
}

}  // namespace roofcast::harness
