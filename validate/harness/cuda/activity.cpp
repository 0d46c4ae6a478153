// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/activity.h"

#include <cupti.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "validate/harness/cuda/library.h"

namespace roofcast::harness {
namespace {

// Which record CUPTI fills depends on the toolkit: CMake takes the newest its headers declare.
using CuptiKernel = ROOFCAST_CUPTI_KERNEL;

#define ROOFCAST_CUPTI_FUNCTIONS(X)    \
  X(cuptiGetVersion)                   \
  X(cuptiActivityRegisterCallbacks)    \
  X(cuptiActivityEnable)               \
  X(cuptiActivityDisable)              \
  X(cuptiActivityFlushAll)             \
  X(cuptiActivityGetNextRecord)        \
  X(cuptiActivityGetNumDroppedRecords) \
  X(cuptiActivityPushExternalCorrelationId) X(cuptiActivityPopExternalCorrelationId)

struct CuptiTable {
  ROOFCAST_CUPTI_FUNCTIONS(ROOFCAST_DECLARE)
};

constexpr std::size_t kBufferBytes = std::size_t{4} << 20;  // CUPTI advises 1 to 10 MB
constexpr std::array kKinds{CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
                            CUPTI_ACTIVITY_KIND_DRIVER, CUPTI_ACTIVITY_KIND_RUNTIME};

}  // namespace

std::string explain_cupti(int code) {
  switch (code) {
    case 8: return "not initialised: no driver or no device";
    case 26: return "the profiling hardware is busy: another profiler runs";
    case 35:
      return "no permission to read GPU counters (ERR_NVGPUCTRPERM): run as root or with CAP_SYS_ADMIN, or "
             "put 'options "
             "nvidia NVreg_RestrictProfilingToAdminUsers=0' into /etc/modprobe.d/nvidia.conf, update the "
             "initramfs and reboot; "
             "in a container add --cap-add=SYS_ADMIN";
    case 38: return "this CUPTI dropped the event and metric API: it ends with CUDA 12";
    case 39: return "another profiler is attached (Nsight, cuda-gdb)";
    case 33:
    case 40: return "a virtual GPU without profiling: its administrator can allow it";
    case 41: return "confidential computing is on";
    case 42: return "a mining card, which cannot be profiled";
    case 43: return "MIG is on for this device";
    case 45: return "WSL without profiling: allow it in the Windows control panel of NVIDIA";
    default: return fmt::format("CUPTI error {}", code);
  }
}

/// The callbacks of CUPTI carry no user pointer, so that there is one state in the process.
struct ActivityRecorder::State {
  Library library;
  CuptiTable cupti;
  std::mutex mutex;  // guards the log; never held across a call to CUPTI
  ActivityLog log;

  explicit State(const Library& l) : library(l) {}

  void read(CUcontext context, std::uint32_t stream, std::uint8_t* buffer, std::size_t bytes) {
    ActivityLog part;
    CUpti_Activity* record = nullptr;
    while (cupti.cuptiActivityGetNextRecord(buffer, bytes, &record) == CUPTI_SUCCESS) {
      if (record->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL ||
          record->kind == CUPTI_ACTIVITY_KIND_KERNEL) {
        const auto* k = reinterpret_cast<const CuptiKernel*>(record);
        part.kernels.push_back({k->name == nullptr ? "" : k->name, k->start, k->end, k->correlationId});
      } else if (record->kind == CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION) {
        const auto* e = reinterpret_cast<const CUpti_ActivityExternalCorrelation*>(record);
        part.marks[e->correlationId] = e->externalId;
      }
    }
    std::size_t dropped = 0;
    cupti.cuptiActivityGetNumDroppedRecords(context, stream, &dropped);
    const std::lock_guard guard(mutex);
    log.kernels.insert(log.kernels.end(), part.kernels.begin(), part.kernels.end());
    log.marks.insert(part.marks.begin(), part.marks.end());
    log.dropped += dropped;
  }
};

namespace {

void* current_state = nullptr;  // ActivityRecorder::State*

}  // namespace

ActivityRecorder::ActivityRecorder(std::unique_ptr<State> state, std::string version)
    : state_(std::move(state)), version_(std::move(version)) {}

tl::expected<std::unique_ptr<ActivityRecorder>, std::string> ActivityRecorder::open() {
  constexpr int kMajor = CUPTI_API_VERSION / 10000;
  // Older CUPTIs number themselves 14 to 26 for CUDA 11 and 12; their library is named after the toolkit.
  std::vector<std::string> names{"libcupti.so." ROOFCAST_TEXT(ROOFCAST_CUDA_MAJOR), "libcupti.so"};
  const auto found = Library::open(names);
  if (!found) return tl::unexpected(found.error());
  auto state = std::make_unique<State>(*found);
  const Library& library = state->library;
  CuptiTable& table = state->cupti;
  std::string missing;
  ROOFCAST_CUPTI_FUNCTIONS(ROOFCAST_LOAD)
  if (!missing.empty()) return tl::unexpected(fmt::format("{} lacks {}", library.name(), missing));
  std::uint32_t version = 0;
  table.cuptiGetVersion(&version);
  if (static_cast<int>(version) / 10000 != kMajor)
    return tl::unexpected(fmt::format("{} has API version {}, this was built with {}", library.name(),
                                      version, CUPTI_API_VERSION));
  if (current_state != nullptr) return tl::unexpected(std::string("CUPTI is in use already"));
  current_state = state.get();
  const auto request = [](std::uint8_t** buffer, std::size_t* size, std::size_t* records) {
    *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(8, kBufferBytes));
    *size = *buffer == nullptr ? 0 : kBufferBytes;
    *records = 0;
  };
  const auto complete = [](CUcontext context, std::uint32_t stream, std::uint8_t* buffer, std::size_t,
                           std::size_t valid) {
    if (auto* s = static_cast<State*>(current_state); s != nullptr && valid > 0)
      s->read(context, stream, buffer, valid);
    std::free(buffer);
  };
  CUptiResult result = table.cuptiActivityRegisterCallbacks(request, complete);
  for (const CUpti_ActivityKind kind : kKinds) {
    if (result == CUPTI_SUCCESS) result = table.cuptiActivityEnable(kind);
  }
  if (result != CUPTI_SUCCESS) {
    current_state = nullptr;
    return tl::unexpected(explain_cupti(static_cast<int>(result)));
  }
  return std::unique_ptr<ActivityRecorder>(
      new ActivityRecorder(std::move(state), fmt::format("{} (API {})", library.name(), version)));
}

ActivityRecorder::~ActivityRecorder() {
  for (const CUpti_ActivityKind kind : kKinds) state_->cupti.cuptiActivityDisable(kind);
  state_->cupti.cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  current_state = nullptr;
}

void ActivityRecorder::mark(std::uint64_t mark) {
  state_->cupti.cuptiActivityPushExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, mark);
}
void ActivityRecorder::end_mark() {
  std::uint64_t last = 0;
  state_->cupti.cuptiActivityPopExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last);
}

ActivityLog ActivityRecorder::take() {
  state_->cupti.cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  const std::lock_guard guard(state_->mutex);
  return std::exchange(state_->log, {});
}

}  // namespace roofcast::harness
