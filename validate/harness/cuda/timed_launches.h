// Cases ready to run: a list of launches timed one by one, or something the host times.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "validate/harness/bench.h"
#include "validate/harness/cuda/cuda_bench.h"

namespace roofcast::harness {

/// Launches in order, each under its own mark of the activity stream; without CUPTI each between two events.
class TimedLaunches : public Prepared {
 public:
  /// `cold`: L2 is flushed before every run.
  TimedLaunches(CudaBench& bench, std::vector<Launcher> launchers, std::vector<int> order, bool cold)
      : bench_(bench), launchers_(std::move(launchers)), order_(std::move(order)), cold_(cold) {}
  tl::expected<Runs, std::string> run(int times) override;
  std::string provider() const override;
  tl::expected<CounterValues, std::string> count() override;

 private:
  Runs run_recorded(int times);
  Runs run_with_events(int times);

  CudaBench& bench_;
  std::vector<Launcher> launchers_;
  std::vector<int> order_;
  bool cold_;
};

/// What the host asks for and waits for, by the host's clock: launch latencies, copies over the link.
class HostTimed : public Prepared {
 public:
  HostTimed(CudaBench& bench, Launch action, std::string provider)
      : bench_(bench), action_(std::move(action)), provider_(std::move(provider)) {}
  tl::expected<Runs, std::string> run(int times) override;
  std::string provider() const override { return provider_; }
  tl::expected<CounterValues, std::string> count() override;

 private:
  CudaBench& bench_;
  Launch action_;
  std::string provider_;
};

/// Launches that wait in the stream behind a long kernel until the host has queued the last: the GPU's own pace, between two
/// events. Runs whose host was slower are lost.
class QueuedLaunches : public Prepared {
 public:
  QueuedLaunches(CudaBench& bench, Launch hold, Launch launches)
      : bench_(bench), hold_(std::move(hold)), launches_(std::move(launches)) {}
  tl::expected<Runs, std::string> run(int times) override;
  std::string provider() const override { return "roofcast"; }
  tl::expected<CounterValues, std::string> count() override;

 private:
  CudaBench& bench_;
  Launch hold_, launches_;
};

}  // namespace roofcast::harness
