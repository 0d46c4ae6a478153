// Hardware counters per kernel: operations, DRAM and L2 bytes, tensor-core instructions. Untested on hardware: written and
// tested against a recorded table of functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "validate/harness/bench.h"

namespace roofcast::harness {

/// What is counted, in the harness's words.
enum class Counter { fp32_fma, fp32_add, fp32_mul, dram_bytes, l2_bytes, tensor_instructions };

/// CUPTI's name for a counter on a chip ("GH100"); "" where the chip has none. Names differ by chip: GB20x and integrated
/// GPUs renamed or lack DRAM counters.
std::string metric_name(Counter counter, const std::string& chip);

/// Values by metric name, never by position: a profiler may drop what a chip lacks.
using MetricValues = std::map<std::string, double>;

/// What of the harness's figures the metrics say. FLOPs: 2 per fused multiply-add.
CounterValues values_of(const MetricValues& metrics, const std::string& chip);

class Counters {
 public:
  virtual ~Counters() = default;
  /// Runs `work` as often as the hardware needs; the reason where it cannot be counted.
  virtual tl::expected<CounterValues, std::string> collect(const std::function<void()>& work) = 0;
};

/// Why nothing is counted.
class NoCounters : public Counters {
 public:
  explicit NoCounters(std::string reason) : reason_(std::move(reason)) {}
  tl::expected<CounterValues, std::string> collect(const std::function<void()>&) override {
    return tl::unexpected(reason_);
  }

 private:
  std::string reason_;
};

/// The range profiler on compute capability 7.5 and newer (CUPTI of CUDA 12.6 and newer), the event and metric API on
/// older ones (up to CUDA 12); NoCounters elsewhere.
std::unique_ptr<Counters> open_counters(void* context, int device, int compute_capability);

}  // namespace roofcast::harness
