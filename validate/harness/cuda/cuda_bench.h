// The bench on a real GPU: driver, libraries and timing put together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "validate/harness/bench.h"
#include "validate/harness/cuda/activity.h"
#include "validate/harness/cuda/blas.h"
#include "validate/harness/cuda/counters.h"
#include "validate/harness/cuda/dnn.h"
#include "validate/harness/cuda/launcher.h"
#include "validate/harness/cuda/nvml.h"

namespace roofcast::harness {

class CudaBench : public Bench {
 public:
  explicit CudaBench(std::unique_ptr<Driver> driver);

  const Identity& identity() const override { return identity_; }
  Sensors sensors() const override { return nvml_ ? nvml_->sensors() : Sensors{}; }
  tl::expected<std::unique_ptr<Prepared>, std::string> prepare(const Case& c) override;

  const Driver& driver() const { return *driver_; }
  /// Fills a buffer twice the size of L2, so that the next kernel finds nothing there.
  void flush() const;
  ActivityRecorder* recorder() const { return recorder_.get(); }
  /// Counters of `work`, as Counters::collect has it; the activity records pause meanwhile.
  tl::expected<CounterValues, std::string> count(const Action& reset, const Action& work);

 private:
  void identify();
  void self_test();
  Launcher launcher(const OpCase& op);
  std::unique_ptr<Prepared> prepare_micro(const MicroCase& micro);

  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Nvml> nvml_;
  std::unique_ptr<ActivityRecorder> recorder_;  // nullptr: CUDA events
  std::unique_ptr<Blas> blas_;
  std::unique_ptr<Dnn> dnn_;
  std::string no_blas_, no_dnn_;
  std::unique_ptr<Arena> arena_;
  std::unique_ptr<DeviceMemory> flushed_;
  std::unique_ptr<Counters> counters_;  // opened by the first count()
  Identity identity_;
};

}  // namespace roofcast::harness
