// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/range_counters.h"

#include <cupti.h>

#include "validate/harness/cuda/cupti_call.h"
#include "validate/harness/cuda/host_profiler.h"
#if __has_include(<cupti_range_profiler.h>)
#include <cupti_range_profiler.h>
#include <cupti_target.h>
#include <fmt/format.h>

namespace roofcast::harness {
namespace {

#define ROOFCAST_PROFILER_FUNCTIONS(X)            \
  X(cuptiProfilerInitialize)                      \
  X(cuptiDeviceGetChipName)                       \
  X(cuptiProfilerGetCounterAvailability)          \
  X(cuptiRangeProfilerEnable)                     \
  X(cuptiRangeProfilerDisable)                    \
  X(cuptiRangeProfilerGetCounterDataSize)         \
  X(cuptiRangeProfilerCounterDataImageInitialize) \
  X(cuptiRangeProfilerSetConfig)                  \
  X(cuptiRangeProfilerStart)                      \
  X(cuptiRangeProfilerPushRange)                  \
  X(cuptiRangeProfilerPopRange)                   \
  X(cuptiRangeProfilerStop)                       \
  X(cuptiRangeProfilerDecodeData)                 \
  X(cuptiRangeProfilerGetCounterDataInfo)

struct ProfilerTable {
  ROOFCAST_PROFILER_FUNCTIONS(ROOFCAST_DECLARE)
};

/// The range profiler, on for a context. One range, replayed by running the work again.
class Range {
 public:
  Range(const ProfilerTable& table, CUcontext context) : table_(table) {
    auto p = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_Enable_Params);
    p.ctx = context;
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerEnable, &p);
    object_ = p.pRangeProfilerObject;
  }
  ~Range() {
    auto p = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_Disable_Params);
    p.pRangeProfilerObject = object_;
    table_.cuptiRangeProfilerDisable(&p);
  }
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;

  /// Room for the counters of `metrics`, which the profiler fills as `config` says. It must outlive the range.
  CuptiImage configure(const std::vector<std::string>& metrics, const CuptiImage& config) const {
    std::vector<const char*> names = pointers(metrics);
    auto size = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_GetCounterDataSize_Params);
    size.pRangeProfilerObject = object_;
    size.pMetricNames = names.data();
    size.numMetrics = names.size();
    size.maxNumOfRanges = 1;
    size.maxNumRangeTreeNodes = 1;
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerGetCounterDataSize, &size);
    CuptiImage counted(size.counterDataSize);
    auto image = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_CounterDataImage_Initialize_Params);
    image.pRangeProfilerObject = object_;
    image.counterDataSize = counted.size();
    image.pCounterData = counted.data();
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerCounterDataImageInitialize, &image);
    auto p = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_SetConfig_Params);
    p.pRangeProfilerObject = object_;
    p.configSize = config.size();
    p.pConfig = config.data();
    p.counterDataImageSize = counted.size();
    p.pCounterDataImage = counted.data();
    p.range = CUPTI_UserRange;
    p.replayMode = CUPTI_UserReplay;
    p.maxRangesPerPass = 1;
    p.numNestingLevels = 1;
    p.minNestingLevel = 1;
    p.targetNestingLevel = 1;
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerSetConfig, &p);
    return counted;
  }

  /// One pass; true where it was the last.
  bool pass(const Action& work) const {
    auto start = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_Start_Params);
    start.pRangeProfilerObject = object_;
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerStart, &start);
    auto push = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_PushRange_Params);
    push.pRangeProfilerObject = object_;
    push.pRangeName = "work";
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerPushRange, &push);
    work();
    auto pop = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_PopRange_Params);
    pop.pRangeProfilerObject = object_;
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerPopRange, &pop);
    auto stop = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_Stop_Params);
    stop.pRangeProfilerObject = object_;
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerStop, &stop);
    return stop.isAllPassSubmitted != 0;
  }

  /// After the last pass: fills the room that configure() gave. Throws CounterError where it does not hold the one range.
  void decode(const CuptiImage& counted) const {
    auto p = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_DecodeData_Params);
    p.pRangeProfilerObject = object_;
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerDecodeData, &p);
    auto info = ROOFCAST_PARAMETERS(CUpti_RangeProfiler_GetCounterDataInfo_Params);
    info.pCounterDataImage = counted.data();
    info.counterDataImageSize = counted.size();
    ROOFCAST_CUPTI(table_, cuptiRangeProfilerGetCounterDataInfo, &info);
    if (p.numOfRangeDropped != 0 || info.numTotalRanges != 1)
      throw CounterError(fmt::format("the profiler kept {} ranges and dropped {}, instead of one",
                                     info.numTotalRanges, p.numOfRangeDropped));
  }

 private:
  const ProfilerTable& table_;
  CUpti_RangeProfiler_Object* object_ = nullptr;
};

