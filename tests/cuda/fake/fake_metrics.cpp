// CUPTI's event and metric API on the GPU that is not there. A kernel of N ns executes 2000 N FP32 operations, and reads and
// writes 4 N and 2 N sectors of DRAM and 10 N and 5 N of L2. Event values are of the last kernel, as in kernel mode; two of
// four instances of each unit can be read.
//   FAKE_CUPTI_COUNTER_ERROR=N  what asking for a metric returns, as 38 of CUPTIs that dropped the API
// SPDX-License-Identifier: Apache-2.0
#include "tests/cuda/fake/machine.h"
#if __has_include(<cupti_metrics.h>)
#include <cstring>
#include <map>

using namespace fake;

namespace {

struct Metric {
  const char* name;
  double per_ns;
};
// The i-th metric has the one event 100 + i.
constexpr Metric kMetrics[] = {{"flop_count_sp", 2000},
                               {"dram_read_transactions", 4},
                               {"dram_write_transactions", 2},
                               {"l2_read_transactions", 10},
                               {"l2_write_transactions", 5}};
constexpr std::uint32_t kInstances = 2, kTotalInstances = 4;

struct Group {
  std::vector<CUpti_EventID> events;
  bool all_instances = false;
};
struct Api {
  Group groups[2] = {{{100, 101, 102}}, {{103, 104}}};
  CUpti_EventGroup handles[2] = {&groups[0], &groups[1]};
  CUpti_EventGroupSet sets[2] = {{1, &handles[0]}, {1, &handles[1]}};
  CUpti_EventGroupSets all{2, sets};
  CUpti_CallbackFunc callback = nullptr;
  void* user = nullptr;
  const CUpti_EventGroupSet* enabled = nullptr;
  std::uint64_t last_kernel = 0;
};
Api& api() {
  static Api a;
  return a;
}

template <class Value>
CUptiResult give(const Value& value, std::size_t* size, void* to) {
  if (*size < sizeof value) return CUPTI_ERROR_PARAMETER_SIZE_NOT_SUFFICIENT;
  std::memcpy(to, &value, sizeof value);
  return CUPTI_SUCCESS;
}

void call_back(CUpti_ApiCallbackSite site) {
  CUpti_CallbackData data{};
  data.callbackSite = site;
  data.functionName = "cuLaunchKernel";
  api().callback(api().user, CUPTI_CB_DOMAIN_DRIVER_API, 0, &data);
}

}  // namespace

