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
  HostTimed(std::function<void()> action, std::string provider)
      : action_(std::move(action)), provider_(std::move(provider)) {}
  tl::expected<Runs, std::string> run(int times) override;
  std::string provider() const override { return provider_; }
  tl::expected<CounterValues, std::string> count() override;

 private:
  std::function<void()> action_;
  std::string provider_;
};

}  // namespace roofcast::harness
