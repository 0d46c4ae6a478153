// Does it fit, and what would.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/forecast/forecast.h"

namespace roofcast {
namespace {

/// Jetson Linux with a desktop keeps 1.5 to 2 GiB of the shared memory, headless about half; the host side of the
/// process (interpreter, data loader) takes the rest of this reserve.
constexpr Bytes kIntegratedReserve = gibibytes(1.5);

bool fits(const Job& job, std::int64_t batch, const Gpu& gpu) {
  WorkloadRequest request = job.workload;
  request.batch = batch;
  return memory_needed(build(request), job.execution, gpu).total() <= usable_memory(gpu);
}

}  // namespace

Bytes usable_memory(const Gpu& gpu) {
  return gpu.integrated() ? gpu.memory - std::min(kIntegratedReserve, gpu.memory * 0.5) : gpu.memory;
}

std::optional<std::int64_t> largest_batch(const Job& job, const Gpu& gpu) {
  if (!fits(job, 1, gpu)) return std::nullopt;
  std::int64_t fitting = 1;
  std::int64_t too_large = 2;
  while (fits(job, too_large, gpu)) {
    fitting = too_large;
    if (fitting >= kLargestBatch) return fitting;
    too_large *= 2;
  }
  while (too_large - fitting > 1) {
    const std::int64_t middle = fitting + (too_large - fitting) / 2;
    (fits(job, middle, gpu) ? fitting : too_large) = middle;
  }
  return fitting;
}

}  // namespace roofcast
