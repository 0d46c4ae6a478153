// What one launch asks of a GPU, before clock and power are known. Every kernel model produces one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/gpu/clock.h"
#include "model/gpu/gpu.h"
#include "model/kernels/calibration.h"
#include "model/kernels/estimate.h"
#include "model/units.h"

namespace roofcast {

struct Demand {
  Flops flops;                        // direct algorithm
  Flops executed;                     // by the chosen algorithm (Winograd does fewer, padding more)
  double ideal_cycles = 0;            // executed operations at full rate, SM clock
  double compute_cycles = 0;          // with tile, wave, occupancy and issue losses
  double l2_cycles = 0;               // L2 to SM traffic, SM clock
  Bytes compulsory_bytes;             // read and written once
  Bytes dram_bytes;                   // predicted traffic beside the compute
  Bytes serial_dram_bytes;            // traffic in phases of its own (Winograd's transforms)
  double dram_efficiency = 1;         // achieved over datasheet bandwidth by the traffic beside the compute
  double serial_dram_efficiency = 1;  // and by that in phases of its own
  Seconds latency;                    // serial start-up that nothing hides, besides the launch
  double energy_ratio = 1;            // energy per executed operation over an FP32 FMA's
  Bytes fetched;                      // operands of products, from L2 into SMs, by what their way costs
  double overlap = 4;
  int launches = 1;
  bool replayed = false;       // from a recorded CUDA graph
  Seconds wait{};              // for the host or the step before, beside the gap of every launch
  Seconds idle{};              // between this launch and the next, nothing of its time
  bool latency_bound = false;  // too few warps, not issue slots, set compute_cycles
  std::string algorithm;
};

/// `d` preceded or followed by a memory-bound kernel, as one launch sequence (Winograd's transforms and products).
Demand with_serial_stream(Demand d, const Demand& stream);

/// The calibration's constants of the power model.
PowerModel power_model(const Calibration& calibration);

/// What a kernel asks for. Throws what `estimate` throws.
Demand demand_of(const Kernel& kernel, const Gpu& gpu, const Calibration& calibration);

/// What the power model needs of a demand.
Activity activity(const Demand& demand, const Gpu& gpu);

/// Between launches, of all of them.
Seconds launch_time(const Demand& demand, const Calibration& calibration);

/// Joins compute and memory at `clock`, adds the launch, and names the bound.
Estimate finish(const Demand& demand, const Gpu& gpu, const Calibration& calibration, Hertz clock);

/// The same at the clock the kernel sustains by itself.
Estimate finish(const Demand& demand, const Gpu& gpu, const Calibration& calibration);

/// Time at the boost clock without launch: what algorithm choices compare.
Seconds time_at_boost(const Demand& demand, const Gpu& gpu, const Calibration& calibration);

}  // namespace roofcast
