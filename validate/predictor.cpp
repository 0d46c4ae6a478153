// From an observation to kernels, and from kernels to the time that was measured.
// SPDX-License-Identifier: Apache-2.0
#include "validate/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/forecast/interval.h"
#include "model/graph/lower.h"
#include "model/kernels/estimate.h"
#include "model/kernels/launch.h"
#include "model/workloads/recurrent.h"

namespace roofcast {
namespace {

Numerics resolve(const std::variant<Precision, Numerics>& asked, const Op& op, const Gpu& gpu) {
  if (const auto* exact = std::get_if<Numerics>(&asked)) return *exact;
  const bool product = std::holds_alternative<Gemm>(op) || std::holds_alternative<Conv2d>(op);
  if (!product) return {};
  std::string remark;
  return resolve_product(std::get<Precision>(asked), std::holds_alternative<Conv2d>(op), gpu, &remark);
}

Kernel kernel_of(const Op& op, const std::variant<Precision, Numerics>& numerics, const Gpu& gpu) {
  Kernel kernel;
  kernel.op = op;
  kernel.numerics = resolve(numerics, op, gpu);
  return kernel;
}

/// The search for a convolution's fastest algorithm keeps the GPU busy until it is timed.
Kernel kernel_of(const KernelCase& k, const Gpu& gpu, const Calibration& c) {
  Kernel kernel = kernel_of(k.op, k.numerics, gpu);
  kernel.channels_last = k.channels_last;
  kernel.libraries = k.libraries;
  if (k.timing == Timing::isolated_call && !std::holds_alternative<Conv2d>(k.op))
    kernel.idle = idle_between_calls(c);
  return kernel;
}

/// What a timing of a kernel by itself holds of an estimate, and what the host adds.
Seconds timed(const KernelCase& k, const Estimate& e, const Calibration& c) {
  switch (k.timing) {
    case Timing::back_to_back: return e.seconds;
    case Timing::recorded: return e.waterfall.clock;
    case Timing::recorded_burst: return e.waterfall.traffic;
    case Timing::isolated_call: break;
  }
  return e.seconds + (std::holds_alternative<Conv2d>(k.op) ? convolution_call_overhead(c) : call_overhead(c));
}

TimedCase prepare(const KernelCase& k, const Gpu& gpu) {
  return [k, &gpu](const Calibration& c) -> Prediction {
    const Estimate e = estimate(kernel_of(k, gpu, c), gpu, c);
    const Seconds time = timed(k, e, c);
    return Predicted{time, std::string(name(e.bound)), e.algorithm, {{kind(k.op), e.seconds}}};
  };
}

/// The best rate of all sizes, as the time it would take for the last one.
TimedCase prepare(const SweepCase& sweep, const Gpu& gpu) {
  return [sweep, &gpu](const Calibration& c) -> Prediction {
    Predicted best{Seconds(std::numeric_limits<double>::infinity()), "", ""};
    for (const Gemm& size : sweep.sizes) {
      const Estimate e = estimate(kernel_of(size, sweep.numerics, gpu), gpu, c);
      const Seconds scaled = e.seconds * (flops(sweep.sizes.back()) / flops(size));
      if (scaled < best.seconds)
        best = {scaled, std::string(name(e.bound)), e.algorithm, {{KernelKind::gemm, scaled}}};
    }
    return best;
  };
}

/// Adds a new gradient into an existing one: two reads and a write of FP32 per parameter.
Kernel accumulation(std::int64_t parameters, std::int64_t launches) {
  Kernel kernel;
  kernel.name = "gradient accumulation";
  kernel.op = OptimizerStep{parameters, Bytes(12), 1, launches};
  kernel.phase = Phase::backward;
  return kernel;
}

/// Kernels lowered and ready to be timed. Repeated work is one kernel with a count: a network repeats its blocks.
struct Pass {
  Lowered lowered;
  Execution execution;

