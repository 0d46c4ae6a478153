// From kernels to a step, and from a step to what people ask: epoch, throughput, memory, energy, money.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/graph/lower.h"
#include "model/kernels/estimate.h"
#include "model/workloads/workload.h"

namespace roofcast {

/// 80 % interval around an expected time, from the residual quantiles of left-out chips.
struct Interval {
  Seconds low, expected, high;
};

/// A question: a workload run in some way.
struct Job {
  WorkloadRequest workload;
  Execution execution;
  std::optional<std::int64_t> samples_per_epoch;
  double epochs = 1;
};

struct KernelForecast {
  Kernel kernel;
  Estimate estimate;
};

/// What a step ends on: a kernel bound that holds most of the time, the host that cannot dispatch fast enough, or the link
/// that inputs arrive over.
enum class StepBound { compute, dram, l2, latency, launch, host, input };
std::string_view name(StepBound bound);

struct Forecast {
  Interval step;                  // one training step or one inference batch
  double samples_per_second = 0;  // at the expected time
  std::optional<Interval> epoch;  // where samples_per_epoch is known; the last, partial batch is a whole step
  std::optional<Interval> job;    // all epochs
  Seconds gpu_time;               // sum over kernels
  Seconds host_time;              // dispatch of every launch
  std::map<KernelKind, Seconds> time_by_kind;  // of gpu_time
  Seconds input_time;                          // copy of the inputs from the host
  Seconds decode_time;                         // of the CPU for a batch, over all workers
  Seconds wait_time;  // of the host for results it reads back, while the GPU has nothing queued
  StepBound bound = StepBound::compute;
  Memory memory;
  bool fits = true;
  std::optional<std::int64_t> largest_batch;  // that fits; absent when not even 1 does
  Joules step_energy;
  Watts mean_power;
  bool extrapolated = false;            // no such job of the architecture is behind the calibration
  std::vector<std::string> remarks;     // what was resolved or assumed on the way
  std::vector<KernelForecast> kernels;  // in launch order
};

/// Pure. Throws what build, lower and estimate throw. A job that does not fit is still timed: `fits` says so.
Forecast forecast(const Job& job, const Gpu& gpu, const Calibration& calibration);

/// The same for kernels already lowered (bare kernels, score rows); no memory or epoch. `like`: what would have to be
/// measured of the architecture; nothing: steps that run so.
Forecast forecast_kernels(const Lowered& lowered, const Gpu& gpu, const Execution& execution,
                          const Calibration& calibration, std::optional<Evidence> like = {});

/// What a job may take of a GPU's memory: all of it, less a reserve for the operating system and the host side of the
/// process where GPU and CPU share it (Jetson).
Bytes usable_memory(const Gpu& gpu);

/// Batches above this are not looked for.
inline constexpr std::int64_t kLargestBatch = kMostSamples;

/// Largest batch whose memory fits on `gpu`, by bisection; nothing when batch 1 does not.
std::optional<std::int64_t> largest_batch(const Job& job, const Gpu& gpu);

}  // namespace roofcast
