// How long one kernel takes on one GPU, and why.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/kernels/calibration.h"
#include "model/kernels/kernel.h"
#include "model/units.h"

namespace roofcast {

/// What a kernel's time ends on.
enum class Bound { compute, dram, l2, latency, launch };
std::string_view name(Bound bound);  // "compute", "DRAM", "L2", "latency", "launch"

/// The way from the ideal to the estimate; every entry is the running total after that loss, never decreasing.
struct Waterfall {
  Seconds ideal;    // roofline: max(flops / peak, compulsory bytes / bandwidth) at boost clock
  Seconds tiling;   // + tile, wave, occupancy and issue losses
  Seconds traffic;  // + achieved instead of datasheet bandwidth, re-reads, L2 limits
  Seconds clock;    // + sustained instead of boost clock
  Seconds total;    // + launch
};

/// One launch of one kernel.
struct Estimate {
  Seconds seconds;  // = waterfall.total
  Bound bound = Bound::compute;
  Waterfall waterfall;
  Flops flops;            // operations of the direct algorithm
  Bytes dram_bytes;       // predicted DRAM traffic
  Hertz clock;            // sustained clock of the SMs
  Watts power;            // board power while it runs
  std::string algorithm;  // "128x64 split-K 2", "winograd", "" where there is no choice
  Joules energy() const { return power * seconds; }
};

/// Pure: depends on nothing but its arguments. Throws std::invalid_argument naming the field when a shape is not
/// positive, and std::domain_error when the GPU lacks the path or formats the kernel asks for.
Estimate estimate(const Kernel& kernel, const Gpu& gpu, const Calibration& calibration);

}  // namespace roofcast
