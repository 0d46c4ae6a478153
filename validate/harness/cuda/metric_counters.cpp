// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/metric_counters.h"

#include <cupti.h>

#include "validate/harness/cuda/cupti_call.h"
#if __has_include(<cupti_metrics.h>) && __has_include(<cupti_events.h>)
#include <array>
#include <cstring>
#include <exception>
#include <map>
#include <utility>
#include <vector>

namespace roofcast::harness {
namespace {

#define ROOFCAST_METRIC_FUNCTIONS(X) \
  X(cuptiSubscribe)                  \
  X(cuptiUnsubscribe)                \
  X(cuptiEnableDomain)               \
  X(cuptiSetEventCollectionMode)     \
  X(cuptiMetricGetIdFromName)        \
  X(cuptiMetricCreateEventGroupSets) \
  X(cuptiMetricGetNumEvents)         \
  X(cuptiMetricEnumEvents)           \
  X(cuptiMetricGetValue)             \
  X(cuptiEventGroupSetsDestroy)      \
  X(cuptiEventGroupSetEnable)        \
  X(cuptiEventGroupSetDisable)       \
  X(cuptiEventGroupSetAttribute)     \
  X(cuptiEventGroupGetAttribute)     \
  X(cuptiEventGroupReadEvent)        \
  X(cuptiDeviceGetEventDomainAttribute)

struct MetricTable {
  ROOFCAST_METRIC_FUNCTIONS(ROOFCAST_DECLARE)
};

enum class Figure { flops, dram_bytes, l2_bytes };

/// Metrics of compute capability 6.x as CUPTI's manual lists them. A transaction is a sector of 32 bytes; flop_count_sp
/// counts a multiply-add twice.
struct NamedMetric {
  const char* name;
  Figure figure;
  double scale;
};
constexpr std::array kMetrics{NamedMetric{"flop_count_sp", Figure::flops, 1},
                              NamedMetric{"dram_read_transactions", Figure::dram_bytes, 32},
                              NamedMetric{"dram_write_transactions", Figure::dram_bytes, 32},
                              NamedMetric{"l2_read_transactions", Figure::l2_bytes, 32},
                              NamedMetric{"l2_write_transactions", Figure::l2_bytes, 32}};

/// Events are counted launch by launch: a driver callback enables a set of groups before a kernel and reads it after.
class MetricCounters : public Counters {
 public:
  MetricCounters(const MetricTable& table, const Driver& driver)
      : table_(table), driver_(driver), sets_(nullptr, table.cuptiEventGroupSetsDestroy) {
    std::vector<CUpti_MetricID> ids;
    CUptiResult last = CUPTI_SUCCESS;
    for (const NamedMetric& metric : kMetrics) {
      CUpti_MetricID id = 0;
      last = table_.cuptiMetricGetIdFromName(driver.device, metric.name, &id);
      if (last != CUPTI_SUCCESS) continue;
      metrics_.emplace_back(metric, id);
      ids.push_back(id);
    }
    if (ids.empty()) check_cupti(static_cast<int>(last), "cuptiMetricGetIdFromName");
    ROOFCAST_CUPTI(table_, cuptiSetEventCollectionMode, driver.context, CUPTI_EVENT_COLLECTION_MODE_KERNEL);
    CUpti_EventGroupSets* sets = nullptr;
    ROOFCAST_CUPTI(table_, cuptiMetricCreateEventGroupSets, driver.context, ids.size() * sizeof ids[0],
                   ids.data(), &sets);
    sets_.reset(sets);
    ROOFCAST_CUPTI(table_, cuptiSubscribe, &subscriber_, &MetricCounters::on_call, this);
  }
  ~MetricCounters() override {
    if (subscriber_ != nullptr) table_.cuptiUnsubscribe(subscriber_);
  }
  MetricCounters(const MetricCounters&) = delete;
  MetricCounters& operator=(const MetricCounters&) = delete;

  tl::expected<CounterValues, std::string> collect(const Action& reset, const Action& work) override {
    events_.clear();
    try {
      for (std::uint32_t i = 0; i < sets_->numSets; ++i) {
        reset();
        counted_ = &sets_->sets[i];
        ROOFCAST_CUPTI(table_, cuptiEnableDomain, 1, subscriber_, CUPTI_CB_DOMAIN_DRIVER_API);
        work();
        ROOFCAST_CUPTI(table_, cuptiEnableDomain, 0, subscriber_, CUPTI_CB_DOMAIN_DRIVER_API);
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
      }
      return values();
    } catch (const std::runtime_error& e) {  // CounterError, CudaError
      table_.cuptiEnableDomain(0, subscriber_, CUPTI_CB_DOMAIN_DRIVER_API);
      return tl::unexpected(std::string(e.what()));
    }
  }

 private:
  /// Called by CUPTI on the launching thread, before and after every call of the driver.
  static void CUPTIAPI on_call(void* self, CUpti_CallbackDomain, CUpti_CallbackId, const void* data) {
    const auto& call = *static_cast<const CUpti_CallbackData*>(data);
    if (std::strncmp(call.functionName, "cuLaunch", 8) != 0) return;
    auto& counters = *static_cast<MetricCounters*>(self);
    if (counters.failure_) return;
    try {
      call.callbackSite == CUPTI_API_ENTER ? counters.before_kernel() : counters.after_kernel();
    } catch (const std::runtime_error&) {  // must not pass through CUPTI
      counters.failure_ = std::current_exception();
    }
  }

