// When enough has been measured, and what to say of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "model/units.h"

namespace roofcast::harness {

/// Middle value, of an even number the mean of the middle two. `times` is not empty.
Seconds median(std::vector<Seconds> times);

/// Relative standard error of the median, robust against stragglers: 1.2533 × (IQR / 1.349) / √n / median, the asymptotic
/// error of a normal sample's median with its deviation taken from the quartiles. Nothing below five times.
std::optional<double> noise(const std::vector<Seconds>& times);

/// Repeat until the noise is small, the run long, or both limits are met.
struct Effort {
  int warm_up = 2;
  int least = 7, most = 60;
  double noise = 0.005;
  Seconds time{0.4};  // measured time after which no more is added, once `least` runs are there
  Seconds hold{0};    // sustained load: run at least so long and judge by the second half
};
bool enough(const std::vector<Seconds>& times, Seconds spent, const Effort& effort);

}  // namespace roofcast::harness
