// CUPTI's range profiler on the GPU that is not there, as strict about the order of calls as the real one. A kernel of N ns
// executes 1000 N fused multiply-adds, 10 N additions, 5 N multiplications and 3 N tensor instructions, and moves 200 N
// bytes of DRAM and 500 N of L2. Counting all takes two passes.
//   FAKE_CUPTI_COUNTER_ERROR=N  what enabling the profiler returns
// SPDX-License-Identifier: Apache-2.0
#include "tests/cuda/fake/machine.h"
#if __has_include(<cupti_range_profiler.h>)
#include <cupti_profiler_host.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>

#include <cstring>
#include <map>

using namespace fake;

struct CUpti_Profiler_Host_Object {
  std::vector<std::string> metrics;
  bool spoilt = false;
};

namespace {

constexpr std::size_t kPasses = 2;

const std::map<std::string, double>& metrics_per_ns() {
  static const std::map<std::string, double> list{{"sm__sass_thread_inst_executed_op_ffma_pred_on.sum", 1000},
                                                  {"sm__sass_thread_inst_executed_op_fadd_pred_on.sum", 10},
                                                  {"sm__sass_thread_inst_executed_op_fmul_pred_on.sum", 5},
                                                  {"dram__bytes.sum", 200},
                                                  {"lts__t_bytes.sum", 500},
                                                  {"sm__inst_executed_pipe_tensor.sum", 3}};
  return list;
}

enum class State { off, enabled, configured, started, pushed, popped, stopped };
struct Profiler {
  State state = State::off;
  std::size_t passes = 0;
  double nanoseconds = 0;  // of the kernels of this pass
  std::uint8_t* image = nullptr;
};
Profiler& profiler() {
  static Profiler p;
  return p;
}

/// From one state to the next; an error where another call should have come first.
CUptiResult move(State from, State to) {
  if (profiler().state != from) return CUPTI_ERROR_INVALID_OPERATION;
  profiler().state = to;
  return CUPTI_SUCCESS;
}

}  // namespace

extern "C" {

CUptiResult cuptiProfilerInitialize(CUpti_Profiler_Initialize_Params*) { return CUPTI_SUCCESS; }
CUptiResult cuptiDeviceGetChipName(CUpti_Device_GetChipName_Params* p) {
  return p->pChipName = "TU104", CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerGetCounterAvailability(CUpti_Profiler_GetCounterAvailability_Params* p) {
  return p->counterAvailabilityImageSize = 16, CUPTI_SUCCESS;
}

CUptiResult cuptiProfilerHostInitialize(CUpti_Profiler_Host_Initialize_Params* p) {
  if (std::strcmp(p->pChipName, "TU104") != 0) return CUPTI_ERROR_INVALID_CHIP_NAME;
  p->pHostObject = new CUpti_Profiler_Host_Object;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostDeinitialize(CUpti_Profiler_Host_Deinitialize_Params* p) {
  delete p->pHostObject;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostConfigAddMetrics(CUpti_Profiler_Host_ConfigAddMetrics_Params* p) {
  auto& object = *p->pHostObject;
  for (std::size_t i = 0; i < p->numMetrics && !object.spoilt; ++i) {
    object.spoilt = metrics_per_ns().count(p->ppMetricNames[i]) == 0;
    object.metrics.emplace_back(p->ppMetricNames[i]);
  }
  return object.spoilt ? CUPTI_ERROR_UNKNOWN : CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostGetConfigImageSize(CUpti_Profiler_Host_GetConfigImageSize_Params* p) {
  p->configImageSize = 1;
  return p->pHostObject->spoilt ? CUPTI_ERROR_UNKNOWN : CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostGetConfigImage(CUpti_Profiler_Host_GetConfigImage_Params* p) {
  return *p->pConfigImage = kPasses, CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostGetNumOfPasses(CUpti_Profiler_Host_GetNumOfPasses_Params* p) {
  return p->numOfPasses = *p->pConfigImage, CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostEvaluateToGpuValues(CUpti_Profiler_Host_EvaluateToGpuValues_Params* p) {
  double nanoseconds = 0;
  if (p->counterDataImageSize != sizeof nanoseconds) return CUPTI_ERROR_INVALID_PARAMETER;
  std::memcpy(&nanoseconds, p->pCounterDataImage, sizeof nanoseconds);
  for (std::size_t i = 0; i < p->numMetrics; ++i)
    p->pMetricValues[i] = metrics_per_ns().at(p->ppMetricNames[i]) * nanoseconds;
  return CUPTI_SUCCESS;
}

CUptiResult cuptiRangeProfilerEnable(CUpti_RangeProfiler_Enable_Params* p) {
  if (const int error = environment("FAKE_CUPTI_COUNTER_ERROR")) return static_cast<CUptiResult>(error);
  if (machine().recording) return CUPTI_ERROR_INVALID_OPERATION;  // activity records and counters at once
  p->pRangeProfilerObject = reinterpret_cast<CUpti_RangeProfiler_Object*>(1);
  machine().around_launch = [](bool before, std::uint64_t nanoseconds) {
    if (!before && profiler().state == State::pushed)
      profiler().nanoseconds += static_cast<double>(nanoseconds);
  };
  profiler().passes = 0;
  return move(State::off, State::enabled);
}
CUptiResult cuptiRangeProfilerDisable(CUpti_RangeProfiler_Disable_Params*) {
  machine().around_launch = nullptr;
  return profiler().state = State::off, CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerGetCounterDataSize(CUpti_RangeProfiler_GetCounterDataSize_Params* p) {
  return p->counterDataSize = sizeof(double), CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerCounterDataImageInitialize(
    CUpti_RangeProfiler_CounterDataImage_Initialize_Params* p) {
  std::memset(p->pCounterData, 0, p->counterDataSize);
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerSetConfig(CUpti_RangeProfiler_SetConfig_Params* p) {
  if (p->range != CUPTI_UserRange || p->replayMode != CUPTI_UserReplay || p->minNestingLevel != 1)
    return CUPTI_ERROR_INVALID_PARAMETER;
  profiler().image = p->pCounterDataImage;
  return move(State::enabled, State::configured);
}
CUptiResult cuptiRangeProfilerStart(CUpti_RangeProfiler_Start_Params*) {
  profiler().nanoseconds = 0;
  return move(profiler().passes == 0 ? State::configured : State::stopped, State::started);
}
CUptiResult cuptiRangeProfilerPushRange(CUpti_RangeProfiler_PushRange_Params*) {
  return move(State::started, State::pushed);
}
CUptiResult cuptiRangeProfilerPopRange(CUpti_RangeProfiler_PopRange_Params*) {
  return move(State::pushed, State::popped);
}
CUptiResult cuptiRangeProfilerStop(CUpti_RangeProfiler_Stop_Params* p) {
  p->isAllPassSubmitted = ++profiler().passes == kPasses ? 1 : 0;
  return move(State::popped, State::stopped);
}
CUptiResult cuptiRangeProfilerDecodeData(CUpti_RangeProfiler_DecodeData_Params*) {
  if (profiler().state != State::stopped || profiler().passes != kPasses)
    return CUPTI_ERROR_INVALID_OPERATION;
  std::memcpy(profiler().image, &profiler().nanoseconds, sizeof(double));
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerGetCounterDataInfo(CUpti_RangeProfiler_GetCounterDataInfo_Params* p) {
  return p->numTotalRanges = 1, CUPTI_SUCCESS;
}

}  // extern "C"
#endif