  void before_kernel() {
    driver_.synchronize();
    for (std::uint32_t i = 0; i < counted_->numEventGroups; ++i) {
      std::uint32_t all = 1;
      ROOFCAST_CUPTI(table_, cuptiEventGroupSetAttribute, counted_->eventGroups[i],
                     CUPTI_EVENT_GROUP_ATTR_PROFILE_ALL_DOMAIN_INSTANCES, sizeof all, &all);
    }
    ROOFCAST_CUPTI(table_, cuptiEventGroupSetEnable, counted_);
  }

  void after_kernel() {
    driver_.synchronize();
    for (std::uint32_t i = 0; i < counted_->numEventGroups; ++i) read(counted_->eventGroups[i]);
    ROOFCAST_CUPTI(table_, cuptiEventGroupSetDisable, counted_);
  }

  template <class Value>
  Value attribute(CUpti_EventGroup group, CUpti_EventGroupAttribute which) const {
    Value value{};
    std::size_t size = sizeof value;
    ROOFCAST_CUPTI(table_, cuptiEventGroupGetAttribute, group, which, &size, &value);
    return value;
  }

  /// Adds the group's events, scaled from the instances of the unit that were read to all there are.
  void read(CUpti_EventGroup group) {
    const auto domain = attribute<CUpti_EventDomainID>(group, CUPTI_EVENT_GROUP_ATTR_EVENT_DOMAIN_ID);
    const auto instances = attribute<std::uint32_t>(group, CUPTI_EVENT_GROUP_ATTR_INSTANCE_COUNT);
    std::vector<CUpti_EventID> ids(attribute<std::uint32_t>(group, CUPTI_EVENT_GROUP_ATTR_NUM_EVENTS));
    std::size_t size = ids.size() * sizeof ids[0];
    ROOFCAST_CUPTI(table_, cuptiEventGroupGetAttribute, group, CUPTI_EVENT_GROUP_ATTR_EVENTS, &size,
                   ids.data());
    std::uint32_t there = 0;
    size = sizeof there;
    ROOFCAST_CUPTI(table_, cuptiDeviceGetEventDomainAttribute, driver_.device, domain,
                   CUPTI_EVENT_DOMAIN_ATTR_TOTAL_INSTANCE_COUNT, &size, &there);
    for (const CUpti_EventID id : ids) {
      std::vector<std::uint64_t> values(instances);
      size = values.size() * sizeof values[0];
      ROOFCAST_CUPTI(table_, cuptiEventGroupReadEvent, group, CUPTI_EVENT_READ_FLAG_NONE, id, &size,
                     values.data());
      double sum = 0;
      for (const std::uint64_t v : values) sum += static_cast<double>(v);
      events_[id] += sum * there / instances;
    }
  }

  CounterValues values() const {
    CounterValues result;
    const auto add = [&](Figure figure, double value) {
      std::optional<double>& to = figure == Figure::flops        ? result.flops
                                  : figure == Figure::dram_bytes ? result.dram_bytes
                                                                 : result.l2_bytes;
      to = to.value_or(0) + value;
    };
    for (const auto& [metric, id] : metrics_) add(metric.figure, metric.scale * value_of(id));
    return result;
  }

  double value_of(CUpti_MetricID metric) const {
    std::uint32_t count = 0;
    ROOFCAST_CUPTI(table_, cuptiMetricGetNumEvents, metric, &count);
    std::vector<CUpti_EventID> ids(count);
    std::size_t size = ids.size() * sizeof ids[0];
    ROOFCAST_CUPTI(table_, cuptiMetricEnumEvents, metric, &size, ids.data());
    std::vector<std::uint64_t> values;
    for (const CUpti_EventID id : ids) {
      const auto found = events_.find(id);
      if (found == events_.end()) throw CounterError("CUPTI counted no kernel");
      values.push_back(static_cast<std::uint64_t>(found->second));
    }
    CUpti_MetricValue value{};
    // The duration only matters to rates, none of which is asked for.
    ROOFCAST_CUPTI(table_, cuptiMetricGetValue, driver_.device, metric, size, ids.data(),
                   values.size() * sizeof values[0], values.data(), 1, &value);
    return static_cast<double>(value.metricValueUint64);
  }

  MetricTable table_;
  const Driver& driver_;
  std::vector<std::pair<NamedMetric, CUpti_MetricID>> metrics_;
  std::unique_ptr<CUpti_EventGroupSets, decltype(&::cuptiEventGroupSetsDestroy)> sets_;
  CUpti_SubscriberHandle subscriber_ = nullptr;
  CUpti_EventGroupSet* counted_ = nullptr;  // of the run in progress
  std::map<CUpti_EventID, double> events_;
  std::exception_ptr failure_;  // of a callback
};

}  // namespace

tl::expected<std::unique_ptr<Counters>, std::string> open_metric_counters(const Driver& driver) {
  const auto loaded =
      load_cupti<MetricTable>([](const Library& library, MetricTable& table, std::string& missing) {
        ROOFCAST_METRIC_FUNCTIONS(ROOFCAST_LOAD)
      });
  if (!loaded) return tl::unexpected(loaded.error());
  try {
    return std::make_unique<MetricCounters>(*loaded, driver);
  } catch (const CounterError& e) {
    return tl::unexpected(std::string(e.what()));
  }
}

}  // namespace roofcast::harness

#else  // a CUPTI that dropped the API altogether

namespace roofcast::harness {

tl::expected<std::unique_ptr<Counters>, std::string> open_metric_counters(const Driver&) {
  return tl::unexpected(
      std::string("counters of this GPU need the event and metric API, which ends with CUDA 12"));
}

}  // namespace roofcast::harness
#endif
