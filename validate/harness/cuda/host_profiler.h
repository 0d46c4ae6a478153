// CUPTI's host half of counting: which metrics a chip has, in how many passes, and what counted images say. It needs
// neither GPU nor driver. CUDA 12.6 and newer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "validate/harness/cuda/counters.h"

struct CUpti_Profiler_Host_Object;

namespace roofcast::harness {

using CuptiImage = std::vector<std::uint8_t>;  // opaque to all but CUPTI
struct HostTable;                              // its functions

/// The reason where this CUPTI is missing or too old.
tl::expected<std::shared_ptr<const HostTable>, std::string> load_host_profiler();

/// Calls that fail throw CounterError.
class HostProfiler {
 public:
  /// `chip`: "GH100". `availability`: of counters on the GPU at hand; empty without one.
  HostProfiler(std::shared_ptr<const HostTable> table, const std::string& chip,
               const CuptiImage& availability);
  ~HostProfiler();
  HostProfiler(const HostProfiler&) = delete;
  HostProfiler& operator=(const HostProfiler&) = delete;

  /// False where a name is refused; the object then answers nothing any more.
  bool add(const std::vector<std::string>& metrics);
  /// What the hardware is to count for the metrics added.
  CuptiImage config() const;
  /// Runs that takes.
  std::size_t passes(CuptiImage& config) const;
  /// Of the first range of `counted`.
  MetricValues evaluate(const CuptiImage& counted, const std::vector<std::string>& metrics) const;

 private:
  std::shared_ptr<const HostTable> table_;
  CUpti_Profiler_Host_Object* object_ = nullptr;
};

/// The metrics of all_counters() that a chip has. Throws CounterError where CUPTI does not know the chip.
std::vector<std::string> known_metrics(const std::shared_ptr<const HostTable>& table, const std::string& chip,
                                       const CuptiImage& availability);

}  // namespace roofcast::harness