extern "C" {

CUptiResult cuptiSubscribe(CUpti_SubscriberHandle* handle, CUpti_CallbackFunc callback, void* user) {
  api().callback = callback;
  api().user = user;
  return *handle = reinterpret_cast<CUpti_SubscriberHandle>(7), CUPTI_SUCCESS;
}
CUptiResult cuptiUnsubscribe(CUpti_SubscriberHandle) {
  machine().around_launch = nullptr;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiEnableDomain(std::uint32_t enable, CUpti_SubscriberHandle, CUpti_CallbackDomain) {
  machine().around_launch = nullptr;
  if (enable == 0) return CUPTI_SUCCESS;
  machine().around_launch = [](bool before, std::uint64_t nanoseconds) {
    if (!before && api().enabled != nullptr) api().last_kernel = nanoseconds;
    call_back(before ? CUPTI_API_ENTER : CUPTI_API_EXIT);
  };
  return CUPTI_SUCCESS;
}
CUptiResult cuptiSetEventCollectionMode(CUcontext, CUpti_EventCollectionMode) { return CUPTI_SUCCESS; }

CUptiResult cuptiMetricGetIdFromName(CUdevice, const char* name, CUpti_MetricID* id) {
  if (const int error = environment("FAKE_CUPTI_COUNTER_ERROR")) return static_cast<CUptiResult>(error);
  for (*id = 0; *id < std::size(kMetrics); ++*id) {
    if (std::strcmp(kMetrics[*id].name, name) == 0) return CUPTI_SUCCESS;
  }
  return CUPTI_ERROR_INVALID_METRIC_NAME;
}
CUptiResult cuptiMetricCreateEventGroupSets(CUcontext, std::size_t, CUpti_MetricID*,
                                            CUpti_EventGroupSets** sets) {
  return *sets = &api().all, CUPTI_SUCCESS;
}
CUptiResult cuptiMetricGetNumEvents(CUpti_MetricID, std::uint32_t* count) {
  return *count = 1, CUPTI_SUCCESS;
}
CUptiResult cuptiMetricEnumEvents(CUpti_MetricID metric, std::size_t* size, CUpti_EventID* ids) {
  return give<CUpti_EventID>(100 + metric, size, ids);
}
CUptiResult cuptiMetricGetValue(CUdevice, CUpti_MetricID metric, std::size_t, CUpti_EventID* ids, std::size_t,
                                std::uint64_t* values, std::uint64_t, CUpti_MetricValue* value) {
  if (ids[0] != 100 + metric) return CUPTI_ERROR_INVALID_EVENT_ID;
  return value->metricValueUint64 = values[0], CUPTI_SUCCESS;
}

CUptiResult cuptiEventGroupSetsDestroy(CUpti_EventGroupSets*) { return CUPTI_SUCCESS; }
CUptiResult cuptiEventGroupSetEnable(CUpti_EventGroupSet* set) {
  if (api().enabled != nullptr) return CUPTI_ERROR_HARDWARE_BUSY;
  return api().enabled = set, CUPTI_SUCCESS;
}
CUptiResult cuptiEventGroupSetDisable(CUpti_EventGroupSet*) { return api().enabled = nullptr, CUPTI_SUCCESS; }
CUptiResult cuptiEventGroupSetAttribute(CUpti_EventGroup group, CUpti_EventGroupAttribute, std::size_t,
                                        void*) {
  return static_cast<Group*>(group)->all_instances = true, CUPTI_SUCCESS;
}
CUptiResult cuptiEventGroupGetAttribute(CUpti_EventGroup group, CUpti_EventGroupAttribute which,
                                        std::size_t* size, void* value) {
  const Group& g = *static_cast<Group*>(group);
  switch (which) {
    case CUPTI_EVENT_GROUP_ATTR_EVENT_DOMAIN_ID: return give<CUpti_EventDomainID>(1, size, value);
    case CUPTI_EVENT_GROUP_ATTR_INSTANCE_COUNT: return give(kInstances, size, value);
    case CUPTI_EVENT_GROUP_ATTR_NUM_EVENTS:
      return give(static_cast<std::uint32_t>(g.events.size()), size, value);
    case CUPTI_EVENT_GROUP_ATTR_EVENTS:
      if (*size < g.events.size() * sizeof g.events[0]) return CUPTI_ERROR_PARAMETER_SIZE_NOT_SUFFICIENT;
      std::memcpy(value, g.events.data(), g.events.size() * sizeof g.events[0]);
      return CUPTI_SUCCESS;
    default: return CUPTI_ERROR_INVALID_PARAMETER;
  }
}
CUptiResult cuptiEventGroupReadEvent(CUpti_EventGroup group, CUpti_ReadEventFlags, CUpti_EventID event,
                                     std::size_t* size, std::uint64_t* values) {
  if (!static_cast<Group*>(group)->all_instances || api().enabled == nullptr)
    return CUPTI_ERROR_INVALID_OPERATION;
  if (*size < kInstances * sizeof values[0]) return CUPTI_ERROR_PARAMETER_SIZE_NOT_SUFFICIENT;
  const double all = kMetrics[event - 100].per_ns * static_cast<double>(api().last_kernel);
  for (std::uint32_t i = 0; i < kInstances; ++i)
    values[i] = static_cast<std::uint64_t>(all / kTotalInstances);
  return CUPTI_SUCCESS;
}
CUptiResult cuptiDeviceGetEventDomainAttribute(CUdevice, CUpti_EventDomainID, CUpti_EventDomainAttribute,
                                               std::size_t* size, void* value) {
  return give(kTotalInstances, size, value);
}

}  // extern "C"
#endif
