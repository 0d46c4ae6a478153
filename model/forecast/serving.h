// Serving a decoder: prompts read together, then one token a step for every sequence, over a cache that grows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/forecast/forecast.h"

namespace roofcast {

/// `batch` sequences at once, each with a prompt of `prompt` and `output` new tokens. Mode, batch, sequence length and
/// context of `workload` are set by what is asked.
struct ServingJob {
  WorkloadRequest workload;
  Execution execution;
  std::int64_t prompt = 512, output = 128, batch = 1;
  double memory_share = 0.9;  // of the board, that the engine may take
};

struct Serving {
  std::int64_t batch = 1;
  Interval first_token;  // TTFT of the last of the prompts, all sent at once
  Interval per_token;    // TPOT, the mean while the cache grows
  StepBound prefill_bound = StepBound::compute, decode_bound = StepBound::dram;
  Memory memory;  // at the last token
  bool fits = true;
  bool extrapolated = false;
  std::vector<std::string> remarks;

  double per_user() const { return 1 / per_token.expected.value; }  // tokens a second
  double total() const { return static_cast<double>(batch) * per_user(); }
  /// Of one request from its sending to its last token.
  Seconds request(std::int64_t output) const {
    return first_token.expected + per_token.expected * static_cast<double>(output - 1);
  }
};

/// Pure. Throws std::invalid_argument for a workload without a cache, a prompt below 1 or an output below 2, and what
/// build, lower and estimate throw.
Serving serve(const ServingJob& job, const Gpu& gpu, const Calibration& calibration);

/// Memory at the last token, without timing anything.
Memory serving_memory(const ServingJob& job, const Gpu& gpu);
Bytes serving_budget(const ServingJob& job, const Gpu& gpu);

/// Searches go no further; an answer that is one of them means "or more".
inline constexpr std::int64_t kMostSequences = 1 << 16;
inline constexpr std::int64_t kMostTokens = 1 << 20;

/// Most sequences of that prompt and output that fit; nothing when not one does.
std::optional<std::int64_t> largest_concurrency(ServingJob job, const Gpu& gpu);
/// Longest sequence, prompt and output, that fits alone, no longer than the model's positions allow.
std::optional<std::int64_t> longest_sequence(ServingJob job, const Gpu& gpu);
/// The network of the zoo with the most parameters that fits so: of decoders, or of encoders with a decoder, as the job's.
struct FittingModel {
  std::string name;
  std::int64_t parameters = 0;
};
std::optional<FittingModel> largest_model(ServingJob job, const Gpu& gpu);

}  // namespace roofcast
