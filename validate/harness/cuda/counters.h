// Hardware counters per kernel: operations, DRAM and L2 bytes, tensor-core instructions. Untested on hardware: written and
// tested against a library that pretends to be CUPTI, and the names of metrics against the real one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "validate/harness/bench.h"
#include "validate/harness/cuda/driver.h"

namespace roofcast::harness {

/// What is counted, in the harness's words.
enum class Counter { fp32_fma, fp32_add, fp32_mul, dram_bytes, l2_bytes, tensor_instructions };
const std::vector<Counter>& all_counters();

/// CUPTI's name for a counter on a chip ("GH100"); "" where the chip has none: integrated GPUs have no DRAM unit of their
/// own.
std::string metric_name(Counter counter, const std::string& chip);

/// Values by metric name, never by position: a profiler may drop what a chip lacks.
using MetricValues = std::map<std::string, double>;

/// What of the harness's figures the metrics say. FLOPs: 2 per fused multiply-add.
CounterValues values_of(const MetricValues& metrics, const std::string& chip);

using Action = std::function<void()>;

class Counters {
 public:
  virtual ~Counters() = default;
  /// Runs `work` as often as the hardware needs, each time after `reset`, which is not counted. Both wait for the GPU. The
  /// reason where it cannot be counted.
  virtual tl::expected<CounterValues, std::string> collect(const Action& reset, const Action& work) = 0;
};

/// The range profiler on compute capability 7.5 and newer (CUPTI of CUDA 12.6 and newer), the event and metric API on
/// older ones (up to CUDA 12); the reason elsewhere. `driver` must outlive it.
tl::expected<std::unique_ptr<Counters>, std::string> open_counters(const Driver& driver);

}  // namespace roofcast::harness
