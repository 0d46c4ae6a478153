// CUPTI's activity records, on a stretch of work.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "validate/harness/activity_log.h"

namespace roofcast::harness {

/// One at a time in a process, as CUPTI has it.
/// Usage: recorder->mark(0); launch(); recorder->end_mark(); synchronize(); ActivityLog log = recorder->take();
class ActivityRecorder {
 public:
  /// After cuInit. The reason where CUPTI is missing, of another major version than the headers, or refuses.
  static tl::expected<std::unique_ptr<ActivityRecorder>, std::string> open();
  ~ActivityRecorder();
  ActivityRecorder(const ActivityRecorder&) = delete;
  ActivityRecorder& operator=(const ActivityRecorder&) = delete;

  /// Kernels launched from here to end_mark() belong to `mark`.
  void mark(std::uint64_t mark);
  void end_mark();
  /// Everything recorded since the last call. The stream must have been waited for.
  ActivityLog take();
  /// Nothing is recorded from pause() to resume(): while something else profiles.
  void pause();
  void resume();
  const std::string& version() const { return version_; }

 private:
  struct State;
  explicit ActivityRecorder(std::unique_ptr<State> state, std::string version);
  std::unique_ptr<State> state_;
  std::string version_;
};

/// Nothing is recorded while it lives: records slow the host and widen gaps between kernels. `recorder` may be nullptr.
class RecordingPause {
 public:
  explicit RecordingPause(ActivityRecorder* recorder) : recorder_(recorder) {
    if (recorder_ != nullptr) recorder_->pause();
  }
  ~RecordingPause() {
    if (recorder_ != nullptr) recorder_->resume();
  }
  RecordingPause(const RecordingPause&) = delete;
  RecordingPause& operator=(const RecordingPause&) = delete;

 private:
  ActivityRecorder* recorder_;
};

}  // namespace roofcast::harness
