// Runs a plan on a bench and writes rows; ends early when told to, goes on where an earlier run stopped.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "validate/harness/bench.h"
#include "validate/harness/plan.h"
#include "validate/harness/record.h"

namespace roofcast::harness {

struct Progress {
  std::size_t done = 0, total = 0;
  Seconds left;  // by the plan, scaled by how long cases took so far
  const Case* next = nullptr;
};

struct SessionHooks {
  std::function<void(const Progress&)> progress = [](const Progress&) {};
  std::function<bool()> interrupted = [] { return false; };
  std::function<Seconds()> now;  // monotonic; the system's where empty
  bool counters = false;
};

struct SessionSummary {
  std::size_t measured = 0, resumed = 0, failed = 0, noisy = 0;
  bool interrupted = false;
  std::string counters;  // why there are none, where they were asked for
};

SessionSummary run_session(Bench& bench, const Plan& plan, const std::string& device, RecordFile& file,
                           const SessionHooks& hooks);

}  // namespace roofcast::harness
