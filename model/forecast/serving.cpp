// Source of the terms: Pope et al., "Efficiently Scaling Transformer Inference" (2023) for prefill and decode; Kwon et
// al., "Efficient Memory Management for LLM Serving with PagedAttention" (2023) for the cache in blocks.
// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "model/forecast/interval.h"
#include "model/workloads/network.h"

namespace roofcast {
namespace {

const Network& network_of(const ServingJob& job) {
  return job.workload.imported ? *job.workload.imported : find_network_of(job.workload.name);
}

WorkloadRequest step_of(const ServingJob& job, std::int64_t sequences, std::int64_t tokens,
                        std::int64_t context) {
  WorkloadRequest request = job.workload;
  request.mode = Mode::inference;
  request.batch = sequences;
  request.sequence_length = tokens;
  request.context = context;
  if (network_of(job).encodes_prompt) request.source_length = job.prompt;
  return request;
}

Execution execution_of(const ServingJob& job) {
  Execution execution = job.execution;
  execution.mode = Mode::inference;
  execution.optimizer = Optimizer::none;
  return execution;
}

void check(const ServingJob& job) {
  if (job.prompt < 1) throw std::invalid_argument("a prompt has at least one token");
  if (job.output < 2)
    throw std::invalid_argument(
        "an output of at least two tokens is needed: the first ends the prompt's pass");
  if (job.batch < 1) throw std::invalid_argument("at least one sequence is served");
}

/// Tokens in the decoder's cache when its first step of one token begins.
std::int64_t first_context(const ServingJob& job) { return network_of(job).encodes_prompt ? 1 : job.prompt; }
/// ... and its last: that step adds the last token but one, and yields the last.
std::int64_t last_context(const ServingJob& job) { return first_context(job) + job.output - 2; }

/// Passes over the prompts: how many alike, of so many sequences and tokens, behind so many cached ones.
struct PromptPass {
  std::int64_t times, sequences, tokens, context;
};
std::vector<PromptPass> prefill(const ServingJob& job) {
  const std::int64_t most = job.execution.stack.prefill_tokens;
  if (network_of(job)
          .encodes_prompt) {  // an encoder needs the whole of each; the decoder starts from one token
    const std::int64_t together = std::clamp<std::int64_t>(most / job.prompt, 1, job.batch);
    std::vector<PromptPass> passes{{job.batch / together, together, 1, 0}};
    if (job.batch % together > 0) passes.push_back({1, job.batch % together, 1, 0});
    return passes;
  }
  if (job.prompt > most) {
    std::vector<PromptPass> passes;
    for (std::int64_t done = 0; done < job.prompt; done += most)
      passes.push_back({job.batch, 1, std::min(most, job.prompt - done), done});
    return passes;
  }
  const std::int64_t together = std::min(job.batch, most / job.prompt);
  std::vector<PromptPass> passes{{job.batch / together, together, job.prompt, 0}};
  if (job.batch % together > 0) passes.push_back({1, job.batch % together, job.prompt, 0});
  return passes;
}

Forecast time_of(const ServingJob& job, const PromptPass& pass, const Gpu& gpu,
                 const Calibration& calibration) {
  const Execution execution = execution_of(job);
  const Graph graph = build(step_of(job, pass.sequences, pass.tokens, pass.context));
  Forecast f = forecast_kernels(lower(graph, gpu, execution), gpu, execution, calibration);
  const Spread s = step_spread(f.time_by_kind, calibration);
  f.step = around(f.step.expected, f.extrapolated ? extrapolated(s) : s);
  return f;
}

Interval operator+(const Interval& a, const Interval& b) {
  return {a.low + b.low, a.expected + b.expected, a.high + b.high};
}

std::optional<std::int64_t> largest(std::int64_t most, const std::function<bool(std::int64_t)>& fits) {
  if (!fits(1)) return std::nullopt;
  std::int64_t fitting = 1, too_large = 2;
  while (too_large <= most && fits(too_large)) {
    fitting = too_large;
    too_large *= 2;
  }
  too_large = std::min(too_large, most + 1);
  while (too_large - fitting > 1) {
    const std::int64_t middle = fitting + (too_large - fitting) / 2;
    (fits(middle) ? fitting : too_large) = middle;
  }
  return fitting;
}

bool fits(const ServingJob& job, const Gpu& gpu) {
  return serving_memory(job, gpu).total() <= serving_budget(job, gpu);
}

}  // namespace

Bytes serving_budget(const ServingJob& job, const Gpu& gpu) {
  return std::min(usable_memory(gpu), gpu.memory * job.memory_share);
}

Memory serving_memory(const ServingJob& job, const Gpu& gpu) {
  check(job);
  const Execution execution = execution_of(job);  // engines take their memory once: nothing is fragmented
  Memory memory = memory_needed(build(step_of(job, job.batch, 1, last_context(job))), execution, gpu, false);
  const PromptPass widest = prefill(job).front();
  const Memory reading =
      memory_needed(build(step_of(job, widest.sequences, widest.tokens, prefill(job).back().context)),
                    execution, gpu, false);
  memory.activations = std::max(memory.activations, reading.activations);
  memory.workspace = std::max(memory.workspace, reading.workspace);
  return memory;
}

Serving serve(const ServingJob& job, const Gpu& gpu, const Calibration& calibration) {
  check(job);
  Serving result;
  result.batch = job.batch;
  for (const PromptPass& pass : prefill(job)) {
    const Forecast f = time_of(job, pass, gpu, calibration);
    result.first_token = result.first_token + f.step * static_cast<double>(pass.times);
    result.prefill_bound = f.bound;
  }
  // A step's time grows with the cache, piecewise linearly: Simpson's rule over the contexts it is taken at.
  const std::int64_t first = first_context(job), last = last_context(job);
  const Forecast start = time_of(job, {1, job.batch, 1, first}, gpu, calibration);
  const Forecast middle = time_of(job, {1, job.batch, 1, (first + last) / 2}, gpu, calibration);
  const Forecast end = time_of(job, {1, job.batch, 1, last}, gpu, calibration);
  result.per_token = (start.step + middle.step * 4.0 + end.step) * (1.0 / 6);
  result.decode_bound = middle.bound;
  result.extrapolated = middle.extrapolated;
  result.remarks = middle.remarks;
  result.memory = serving_memory(job, gpu);
  result.fits = result.memory.total() <= serving_budget(job, gpu);
  return result;
}

std::optional<std::int64_t> largest_concurrency(ServingJob job, const Gpu& gpu) {
  return largest(kMostSequences, [&](std::int64_t batch) {
    job.batch = batch;
    return fits(job, gpu);
  });
}

std::optional<std::int64_t> longest_sequence(ServingJob job, const Gpu& gpu) {
  const std::int64_t positions = network_of(job).longest_sequence;
  job.batch = 1;
  job.output = 2;
  const auto prompt =
      largest((positions > 0 ? positions : kMostTokens) - job.output, [&](std::int64_t tokens) {
        job.prompt = tokens;
        return fits(job, gpu);
      });
  return prompt ? std::optional(*prompt + job.output) : std::nullopt;
}

std::optional<FittingModel> largest_model(ServingJob job, const Gpu& gpu) {
  const bool encodes = network_of(job).encodes_prompt;
  job.batch = 1;
  job.workload.imported = nullptr;
  std::optional<FittingModel> best;
  for (const WorkloadInfo& info : zoo()) {
    const Network& network = find_network_of(info.name);
    if (!network.takes_context || network.encodes_prompt != encodes) continue;
    if (network.longest_sequence > 0 && network.longest_sequence < job.prompt + job.output) continue;
    job.workload.name = info.name;
    const std::int64_t parameters = build(step_of(job, 1, 1, 1)).parameters();
    if (best && parameters <= best->parameters) continue;
    if (fits(job, gpu)) best = FittingModel{info.name, parameters};
  }
  return best;
}

}  // namespace roofcast