class RangeCounters : public Counters {
 public:
  RangeCounters(const ProfilerTable& table, const std::shared_ptr<const HostTable>& host,
                const Driver& driver)
      : table_(table), context_(driver.context) {
    auto ready = ROOFCAST_PARAMETERS(CUpti_Profiler_Initialize_Params);
    ROOFCAST_CUPTI(table_, cuptiProfilerInitialize, &ready);
    auto chip = ROOFCAST_PARAMETERS(CUpti_Device_GetChipName_Params);
    chip.deviceIndex = static_cast<std::size_t>(driver.device);
    ROOFCAST_CUPTI(table_, cuptiDeviceGetChipName, &chip);
    chip_ = chip.pChipName;
    const CuptiImage available = availability();
    names_ = known_metrics(host, chip_, available);
    if (names_.empty()) throw CounterError("CUPTI has none of the harness's counters for the chip " + chip_);
    host_ = std::make_unique<HostProfiler>(host, chip_, available);
    if (!host_->add(names_)) throw CounterError("CUPTI refuses its own metrics of the chip " + chip_);
    config_ = host_->config();
    passes_ = host_->passes(config_);
  }

  tl::expected<CounterValues, std::string> collect(const Action& reset, const Action& work) override {
    try {
      const Range range(table_, context_);
      CuptiImage counted = range.configure(names_, config_);
      bool last = false;
      for (std::size_t i = 0; !last; ++i) {
        if (i > 2 * passes_)
          throw CounterError(fmt::format("more than twice the {} passes announced", passes_));
        reset();
        last = range.pass(work);
      }
      range.decode(counted);
      return values_of(host_->evaluate(counted, names_), chip_);
    } catch (const std::runtime_error& e) {  // CounterError, CudaError
      return tl::unexpected(std::string(e.what()));
    }
  }

 private:
  CuptiImage availability() const {
    auto p = ROOFCAST_PARAMETERS(CUpti_Profiler_GetCounterAvailability_Params);
    p.ctx = context_;
    ROOFCAST_CUPTI(table_, cuptiProfilerGetCounterAvailability, &p);
    CuptiImage image(p.counterAvailabilityImageSize);
    p.pCounterAvailabilityImage = image.data();
    ROOFCAST_CUPTI(table_, cuptiProfilerGetCounterAvailability, &p);
    return image;
  }

  ProfilerTable table_;
  CUcontext context_;
  std::string chip_;
  std::vector<std::string> names_;
  std::unique_ptr<HostProfiler> host_;
  CuptiImage config_;
  std::size_t passes_ = 0;
};

}  // namespace

tl::expected<std::unique_ptr<Counters>, std::string> open_range_counters(const Driver& driver) {
  const auto host = load_host_profiler();
  if (!host) return tl::unexpected(host.error());
  const auto loaded =
      load_cupti<ProfilerTable>([](const Library& library, ProfilerTable& table, std::string& missing) {
        ROOFCAST_PROFILER_FUNCTIONS(ROOFCAST_LOAD)
      });
  if (!loaded) return tl::unexpected(loaded.error());
  try {
    return std::make_unique<RangeCounters>(*loaded, *host, driver);
  } catch (const CounterError& e) {
    return tl::unexpected(std::string(e.what()));
  }
}

}  // namespace roofcast::harness

#else  // before CUDA 12.6

namespace roofcast::harness {

tl::expected<std::unique_ptr<Counters>, std::string> open_range_counters(const Driver&) {
  return tl::unexpected(load_host_profiler().error());
}

}  // namespace roofcast::harness
#endif
