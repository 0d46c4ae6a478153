// One measured row: how long it took on which board, and what to predict for it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/graph/execution.h"
#include "model/kernels/calibration.h"
#include "model/kernels/kernel.h"
#include "model/ops/op.h"
#include "model/units.h"
#include "model/workloads/workload.h"

namespace roofcast {

/// How single kernels were timed.
///   isolated_call  the GPU idle at the start, so the host's call is inside (NeuSight: CUDA events around one call)
///   back_to_back   a queue of launches, mean time of one (DeepBench, GEMM sweeps)
///   recorded       the kernel alone, by the GPU's own clock (activity records, traces), at the sustained clock
///   recorded_burst the same in runs too short for the power cap
enum class Timing { isolated_call, back_to_back, recorded, recorded_burst };

/// One launch. A precision is resolved against the board; explicit numerics say what a library was told to do.
struct KernelCase {
  Op op;
  std::variant<Precision, Numerics> numerics = Precision::fp32_strict;
  Timing timing = Timing::back_to_back;
  int libraries = kCurrentLibraries;  // year of the vendor's
  bool channels_last = false;
  bool rate =
      false;  // a rate reached at a size that is not stated: the time is one of a size of the reader's
};

/// The best rate over several sizes was reported. The measured time is that rate applied to the last size.
struct SweepCase {
  std::vector<Gemm> sizes;
  std::variant<Precision, Numerics> numerics = Precision::fp32;
};

/// One node of a network timed by itself: forward, and in training backward and the accumulation of its gradients.
struct NodeCase {
  Op op;
  Precision precision = Precision::fp32_strict;
  std::int64_t parameters = 0;
  bool backward = false;
};

/// Kernels of a network summed by class, as profilers list them.
enum class OpClass { linear, bmm, pointwise, softmax, layer_norm };

/// A whole model: an inference batch, or a training step with as much of it as was timed.
struct JobCase {
  WorkloadRequest workload;
  Precision precision = Precision::fp32;
  Stack stack;
  Host host = {};
  std::optional<Optimizer> optimizer;  // nothing: the workload's usual one
  bool accumulates_gradients = false;  // adds into existing gradients instead of writing them
  std::int64_t passes_per_update = 1;  // forward and backward passes that share one optimizer step
  std::optional<WeightRecipe> weights = {};
  bool recorded = false;        // the sum of its kernels' own times, without launches and host
  std::optional<OpClass> part;  // the kernels of this class only, each timed alone
};

/// Something that was measured but that the tool cannot predict, and why.
struct Unmodelled {
  std::string reason;  // "recurrent networks are not modelled"
};

struct Observation {
  int line = 0;
  std::string device;  // as the file names it
  std::string kind;    // "linear", "resnet50/amp_fp16": what errors are grouped by
  std::string ran;     // kernel or algorithm recorded beside the time, in the model's words: "64x128"
  std::optional<Seconds> measured;  // nothing where the row holds no time of its own (a ratio)
  std::variant<Unmodelled, KernelCase, SweepCase, NodeCase, JobCase> subject;
};

/// What the observation speaks for.
inline Evidence evidence_of(const Observation& o) {
  const auto* job = std::get_if<JobCase>(&o.subject);
  if (job == nullptr) return Evidence::kernels;
  if (job->stack.serves) return Evidence::serving;
  return job->workload.mode == Mode::training ? Evidence::training : Evidence::inference;
}

}  // namespace roofcast
