// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/plan.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include "model/gpu/throughput.h"
#include "model/graph/lower.h"
#include "model/kernels/estimate.h"
#include "validate/harness/shapes.h"

namespace roofcast::harness {
namespace {

/// Cases whose single run is longer tell no more than shorter ones do.
constexpr Seconds kLongestRun{0.15};
/// What a launch, a flush and the flushing of activity records add to a run, and buffers to a case. Generous: the budget is
/// a promise.
constexpr Seconds kPerRun{0.8e-3};
constexpr Seconds kPerCase{0.06};
constexpr Seconds kHold{2.5};

class Planner {
 public:
  Planner(Suite suite, const Gpu& gpu, const Calibration& c) : gpu_(gpu), c_(c) { plan_.suite = suite; }

  Plan make() {
    memory();
    compute();
    launches();
    products();
    for (const OpCase& o : convolutions(suite(), gpu_)) add(Section::conv, o);
    for (const OpCase& o : other_ops(suite(), gpu_)) add(Section::ops, o);
    for (const StepCase& s : steps(suite(), gpu_)) add(s);
    keep_within_budget();
    return std::move(plan_);
  }

 private:
  Suite suite() const { return plan_.suite; }
  bool full() const { return plan_.suite == Suite::full; }

  void add(Micro micro, std::int64_t size, Section section, Seconds run, Load load = Load::burst) {
    plan_.cases.push_back({section, MicroCase{micro, size}, load, run});
  }

  std::optional<Seconds> time_of(const OpCase& o) const {
    Kernel k;
    k.op = o.op;
    k.numerics = o.numerics;
    k.channels_last = o.channels_last;
    try {
      return estimate(k, gpu_, c_).seconds;
    } catch (const std::domain_error&) {  // no such path or format on this board
      return std::nullopt;
    }
  }

  void add(Section section, const OpCase& o, Load load = Load::burst) {
    const auto run = time_of(o);
    if (!run) return;
    if (*run > kLongestRun || footprint(o) > gpu_.memory * 0.5) {
      ++plan_.left_out;
      return;
    }
    Case added{section, o, load, *run};
    if (known_.insert(added.text() + added.numerics() + std::string(name(load))).second)
      plan_.cases.push_back(std::move(added));
  }

  void add(const StepCase& step) {
    std::vector<Seconds> times;
    for (const OpCase& o : step.kernels) {
      const auto run = time_of(o);
      if (!run || footprint(o) > gpu_.memory * 0.5) {
        ++plan_.left_out;
        return;
      }
      times.push_back(*run);
    }
    Seconds run{0};
    for (const int i : step.order) run += times[static_cast<std::size_t>(i)];
    plan_.cases.push_back({Section::replay, step, Load::burst, run});
  }

  static Bytes footprint(const OpCase& o) {
    const Elements e = compulsory_elements(o.op);
    return storage_size(o.numerics.storage) * (e.read + e.written);
  }

  Seconds stream(double bytes) const { return Bytes(bytes) / (gpu_.memory_bandwidth * 0.5) + Seconds(5e-6); }

  void memory() {
    const double most = std::min(4.0 * 1073741824, gpu_.memory.value / 4);
    for (std::int64_t bytes = 4096; static_cast<double>(bytes) <= most; bytes *= full() ? 4 : 64) {
      for (const Micro m : {Micro::read, Micro::copy, Micro::triad})
        add(m, bytes, Section::memory, stream(static_cast<double>(bytes)));
    }
    for (std::int64_t bytes = 16384; static_cast<double>(bytes) <= std::min(most, 536870912.0);
         bytes *= full() ? 2 : 32)
      add(Micro::chase, bytes, Section::memory, Seconds(600e-9 * static_cast<double>(kChaseLoads)));
    if (gpu_.integrated()) return;
    for (const Micro m : {Micro::h2d_pinned, Micro::d2h_pinned, Micro::h2d_pageable, Micro::d2h_pageable}) {
      for (const std::int64_t bytes : {std::int64_t{1} << 16, std::int64_t{1} << 22, std::int64_t{1} << 27})
        add(m, bytes, Section::memory, Seconds(static_cast<double>(bytes) / 3e9 + 20e-6));
    }
  }

  bool has(Path path, NumberFormat input, NumberFormat accumulate) const {
    return find_rate(gpu_, path, input, accumulate) != nullptr;
  }