  Pass(const Lowered& all, Execution run) : execution(std::move(run)) {
    lowered.input = all.input;
    lowered.waits = all.waits;
    lowered.host_logits = all.host_logits;
    for (const Kernel& kernel : all.kernels) {
      const auto same = std::find_if(lowered.kernels.begin(), lowered.kernels.end(),
                                     [&](const Kernel& k) { return k.same_work(kernel); });
      if (same == lowered.kernels.end()) {
        lowered.kernels.push_back(kernel);
      } else {
        same->count += kernel.count;
      }
    }
  }
  Forecast at(const Calibration& c, const Gpu& gpu) const {
    return forecast_kernels(lowered, gpu, execution, c);
  }
};

TimedCase prepare(const NodeCase& n, const Gpu& gpu) {
  Node node;
  node.name = "node";
  node.op = n.op;
  node.parameters = n.parameters;
  Graph graph;
  graph.nodes = {node};
  Execution execution{n.backward ? Mode::training : Mode::inference, n.precision, Optimizer::none, {}};
  Lowered lowered = lower(graph, gpu, execution);
  double calls = n.backward ? 2 : 1;
  if (n.backward && n.parameters > 0) {
    lowered.kernels.push_back(accumulation(n.parameters, 1));
    calls += 1;
  }
  return [pass = Pass(lowered, execution), calls, &gpu](const Calibration& c) -> Prediction {
    const Forecast f = pass.at(c, gpu);
    return Predicted{f.gpu_time + call_overhead(c) * calls, std::string(name(f.bound)),
                     f.kernels.front().estimate.algorithm, f.time_by_kind};
  };
}

bool in_class(const Op& op, OpClass part) {
  const auto* gemm = std::get_if<Gemm>(&op);
  const auto* row = std::get_if<Rowwise>(&op);
  using Kind = Rowwise::Kind;
  switch (part) {
    case OpClass::linear: return gemm != nullptr && gemm->batch == 1;
    case OpClass::bmm: return gemm != nullptr && gemm->batch > 1;
    case OpClass::pointwise: return std::holds_alternative<Pointwise>(op);
    case OpClass::softmax:
      return row != nullptr && (row->kind == Kind::softmax || row->kind == Kind::softmax_backward);
    case OpClass::layer_norm:
      return row != nullptr && (row->kind == Kind::layer_norm || row->kind == Kind::layer_norm_backward);
  }
  return false;
}

Prediction part_of(const Forecast& f, OpClass part, const Calibration& c) {
  Predicted sum;
  for (const KernelForecast& k : f.kernels) {
    if (!in_class(k.kernel.op, part)) continue;
    const Seconds time = (k.estimate.seconds + call_overhead(c)) * static_cast<double>(k.kernel.count);
    sum.seconds += time;
    sum.time_by_kind[kind(k.kernel.op)] += time;
  }
  if (sum.seconds.value <= 0)
    return tl::unexpected(SkipReason{"no kernel of this class in the model's graph"});
  return sum;
}

Pass pass_of(const JobCase& job, const Graph& graph, Optimizer optimizer, const Gpu& gpu) {
  Execution execution{job.workload.mode, job.precision, optimizer, job.stack, job.host};
  execution.weights = job.weights;
  Lowered lowered = lower(graph, gpu, execution);
  if (job.accumulates_gradients) {
    std::int64_t tensors = 0;
    for (const Node& node : graph.nodes) tensors += node.parameters > 0 ? 1 : 0;
    lowered.kernels.push_back(accumulation(graph.parameters(), std::max<std::int64_t>(1, tensors)));
  }
  return {lowered, execution};
}

TimedCase prepare(const JobCase& job, const Gpu& gpu) {
  const WorkloadInfo info = find_workload(job.workload);
  const Graph graph = build(job.workload);
  const bool training = job.workload.mode == Mode::training;
  const Optimizer optimizer = training ? job.optimizer.value_or(info.default_optimizer) : Optimizer::none;
  const bool shared_update = training && job.passes_per_update > 1;
  const Pass pass = pass_of(job, graph, shared_update ? Optimizer::none : optimizer, gpu);
  if (job.part) {
    return [pass, part = *job.part, &gpu](const Calibration& c) { return part_of(pass.at(c, gpu), part, c); };
  }
  if (job.recorded) {
    return [pass, &gpu](const Calibration& c) -> Prediction {
      const Forecast f = pass.at(c, gpu);
      Seconds sum{0};
      for (const KernelForecast& k : f.kernels)
        sum += k.estimate.waterfall.clock * static_cast<double>(k.kernel.count);
      return Predicted{sum, std::string(name(f.bound)), "recorded kernels", f.time_by_kind, true};
    };
  }
  std::optional<Pass> updating;
  if (shared_update) updating = pass_of(job, graph, optimizer, gpu);
  const auto passes = static_cast<double>(job.passes_per_update);
  if (is_recurrent(job.workload.name)) {  // its gates too
    return [pass, &gpu](const Calibration& c) -> Prediction {
      const Forecast f = pass.at(c, gpu);
      return Predicted{f.gpu_time,
                       std::string(name(f.bound)),
                       f.kernels.front().estimate.algorithm,
                       {{KernelKind::recurrence, f.gpu_time}}};
    };
  }
  return [pass, updating, passes, stack = job.stack.name, &gpu](const Calibration& c) -> Prediction {
    const Forecast f = pass.at(c, gpu);
    Seconds time = f.step.expected;
    if (updating) time += (updating->at(c, gpu).step.expected - time) / passes;
    return Predicted{time, std::string(name(f.bound)), stack, f.time_by_kind, true};
  };
}

/// As `predict` gives it: steps by what steps showed, kernels by their kind, twice as wide where extrapolated.
Interval interval_of(const Predicted& p, Evidence kind, const Gpu& gpu, const Calibration& c) {
  const Spread s = p.step ? step_spread(p.time_by_kind, c) : compose(p.time_by_kind, c);
  return around(p.seconds, has_data(c, gpu, kind) ? s : extrapolated(s));
}

TimedCase refuse(const std::string& reason) {
  return [reason](const Calibration&) -> Prediction { return tl::unexpected(SkipReason{reason}); };
}

TimedCase prepare(const Unmodelled& u, const Gpu&) { return refuse(u.reason); }

}  // namespace

TimedCase roofcast_model(const Observation& o, const Gpu& gpu) {
  try {
    TimedCase timed =
        std::visit([&](const auto& subject) -> TimedCase { return prepare(subject, gpu); }, o.subject);
    return [timed = std::move(timed), kind = evidence_of(o), &gpu](const Calibration& c) -> Prediction {
      try {
        Prediction p = timed(c);
        if (p) p->interval = interval_of(*p, kind, gpu, c);
        return p;
      } catch (const std::domain_error& e) {
        return tl::unexpected(SkipReason{e.what()});
      } catch (const std::invalid_argument& e) {
        return tl::unexpected(SkipReason{e.what()});
      }
    };
  } catch (const UnknownWorkload&) {
    return refuse("not in the zoo: " + std::get<JobCase>(o.subject).workload.name);
  } catch (const std::domain_error& e) {
    return refuse(e.what());
  } catch (const std::invalid_argument& e) {
    return refuse(e.what());
  }
}

Predictor model_predictor(Calibration calibration, Model model) {
  return [c = std::move(calibration), model = std::move(model)](const Observation& o, const Gpu& gpu) {
    return model(o, gpu)(c);
  };
}

}  // namespace roofcast
