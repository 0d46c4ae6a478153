// roofcast serve: a language model for one user and for many.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ostream>

#include "cli/board_calibration.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/network.h"
#include "cli/options.h"
#include "cli/overrides.h"
#include "cli/serve_report.h"
#include "hwdb/input_error.h"
#include "model/workloads/network.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast serve MODEL --gpu BOARD [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast serve llama-3-8b --gpu rtx-3090 --weights int4\n"
    "  roofcast serve llama-2-7b --gpu rtx-3060 --weights q4_k_m --stack llama.cpp --batches 1\n"
    "  roofcast serve mixtral-8x7b --gpu a100-sxm4-80gb --weights int8 --prompt 2048 --output 256\n"
    "  roofcast serve path/config.json --gpu h100-sxm --kv fp8 --batches 1,16,64,256 --format csv\n";
constexpr std::int64_t kMostTokens = 1 << 20;
constexpr std::int64_t kUsualLargestBatch = 256;

po::options_description options() {
  po::options_description o = common_options();
  const auto text = [](const char* value) { return po::value<std::string>()->value_name(value); };
  const std::string weights_help =
      "weights alone quantised: " + fmt::format("{}", fmt::join(weight_recipe_names(), ", ")) +
      "; default as the precision";
  o.add_options()("workload", text("MODEL"), "")("gpu", text("BOARD"), "a board: name, alias or TOML file")(
      "prompt", text("N"), "tokens of a prompt (default 512)")("output", text("N"),
                                                               "tokens of an answer (default 128)")(
      "batches", text("N,M"), "sequences at once; default powers of two as far as they fit")(
      "weights", text("FORMAT"), weights_help.c_str())("precision", text("P"),
                                                       "of activations: fp16 (default), bf16, fp32")(
      "kv", text("TYPE"), "of cached keys and values: fp16, bf16, fp8, int8; default as the precision")(
      "stack", text("NAME"), "software: vllm (default), llama.cpp, ollama, eager ...")(
      "memory-share", text("S"), "of the board that the engine may take (default 0.9)")(
      "set", text("F=V,..."), "changed figures of the board, as of `predict`");
  add_calibration_option(o);
  return o;
}

void read_lengths(const po::variables_map& values, ServingQuestion& q) {
  const auto read = [&](const char* option, std::int64_t least, std::int64_t& into) {
    if (const auto text = given(values, option)) {
      into = parse_integer(*text, std::string("--") + option, least, kMostTokens);
    } else {
      q.assumed.push_back(fmt::format("{} of {} tokens (--{})", option, into, option));
    }
  };
  read("prompt", 1, q.job.prompt);
  read("output", 2, q.job.output);
}

void read_formats(const po::variables_map& values, ServingQuestion& q) {
  Execution& e = q.job.execution;
  e.precision = given_word<Precision>(values, "precision",
                                      {{"fp16", Precision::fp16},
                                       {"bf16", Precision::bf16},
                                       {"fp32", Precision::fp32},
                                       {"tf32", Precision::tf32}})
                    .value_or(Precision::fp16);
  if (values.count("precision") == 0) q.assumed.emplace_back("fp16 (--precision)");
  if (const auto text = given(values, "weights")) {
    const auto recipe = parse_weight_recipe(*text);
    if (!recipe) refuse_word("weights", *text, weight_recipe_names());
    e.weights = recipe;
  } else {
    q.assumed.push_back(fmt::format("weights in {} (--weights)", name(e.precision)));
  }
  e.cache = given_cache_type(values);
  if (!e.cache) q.assumed.push_back(fmt::format("key-value cache in {} (--kv)", name(e.precision)));
}

void read_stack(const po::variables_map& values, ServingQuestion& q) {
  const std::string stack = given(values, "stack").value_or("vllm");
  const auto known = find_stack(stack);
  if (!known) {
    std::vector<std::string> names;
    for (const Stack& s : all_stacks()) names.push_back(s.name);
    refuse_word("stack", stack, names);
  }
  q.job.execution.stack = *known;
  if (values.count("stack") == 0) q.assumed.emplace_back("stack vllm (--stack)");
}

ServingQuestion read(const po::variables_map& values) {
  const auto workload = given(values, "workload");
  if (!workload) throw InputError("which model? e.g. llama-3-8b; `roofcast workloads` lists them");
  const auto board = given(values, "gpu");
  if (!board)
    throw InputError("which board? give --gpu, e.g. --gpu a100-sxm4-80gb; `roofcast gpus` lists them");
  ServingQuestion q;
  find_network(*workload, q.job.workload);
  const Network& network =
      q.job.workload.imported ? *q.job.workload.imported : find_network_of(q.job.workload.name);
  if (!network.takes_context)
    throw InputError(*workload +
                     " keeps no key-value cache: `serve` is for decoders, `predict` for the rest");
  Resolution resolution = open_hwdb(values).resolve(*board);
  q.gpu = std::move(resolution.gpu);
  if (!resolution.remark.empty()) q.assumed.push_back(resolution.remark);
  if (const auto text = given(values, "set")) {
    q.gpu = cli::apply(std::move(q.gpu), parse_overrides(*text));
    q.assumed.push_back("changed " + *text + " (--set)");
  }
  read_lengths(values, q);
  read_formats(values, q);
  read_stack(values, q);
  if (const auto text = given(values, "memory-share")) {
    q.job.memory_share = parse_number(*text, "--memory-share", 0.01, 1);
  } else {
    q.assumed.emplace_back("90 % of the memory (--memory-share)");
  }
  return q;
}

std::vector<Serving> answers(const po::variables_map& values, const ServingQuestion& q,
                             const Calibration& c) {
  std::vector<Serving> list;
  ServingJob job = q.job;
  if (const auto text = given(values, "batches")) {
    for (const std::string& part : split_list(*text, "--batches")) {
      job.batch = parse_integer(part, "--batches", 1, kMostSequences);
      list.push_back(serve(job, q.gpu, c));
    }
    return list;
  }
  for (job.batch = 1; job.batch <= kUsualLargestBatch; job.batch *= 2) {
    list.push_back(serve(job, q.gpu, c));
    if (!list.back().fits) break;
  }
  if (list.size() > 1 && !list.back().fits) list.pop_back();
  return list;
}

}  // namespace

int run_serve(const std::vector<std::string>& arguments, Streams& streams) {
  const auto values = parse(arguments, options(), "workload", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  ServingQuestion q = read(*values);
  const Calibrations calibrations(*values);
  const std::vector<Serving> list = answers(*values, q, calibrations.of(q.gpu));
  if (const std::string remark = calibrations.remark(q.gpu); !remark.empty()) q.assumed.push_back(remark);
  if (format == Format::csv) streams.err << serving_assumed(q, Format::table);
  streams.out << serving_report(q, list, format);
  for (const Serving& s : list) {
    if (s.fits) return kDone;
  }
  return kAnswerIsNo;
}

}  // namespace roofcast::cli
