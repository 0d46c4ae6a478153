// Which batch to take: the smallest that is nearly as fast as any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/forecast/forecast.h"

namespace roofcast {

struct BatchPoint {
  std::int64_t batch = 1;
  Seconds step;
  double samples_per_second = 0;
  Bytes memory;
};

struct BatchKnee {
  std::vector<BatchPoint> points;  // 1, 2, 3, 4, 6, 8, 12 ... and the largest that fits
  std::size_t knee = 0;            // of `points`: the smallest within kKneeShare of the best throughput
  std::size_t best = 0;            // of `points`
};

inline constexpr double kKneeShare = 0.95;

/// Up to the largest batch that fits and, where an epoch is known, its samples; nothing when not even batch 1 fits.
std::optional<BatchKnee> batch_knee(const Job& job, const Gpu& gpu, const Calibration& calibration);

}  // namespace roofcast
