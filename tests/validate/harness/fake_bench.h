// A bench whose kernels take as long as a function says: what tests measure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "validate/harness/bench.h"

namespace roofcast::harness::test {

using TimeOf =
    std::function<Seconds(const Case&, const OpCase*)>;  // the op of a step's part, else of the case

class FakePrepared : public Prepared {
 public:
  FakePrepared(const Case& c, TimeOf time, int& total_runs)
      : case_(c), time_(std::move(time)), total_(total_runs) {}
  tl::expected<Runs, std::string> run(int times) override {
    Runs result;
    for (int i = 0; i < times; ++i, ++total_) {
      auto& parts = result.runs.emplace_back();
      // A deterministic jitter of half a percent around the true time.
      const double jitter = 1 + 0.005 * ((i * 7 % 5) - 2) / 2;
      const auto part = [&](const OpCase* o) {
        parts.push_back({time_(case_, o) * jitter, 1, "kernel_of_fake", false});
      };
      if (const auto* step = std::get_if<StepCase>(&case_.subject)) {
        for (const int k : step->order) part(&step->kernels[static_cast<std::size_t>(k)]);
      } else {
        part(std::get_if<OpCase>(&case_.subject));
      }
    }
    return result;
  }
  std::string provider() const override { return "fake"; }
  tl::expected<CounterValues, std::string> count() override {
    return tl::unexpected(std::string("the fake has no counters"));
  }

 private:
  Case case_;
  TimeOf time_;
  int& total_;
};

class FakeBench : public Bench {
 public:
  explicit FakeBench(TimeOf time) : time_(std::move(time)) {
    identity_.name = "Quadro P4000";
    identity_.compute_capability = "6.1";
    identity_.sm_count = 14;
    identity_.memory = Bytes(8.0 * 1073741824);
    identity_.boost_clock = Hertz(1.48e9);
    identity_.memory_clock = Hertz(3.8e9);
    identity_.driver = "580.65.06";
    identity_.timing = "scripted";
  }
  const Identity& identity() const override { return identity_; }
  Sensors sensors() const override { return {Hertz(1.48e9), Watts(80), 55, ""}; }
  tl::expected<std::unique_ptr<Prepared>, std::string> prepare(const Case& c) override {
    ++prepared;
    if (refuses && refuses(c)) return tl::unexpected(std::string("the fake lacks it"));
    return std::make_unique<FakePrepared>(c, time_, runs);
  }

  Identity identity_;
  std::function<bool(const Case&)> refuses;
  int prepared = 0, runs = 0;

 private:
  TimeOf time_;
};

}  // namespace roofcast::harness::test
