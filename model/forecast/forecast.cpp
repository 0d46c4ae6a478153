// A step is a stream of kernels the host dispatches; everything else follows from its time.
// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/forecast.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>
#include <unordered_map>

#include "model/forecast/interval.h"
#include "model/forecast/pipeline.h"
#include "model/kernels/demand.h"
#include "model/kernels/launch.h"

namespace roofcast {
namespace {

struct SameWork {
  bool operator()(const Kernel* a, const Kernel* b) const { return a->same_work(*b); }
};
struct WorkHash {
  std::size_t operator()(const Kernel* k) const {
    const std::hash<double> hash;
    const Elements elements = compulsory_elements(k->op);
    std::size_t h = k->op.index() * 31 + static_cast<std::size_t>(k->numerics.math);
    for (const double part : {flops(k->op).value, elements.read, elements.written})
      h = h * 1000003 ^ hash(part);
    return h;
  }
};

/// One of a step's different kernels. A network repeats its blocks: ResNet-50 has 480 launches in training and about a
/// quarter as many different ones.
struct Work {
  Demand demand;
  double count = 0;
};

/// The governor averages over many kernels of a step, so that they share one clock, where they are short: products may draw
/// more than the limit while streams between them draw less.
Hertz step_clock(const std::vector<Work>& works, const Gpu& gpu, const Calibration& calibration) {
  struct Share {
    Draw draw;
    double count;
    Seconds launch;
  };
  const PowerModel model = power_model(calibration);
  std::vector<Share> shares;
  shares.reserve(works.size());
  for (const Work& w : works)
    shares.push_back(
        {Draw(gpu, activity(w.demand, gpu), model), w.count, launch_time(w.demand, calibration)});
  const auto mean_power = [&](Hertz clock) {
    Joules energy;
    Seconds time;
    for (const Share& s : shares) {
      energy += s.draw.energy(clock) * s.count;
      time += (s.draw.time(clock) + s.launch) * s.count;
    }
    return static_power(gpu, model) + energy / time;
  };
  return sustained_clock(gpu, model, mean_power).clock;
}

/// How far from the step's clock to the kernel's own the governor gets in the mean while the kernel runs: a first-order lag.
double settled(Seconds kernel, const Calibration& calibration) {
  const double lags = kernel / milliseconds(calibration[Constant::power_governor_ms]);
  return 1 + std::expm1(-lags) / lags;
}

/// At the step's clock, long kernels nearer their own.
Estimate finish_in_step(const Demand& demand, Hertz step, const Gpu& gpu, const Calibration& calibration) {
  constexpr double kNoticed = 1e-3;
  Estimate e = finish(demand, gpu, calibration, step);
  const double share = e.seconds.value > 0 ? settled(e.seconds, calibration) : 0;
  if (share < kNoticed) return e;
  const Hertz own = sustained_clock(gpu, activity(demand, gpu), power_model(calibration)).clock;
  return finish(demand, gpu, calibration, step + (own - step) * share);
}

std::vector<KernelForecast> estimate_all(const std::vector<Kernel>& kernels, const Gpu& gpu,
                                         const Calibration& calibration) {
  std::unordered_map<const Kernel*, std::size_t, WorkHash, SameWork> known;
  std::vector<Work> works;
  std::vector<std::size_t> work_of;  // each kernel
  work_of.reserve(kernels.size());
  for (const Kernel& kernel : kernels) {
    const auto [found, added] = known.emplace(&kernel, works.size());
    if (added) works.push_back({demand_of(kernel, gpu, calibration)});
    works[found->second].count += static_cast<double>(kernel.count);
    work_of.push_back(found->second);
  }
  std::optional<Hertz> shared;
  if (works.size() > 1) shared = step_clock(works, gpu, calibration);
  std::vector<Estimate> estimates;
  estimates.reserve(works.size());
  for (const Work& w : works)
    estimates.push_back(shared ? finish_in_step(w.demand, *shared, gpu, calibration)
                               : finish(w.demand, gpu, calibration));
  std::vector<KernelForecast> result;
  result.reserve(kernels.size());
  for (std::size_t i = 0; i < kernels.size(); ++i) result.push_back({kernels[i], estimates[work_of[i]]});
  return result;
}

StepBound step_bound(Bound bound) {
  switch (bound) {
    case Bound::compute: return StepBound::compute;
    case Bound::dram: return StepBound::dram;
    case Bound::l2: return StepBound::l2;
    case Bound::latency: return StepBound::latency;
    case Bound::launch: return StepBound::launch;
  }
  throw std::logic_error("unknown bound");
}

std::int64_t launches(const Kernel& kernel) {
  const auto* optimizer = std::get_if<OptimizerStep>(&kernel.op);
  return kernel.count * (optimizer != nullptr ? std::max<std::int64_t>(1, optimizer->launches) : 1);
}

}  // namespace

std::string_view name(StepBound bound) {
  static constexpr std::array<std::string_view, 7> names{"compute", "DRAM", "L2",   "latency",
                                                         "launch",  "host", "input"};
  return names[static_cast<std::size_t>(bound)];
}

Forecast forecast_kernels(const Lowered& lowered, const Gpu& gpu, const Execution& execution,
                          const Calibration& calibration, std::optional<Evidence> like) {
  if (lowered.kernels.empty()) throw std::invalid_argument("nothing to forecast: the workload has no kernel");
  Forecast result;
  result.remarks = lowered.remarks;
  result.kernels = estimate_all(lowered.kernels, gpu, calibration);

  std::map<StepBound, Seconds> by_bound;
  std::int64_t launched = 0;
  for (const auto& [kernel, estimate] : result.kernels) {
    const auto times = static_cast<double>(kernel.count);
    result.gpu_time += estimate.seconds * times;
    result.step_energy += estimate.energy() * times;
    result.time_by_kind[kind(kernel.op)] += estimate.seconds * times;
    by_bound[step_bound(estimate.bound)] += estimate.seconds * times;
    launched += kernel.in_call ? 0 : launches(kernel);
  }
  // The vendor guarantees the base clock within the limit, whatever the model draws there.
  result.step_energy = std::min(result.step_energy, gpu.tdp * result.gpu_time);
  const Host& host = execution.host;
  result.host_time = dispatch_time(calibration, execution.stack, host, gpu) * static_cast<double>(launched);
  result.input_time = input_time(lowered.input, gpu, host, calibration);
  if (const auto& loader = execution.loader) {
    result.decode_time = decode_time(*loader, lowered.samples);
    if (!loader->pinned) result.input_time = pageable(result.input_time, lowered.input);
  }
  result.wait_time =
      microseconds(calibration[Constant::launch_wait_us]) * static_cast<double>(lowered.waits) +
      Seconds(calibration[Constant::launch_sampling_ns] * 1e-9) * static_cast<double>(lowered.host_logits);

  // The host queues launches ahead of the GPU, into the next step too: overlap is complete and the slower of the two
  // sets the pace, but for what the host has to read back and for inputs (pipeline.h). While the GPU waits it draws its
  // static power.
  const Seconds step =
      paced({result.gpu_time, result.host_time, result.wait_time, result.input_time, result.decode_time},
            execution);
  result.bound = std::max_element(by_bound.begin(), by_bound.end(), [](const auto& a, const auto& b) {
                   return a.second < b.second;
                 })->first;
  if (result.host_time > result.gpu_time) result.bound = StepBound::host;
  if (std::max(result.input_time, result.decode_time) > std::max(result.gpu_time, result.host_time))
    result.bound = StepBound::input;
  result.step_energy += static_power(gpu, power_model(calibration)) * (step - result.gpu_time);
  result.mean_power = result.step_energy / step;

  result.extrapolated = !has_data(calibration, gpu, like.value_or(evidence_for(execution)));
  const Spread s = compose(result.time_by_kind, calibration);
  result.step = around(step, result.extrapolated ? extrapolated(s) : s);
  return result;
}

Forecast forecast(const Job& job, const Gpu& gpu, const Calibration& calibration) {
  if (job.workload.mode != job.execution.mode)
    throw std::invalid_argument("workload and execution differ in mode");
  if (job.samples_per_epoch && *job.samples_per_epoch < 1) {
    throw std::invalid_argument("an epoch needs at least one sample");
  }
  if (!(job.epochs > 0) || !std::isfinite(job.epochs)) throw std::invalid_argument("epochs must be positive");

  const Graph graph = build(job.workload);
  Forecast result = forecast_kernels(lower(graph, gpu, job.execution), gpu, job.execution, calibration);
  const Spread s = step_spread(result.time_by_kind, calibration);
  result.step = around(result.step.expected, result.extrapolated ? extrapolated(s) : s);

  const auto batch = static_cast<double>(job.workload.batch);
  result.samples_per_second = batch / result.step.expected.value;
  if (job.samples_per_epoch) {
    const double steps = std::ceil(static_cast<double>(*job.samples_per_epoch) / batch);
    result.epoch = result.step * steps;
    if (job.execution.loader) {
      const Seconds start = epoch_start(*job.execution.loader, job.workload.batch, job.epochs);
      for (auto part : {&Interval::low, &Interval::expected, &Interval::high}) (*result.epoch).*part += start;
    }
    result.job = *result.epoch * job.epochs;
  }

  result.memory = memory_needed(graph, job.execution, gpu);
  result.fits = result.memory.total() <= usable_memory(gpu);
  result.largest_batch = largest_batch(job, gpu);
  return result;
}

}  // namespace roofcast
