// What a GPU's memory achieves of its datasheet bandwidth, and what a stream through it costs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/kernels/demand.h"

namespace roofcast {

/// Achieved over datasheet bandwidth of a long stream, by memory type, controller generation and ECC.
double stream_efficiency(const Gpu& gpu, const Calibration& calibration);

/// What the L2 serves an SM per clock, relative to a V100 (NVIDIA A100 whitepaper: 2,048 bytes for 80 SMs, 5,120 for an
/// A100's 108); 1 where it is not known.
double l2_width(const Gpu& gpu);

/// Share of `working_set` that a warm L2 still holds: 1 when it is small, 0 from twice the usable share on.
double l2_hit(Bytes working_set, const Gpu& gpu, const Calibration& calibration);

/// A kernel that moves `compulsory` bytes once, re-reads `reread` through the L2 of which `reread_miss` reach DRAM,
/// and issues `lane_cycles` of work spread over all lanes.
struct Stream {
  Bytes compulsory{};
  Bytes reread{};
  double reread_miss = 0;
  double reread_cost = 1;  // L2 time of a re-read byte over a plain one's: it waits for the first pass
  double lane_cycles = 0;
  double efficiency = 1;  // against a plain stream
  // What an SM moves a clock where few loads are under way: the memory's latency bounds it (Little's law), not its bandwidth.
  std::optional<double> sm_bytes_per_clock = {};
};
Demand stream(const Stream& stream, const Gpu& gpu, const Calibration& calibration);

}  // namespace roofcast
