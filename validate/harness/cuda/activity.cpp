// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/activity.h"

#include <cupti.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "validate/harness/cuda/cupti.h"

namespace roofcast::harness {
namespace {

// Which record CUPTI fills depends on the toolkit: CMake takes the newest its headers declare.
using CuptiKernel = ROOFCAST_CUPTI_KERNEL;

#define ROOFCAST_CUPTI_FUNCTIONS(X)    \
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

/// The callbacks of CUPTI carry no user pointer, so that there is one state in the process.
struct ActivityRecorder::State {
  Library library;
  CuptiTable cupti;
  std::mutex mutex;  // guards the log; never held across a call to CUPTI
  ActivityLog log;

  explicit State(const Library& l) : library(l) {}

  CUptiResult enable() const {
    for (const CUpti_ActivityKind kind : kKinds) {
      if (const CUptiResult result = cupti.cuptiActivityEnable(kind); result != CUPTI_SUCCESS) return result;
    }
    return CUPTI_SUCCESS;
  }
  void disable() const {
    for (const CUpti_ActivityKind kind : kKinds) cupti.cuptiActivityDisable(kind);
    cupti.cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  }

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
  const auto found = open_cupti();
  if (!found) return tl::unexpected(found.error());
  auto state = std::make_unique<State>(found->library);
  const Library& library = state->library;
  CuptiTable& table = state->cupti;
  std::string missing;
  ROOFCAST_CUPTI_FUNCTIONS(ROOFCAST_LOAD)
  if (!missing.empty()) return tl::unexpected(fmt::format("{} lacks {}", library.name(), missing));
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
  if (result == CUPTI_SUCCESS) result = state->enable();
  if (result != CUPTI_SUCCESS) {
    current_state = nullptr;
    return tl::unexpected(explain_cupti(static_cast<int>(result)));
  }
  return std::unique_ptr<ActivityRecorder>(new ActivityRecorder(std::move(state), found->version));
}

ActivityRecorder::~ActivityRecorder() {
  state_->disable();
  current_state = nullptr;
}

void ActivityRecorder::pause() { state_->disable(); }
void ActivityRecorder::resume() { state_->enable(); }

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
