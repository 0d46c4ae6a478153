// Reading of the options that say how a job runs.
// SPDX-License-Identifier: Apache-2.0
#include "cli/execution.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/serve_report.h"
#include "model/forecast/interval.h"
#include "model/workloads/network.h"

namespace roofcast::cli {
namespace {

constexpr std::int64_t kDefaultContext = 512;

/// Of a decoder with its cache: a step of one token a sequence, or of whole prompts.
void read_serving_phase(bool decode, Question& q) {
  WorkloadRequest& request = q.job.workload;
  q.serves = true;
  if (decode && request.sequence_length)
    throw InputError(
        "--seq does not apply to --phase decode, a step of one token: --context says how many came before");
  const Network& network = request.imported ? *request.imported : find_network_of(request.name);
  if (!request.context) {
    const std::int64_t longest = network.longest_sequence;
    request.context = !decode ? 0 : longest > 0 ? std::min(kDefaultContext, longest / 2) : kDefaultContext;
    if (decode) q.assumed.push_back(fmt::format("{} tokens in the cache (--context)", *request.context));
  }
  if (!decode) return;
  request.sequence_length = 1;
  if (network.encodes_prompt && !request.source_length) {
    request.source_length = q.workload.default_sequence_length;
    q.assumed.push_back(fmt::format("{} tokens read by the encoder (--source)", *request.source_length));
  }
}

}  // namespace

void read_execution(const po::variables_map& values, Question& q) {
  enum class Word { train, infer, prefill, decode };
  const auto word = given_word<Word>(values, "phase",
                                     {{"train", Word::train},
                                      {"infer", Word::infer},
                                      {"prefill", Word::prefill},
                                      {"decode", Word::decode},
                                      {"training", Word::train},
                                      {"inference", Word::infer}});
  std::optional<Mode> mode;
  if (word) mode = *word == Word::train ? Mode::training : Mode::inference;
  if (word == Word::prefill || word == Word::decode) read_serving_phase(word == Word::decode, q);
  if (values.count("kv") != 0) {
    if (!q.job.workload.context)
      throw InputError(
          "--kv is the type of a key-value cache: it needs --phase prefill or decode, or --context");
    q.job.execution.cache = given_cache_type(values);
  }
  if (const auto text = given(values, "weights")) {
    q.job.execution.weights = parse_weight_recipe(*text);
    if (!q.job.execution.weights) refuse_word("weights", *text, weight_recipe_names());
    if (!mode || *mode == Mode::training)
      throw InputError("--weights quantises weights for inference only (--phase)");
  }
  q.job.execution.mode = q.bare_kernel() ? Mode::inference : mode.value_or(Mode::training);
  q.job.workload.mode = q.job.execution.mode;
  if (!mode && !q.bare_kernel()) q.assumed.push_back("training (--phase)");

  const auto optimizer = given_word<Optimizer>(values, "optimizer",
                                               {{"sgd", Optimizer::sgd},
                                                {"sgd-momentum", Optimizer::sgd_momentum},
                                                {"adam", Optimizer::adam},
                                                {"adam-8bit", Optimizer::adam_8bit},
                                                {"adafactor", Optimizer::adafactor},
                                                {"none", Optimizer::none}});
  if (!q.training()) {
    if (optimizer) throw InputError("--optimizer applies to training only");
    q.job.execution.optimizer = Optimizer::none;
  } else {
    q.job.execution.optimizer = optimizer.value_or(q.workload.default_optimizer);
    if (!optimizer) q.assumed.push_back(std::string(name(q.job.execution.optimizer)) + " (--optimizer)");
  }
}

std::string_view Question::like() const {
  if (bare_kernel()) return "measurement of";
  switch (evidence_for(job.execution)) {
    case Evidence::training: return "training on";
    case Evidence::inference: return "inference on";
    case Evidence::serving: return "serving on";
    case Evidence::kernels: break;
  }
  return "measurement of";
}

}  // namespace roofcast::cli
