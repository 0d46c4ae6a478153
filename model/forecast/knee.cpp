// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/knee.h"

#include <algorithm>

namespace roofcast {
namespace {

/// Powers of two and half as much again, and `largest` itself: 1, 2, 3, 4, 6, 8, 12, 16 ...
std::vector<std::int64_t> ladder(std::int64_t largest) {
  std::vector<std::int64_t> batches;
  for (std::int64_t b = 1; b <= largest; b *= 2) {
    batches.push_back(b);
    if (b > 1 && b + b / 2 <= largest) batches.push_back(b + b / 2);
  }
  if (batches.back() != largest) batches.push_back(largest);
  return batches;
}

}  // namespace

std::optional<BatchKnee> batch_knee(const Job& job, const Gpu& gpu, const Calibration& calibration) {
  auto largest = largest_batch(job, gpu);
  if (!largest) return std::nullopt;
  if (job.samples_per_epoch) largest = std::min(*largest, *job.samples_per_epoch);
  BatchKnee result;
  for (const std::int64_t batch : ladder(*largest)) {
    WorkloadRequest request = job.workload;
    request.batch = batch;
    const Graph graph = build(request);
    const Seconds step =
        forecast_kernels(lower(graph, gpu, job.execution), gpu, job.execution, calibration).step.expected;
    result.points.push_back({batch, step, static_cast<double>(batch) / step.value,
                             memory_needed(graph, job.execution, gpu).total()});
  }
  const auto& points = result.points;
  const auto best = std::max_element(
      points.begin(), points.end(),
      [](const BatchPoint& a, const BatchPoint& b) { return a.samples_per_second < b.samples_per_second; });
  const auto knee = std::find_if(points.begin(), points.end(), [&](const BatchPoint& p) {
    return p.samples_per_second >= kKneeShare * best->samples_per_second;
  });
  result.best = static_cast<std::size_t>(best - points.begin());
  result.knee = static_cast<std::size_t>(knee - points.begin());
  return result;
}

}  // namespace roofcast
