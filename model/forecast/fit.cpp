// Does it fit, and what would.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>

#include "model/forecast/forecast.h"

namespace roofcast {
namespace {

/// Jetson Linux with a desktop keeps 1.5 to 2 GiB of the shared memory, headless about half; the host side of the
/// process (interpreter, data loader) takes the rest of this reserve.
constexpr Bytes kIntegratedReserve = gibibytes(1.5);

/// A file's constants may fit its own batch alone: at another it cannot be built.
bool fits(const Job& job, std::int64_t batch, const Gpu& gpu, bool exact) {
  WorkloadRequest request = job.workload;
  request.batch = batch;
  const bool may_fail = request.imported != nullptr && batch != job.workload.batch;
  try {
    return memory_needed(build(request), job.execution, gpu, exact).total() <= usable_memory(gpu);
  } catch (const std::invalid_argument&) {
    if (!may_fail) throw;
    return false;
  }
}

/// Between `fitting` and `too_large`.
std::int64_t bisect(const Job& job, const Gpu& gpu, std::int64_t fitting, std::int64_t too_large,
                    bool exact) {
  while (too_large - fitting > 1) {
    const std::int64_t middle = fitting + (too_large - fitting) / 2;
    (fits(job, middle, gpu, exact) ? fitting : too_large) = middle;
  }
  return fitting;
}

}  // namespace

Bytes usable_memory(const Gpu& gpu) {
  return gpu.integrated() ? gpu.memory - std::min(kIntegratedReserve, gpu.memory * 0.5) : gpu.memory;
}

// Live tensors alone bound it from above, at a tenth of the cost; fragmentation then takes some of that away.
std::optional<std::int64_t> largest_batch(const Job& job, const Gpu& gpu) {
  if (!fits(job, 1, gpu, true))
    return job.workload.imported && fits(job, job.workload.batch, gpu, true)
               ? std::optional(job.workload.batch)
               : std::nullopt;
  std::int64_t fitting = 1;
  std::int64_t too_large = 2;
  while (fitting < kLargestBatch && fits(job, too_large, gpu, false)) {
    fitting = too_large;
    too_large *= 2;
  }
  const std::int64_t bound =
      fitting >= kLargestBatch ? kLargestBatch : bisect(job, gpu, fitting, too_large, false);
  if (fits(job, bound, gpu, true)) return bound;
  std::int64_t floor = bound;
  do floor = std::max<std::int64_t>(1, floor * 3 / 4);
  while (!fits(job, floor, gpu, true));
  return bisect(job, gpu, floor, bound, true);
}

}  // namespace roofcast
