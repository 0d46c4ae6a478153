// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/host_profiler.h"

#include <cupti.h>

#include "validate/harness/cuda/cupti_call.h"
#if __has_include(<cupti_profiler_host.h>)
#include <cupti_profiler_host.h>

namespace roofcast::harness {

#define ROOFCAST_HOST_FUNCTIONS(X)       \
  X(cuptiProfilerHostInitialize)         \
  X(cuptiProfilerHostDeinitialize)       \
  X(cuptiProfilerHostConfigAddMetrics)   \
  X(cuptiProfilerHostGetConfigImageSize) \
  X(cuptiProfilerHostGetConfigImage)     \
  X(cuptiProfilerHostGetNumOfPasses)     \
  X(cuptiProfilerHostEvaluateToGpuValues)

struct HostTable {
  ROOFCAST_HOST_FUNCTIONS(ROOFCAST_DECLARE)
};

tl::expected<std::shared_ptr<const HostTable>, std::string> load_host_profiler() {
  auto loaded = load_cupti<HostTable>([](const Library& library, HostTable& table, std::string& missing) {
    ROOFCAST_HOST_FUNCTIONS(ROOFCAST_LOAD)
  });
  if (!loaded) return tl::unexpected(loaded.error());
  return std::make_shared<const HostTable>(*loaded);
}

HostProfiler::HostProfiler(std::shared_ptr<const HostTable> table, const std::string& chip,
                           const CuptiImage& availability)
    : table_(std::move(table)) {
  auto p = ROOFCAST_PARAMETERS(CUpti_Profiler_Host_Initialize_Params);
  p.profilerType = CUPTI_PROFILER_TYPE_RANGE_PROFILER;
  p.pChipName = chip.c_str();
  p.pCounterAvailabilityImage = availability.empty() ? nullptr : availability.data();
  ROOFCAST_CUPTI(*table_, cuptiProfilerHostInitialize, &p);
  object_ = p.pHostObject;
}

HostProfiler::~HostProfiler() {
  auto p = ROOFCAST_PARAMETERS(CUpti_Profiler_Host_Deinitialize_Params);
  p.pHostObject = object_;
  table_->cuptiProfilerHostDeinitialize(&p);
}

bool HostProfiler::add(const std::vector<std::string>& metrics) {
  std::vector<const char*> names = pointers(metrics);
  auto p = ROOFCAST_PARAMETERS(CUpti_Profiler_Host_ConfigAddMetrics_Params);
  p.pHostObject = object_;
  p.ppMetricNames = names.data();
  p.numMetrics = names.size();
  return table_->cuptiProfilerHostConfigAddMetrics(&p) == CUPTI_SUCCESS;
}

CuptiImage HostProfiler::config() const {
  auto size = ROOFCAST_PARAMETERS(CUpti_Profiler_Host_GetConfigImageSize_Params);
  size.pHostObject = object_;
  ROOFCAST_CUPTI(*table_, cuptiProfilerHostGetConfigImageSize, &size);
  CuptiImage image(size.configImageSize);
  auto p = ROOFCAST_PARAMETERS(CUpti_Profiler_Host_GetConfigImage_Params);
  p.pHostObject = object_;
  p.configImageSize = image.size();
  p.pConfigImage = image.data();
  ROOFCAST_CUPTI(*table_, cuptiProfilerHostGetConfigImage, &p);
  return image;
}

std::size_t HostProfiler::passes(CuptiImage& config) const {
  auto p = ROOFCAST_PARAMETERS(CUpti_Profiler_Host_GetNumOfPasses_Params);
  p.configImageSize = config.size();
  p.pConfigImage = config.data();
  ROOFCAST_CUPTI(*table_, cuptiProfilerHostGetNumOfPasses, &p);
  return p.numOfPasses;
}

MetricValues HostProfiler::evaluate(const CuptiImage& counted,
                                    const std::vector<std::string>& metrics) const {
  std::vector<const char*> names = pointers(metrics);
  std::vector<double> values(names.size());
  auto p = ROOFCAST_PARAMETERS(CUpti_Profiler_Host_EvaluateToGpuValues_Params);
  p.pHostObject = object_;
  p.pCounterDataImage = counted.data();
  p.counterDataImageSize = counted.size();
  p.ppMetricNames = names.data();
  p.numMetrics = names.size();
  p.pMetricValues = values.data();
  ROOFCAST_CUPTI(*table_, cuptiProfilerHostEvaluateToGpuValues, &p);
  MetricValues result;
  for (std::size_t i = 0; i < metrics.size(); ++i) result[metrics[i]] = values[i];
  return result;
}

}  // namespace roofcast::harness

#else  // before CUDA 12.6

namespace roofcast::harness {

struct HostTable {};
tl::expected<std::shared_ptr<const HostTable>, std::string> load_host_profiler() {
  return tl::unexpected(std::string(
      "counters need the range profiler of CUDA 12.6 or newer; this was built with an older one"));
}
// Never reached: there is no table to make one with.
HostProfiler::HostProfiler(std::shared_ptr<const HostTable>, const std::string&, const CuptiImage&) {}
HostProfiler::~HostProfiler() = default;
bool HostProfiler::add(const std::vector<std::string>&) { return false; }
CuptiImage HostProfiler::config() const { return {}; }
std::size_t HostProfiler::passes(CuptiImage&) const { return 0; }
MetricValues HostProfiler::evaluate(const CuptiImage&, const std::vector<std::string>&) const { return {}; }

}  // namespace roofcast::harness
#endif

namespace roofcast::harness {

std::vector<std::string> known_metrics(const std::shared_ptr<const HostTable>& table, const std::string& chip,
                                       const CuptiImage& availability) {
  std::vector<std::string> names;
  for (const Counter counter : all_counters()) {
    const std::string name = metric_name(counter, chip);
    // One bad name spoils an object for all that follow: each is tried on its own.
    if (!name.empty() && HostProfiler(table, chip, availability).add({name})) names.push_back(name);
  }
  return names;
}

}  // namespace roofcast::harness