  void compute() {
    using F = NumberFormat;
    constexpr Path cores = Path::cuda_core, tensor = Path::tensor_core;
    const std::pair<Micro, bool> chains[] = {{Micro::fma_fp32, has(cores, F::fp32, F::fp32)},
                                             {Micro::fma_fp64, has(cores, F::fp64, F::fp64)},
                                             {Micro::fma_fp16x2, has(cores, F::fp16, F::fp16)},
                                             {Micro::dp4a, has(cores, F::int8, F::int32)},
                                             {Micro::mma_fp16_fp16, has(tensor, F::fp16, F::fp16)},
                                             {Micro::mma_fp16_fp32, has(tensor, F::fp16, F::fp32)},
                                             {Micro::mma_bf16_fp32, has(tensor, F::bf16, F::fp32)},
                                             {Micro::mma_tf32_fp32, has(tensor, F::tf32, F::fp32)},
                                             {Micro::mma_int8_int32, has(tensor, F::int8, F::int32)},
                                             {Micro::mma_fp8_fp32, has(tensor, F::fp8, F::fp32)}};
    for (const auto& [micro, there] : chains) {
      if (!there) continue;
      // Steps for about 5 ms at 1 GHz: a chain step takes a warp scheduler about chains × warps × 4 cycles.
      const ChainShape s = chain_shape(micro);
      const bool slow = micro == Micro::fma_fp64 || micro == Micro::fma_fp16x2;  // 1/32 or 1/64 rate on many
      const std::int64_t steps = slow ? 256 : 65536 / s.chains;
      add(micro, steps, Section::compute, Seconds(8e-3));
      if (full() && (micro == Micro::fma_fp32 || micro == Micro::mma_fp16_fp32))
        add(micro, steps, Section::compute, Seconds(8e-3), Load::sustained);
    }
  }

  void launches() {
    add(Micro::launch_empty, 1, Section::launch, Seconds(20e-6));
    add(Micro::launch_latency, 1, Section::launch, Seconds(20e-6));
    add(Micro::launch_rate, 1000, Section::launch, Seconds(5e-3));
    // Behind a kernel of about 15 ms.
    add(Micro::launch_queued, 500, Section::launch, Seconds(16e-3));
    add(Micro::launch_graph, 100, Section::launch, Seconds(16e-3));
  }

  void products() {
    for (const Numerics& n : product_formats(gpu_)) {
      for (const Gemm& g : gemm_shapes(suite())) add(Section::gemm, OpCase{g, n});
      if (!full()) continue;
      for (const std::int64_t size : {3072, 4096, 6144}) {  // the second is held back from the fit
        Gemm large{1, size, size, size};
        large.b_transposed = true;
        add(Section::gemm, OpCase{large, n}, Load::sustained);
      }
    }
  }

  /// The longest single ops go first: what they teach, shorter ones of their kind teach too.
  void keep_within_budget() {
    Seconds total = plan_.expected();
    std::vector<std::size_t> droppable;
    for (std::size_t i = 0; i < plan_.cases.size(); ++i) {
      if (std::holds_alternative<OpCase>(plan_.cases[i].subject)) droppable.push_back(i);
    }
    const auto cost = [&](std::size_t i) { return expected_time(suite(), plan_.cases[i]); };
    std::stable_sort(droppable.begin(), droppable.end(),
                     [&](std::size_t a, std::size_t b) { return cost(a) > cost(b); });
    std::vector<bool> dropped(plan_.cases.size(), false);
    for (const std::size_t i : droppable) {
      if (total <= budget(suite())) break;
      total = total - cost(i);
      dropped[i] = true;
      ++plan_.left_out;
    }
    std::vector<Case> kept;
    for (std::size_t i = 0; i < plan_.cases.size(); ++i) {
      if (!dropped[i]) kept.push_back(std::move(plan_.cases[i]));
    }
    plan_.cases = std::move(kept);
  }

  const Gpu& gpu_;
  const Calibration& c_;
  Plan plan_;
  std::set<std::string> known_;  // ops planned so far
};

}  // namespace

Seconds budget(Suite suite) { return Seconds(suite == Suite::quick ? 90 : 480); }

Effort effort(Suite suite, const Case& c) {
  Effort e;
  e.time = Seconds(suite == Suite::quick ? 0.1 : 0.2);
  e.most = suite == Suite::quick ? 20 : 40;
  if (c.load == Load::sustained) e.hold = kHold;
  return e;
}

Seconds expected_time(Suite suite, const Case& c) {
  const Effort e = effort(suite, c);
  const Seconds run = c.expected_run + kPerRun;
  const double in_time = e.time / run;
  const double runs =
      e.warm_up + std::clamp(in_time, static_cast<double>(e.least), static_cast<double>(e.most));
  const Seconds setup = std::holds_alternative<StepCase>(c.subject) ? kPerCase * 40.0 : kPerCase;
  return setup + std::max(run * runs, e.hold);
}

Seconds Plan::expected() const {
  return std::accumulate(cases.begin(), cases.end(), Seconds(0),
                         [&](Seconds sum, const Case& c) { return sum + expected_time(suite, c); });
}

Plan plan(Suite suite, const Gpu& gpu, const Calibration& calibration) {
  return Planner(suite, gpu, calibration).make();
}

}  // namespace roofcast::harness
