// From options to a question, with the defaults of the field where nothing was said.
// SPDX-License-Identifier: Apache-2.0
#include "cli/question.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/execution.h"
#include "cli/format.h"
#include "cli/network.h"
#include "cli/serve_report.h"
#include "cli/software.h"
#include "cli/suggest.h"
#include "cli/workload_shape.h"
#include "model/workloads/recurrent.h"

namespace roofcast::cli {
namespace {

constexpr std::size_t kMostAnswers = 1000;  // beyond it a table is no answer

std::vector<std::string> precision_names() {
  std::vector<std::string> names;
  for (const Precision precision : all_precisions()) names.emplace_back(name(precision));
  names.emplace_back("best");
  return names;
}

std::vector<std::string> stack_names() {
  std::vector<std::string> names;
  for (const Stack& stack : all_stacks()) names.push_back(stack.name);
  return names;
}

std::string precision_words(PrecisionChoice choice) {
  if (!choice) return "the fastest precision of each board";
  std::string words(name(*choice));
  if (*choice == Precision::fp32) words += " as frameworks run it: TF32 convolutions where the GPU has them";
  return words;
}

void refuse_for_kernels(const po::variables_map& values) {
  for (const char* option : {"dataset", "task", "batch", "phase", "image", "stem", "seq", "optimizer",
                             "epochs", "host", "context", "kv", "weights"}) {
    if (values.count(option) != 0) {
      throw InputError(
          fmt::format("--{} does not apply to a bare kernel, whose name says its shape", option));
    }
  }
}

/// A task names its data set and a data set its task, where both are called alike.
void read_dataset(const po::variables_map& values, Question& q) {
  auto wanted = given(values, "dataset");
  if (!wanted && q.job.workload.task == Task::squad) {
    wanted = "squad";
    q.assumed.emplace_back("data set squad (--dataset)");
  }
  if (!wanted) {
    q.assumed.push_back("no data set, so no epoch (--dataset)");
    return;
  }
  q.dataset = find_dataset(*wanted);
  std::vector<std::string> names;
  for (const Dataset& dataset : datasets()) {
    if (dataset.domain == q.workload.domain || q.workload.domain == Domain::tensor)
      names.push_back(dataset.name);
  }
  if (!q.dataset) {
    throw InputError(fmt::format("unknown --dataset {}{}; known are {}", in_quotes(*wanted),
                                 did_you_mean(*wanted, names), one_of(names)));
  }
  // An imported graph takes whatever its file says: a data set only says how many samples an epoch has.
  const bool counted = q.workload.domain == Domain::tensor;
  if (counted) {
    q.job.samples_per_epoch = q.dataset->samples;
    return;
  }
  if (q.dataset->domain != q.workload.domain) {
    throw InputError(fmt::format("--dataset {} is not for {}, which takes {}: {}", q.dataset->name,
                                 q.workload.name, q.samples(), one_of(names)));
  }
  if (q.dataset->name == "squad") {
    if (!q.job.workload.task) {
      q.job.workload.task = Task::squad;
    } else if (q.job.workload.task != Task::squad) {
      throw InputError("--dataset squad and --task " + std::string(name(*q.job.workload.task)) +
                       " contradict each other");
    }
  }
  q.job.samples_per_epoch = q.dataset->samples;
  if (q.workload.domain == Domain::image && q.dataset->classes > 0)
    q.job.workload.classes = q.dataset->classes;
}

void read_default_shape(Question& q) {
  WorkloadRequest& request = q.job.workload;
  if (q.workload.domain == Domain::image && !request.image_size) {
    request.image_size =
        q.dataset && q.dataset->image_size ? q.dataset->image_size : q.workload.default_image_size;
    if (request.image_size)
      q.assumed.push_back(fmt::format("images of {0}×{0} (--image)", *request.image_size));
  }
  if (q.workload.domain == Domain::sequence) {
    if (!request.sequence_length) {
      request.sequence_length = q.dataset && q.dataset->sequence_length ? q.dataset->sequence_length
                                                                        : q.workload.default_sequence_length;
      if (request.sequence_length)
        q.assumed.push_back(fmt::format("sequence length {} (--seq)", *request.sequence_length));
    }
    if (!request.task && q.workload.default_task) {
      request.task = q.workload.default_task;
      q.assumed.push_back(fmt::format("task {} (--task)", name(*request.task)));
    }
  }
}

/// A file whose weights are narrow runs in their format; training one keeps FP32 masters.
Precision default_precision(const Question& q) {
  const Precision stored = q.workload.default_precision.value_or(Precision::fp32);
  if (!q.training()) return stored;
  return stored == Precision::fp16   ? Precision::amp_fp16
         : stored == Precision::bf16 ? Precision::amp_bf16
                                     : Precision::fp32;
}

void read_precisions(const po::variables_map& values, Question& q) {
  const bool mixed = values.count("amp") != 0 && values["amp"].as<bool>();
  const auto text = given(values, "precision");
  const bool own = std::any_of(q.boards.begin(), q.boards.end(), [](const Board& b) { return b.precision; });
  if (mixed && (text || own))
    throw InputError("--amp is --precision amp-fp16 against fp32: give no other precision");
  if (mixed) {
    q.precisions.emplace_back(Precision::amp_fp16);
  } else if (text) {
    for (const std::string& part : split_list(*text, "--precision")) {
      q.precisions.push_back(parse_precision_choice(part, "--precision"));
    }
  } else {
    q.precisions.emplace_back(default_precision(q));
    const bool all_own =
        std::all_of(q.boards.begin(), q.boards.end(), [](const Board& b) { return b.precision; });
    if (!all_own) {
      const char* why = q.workload.default_precision && q.precisions.front() != Precision::fp32
                            ? ", as the file's tensors (--precision)"
                            : " (--precision)";
      q.assumed.push_back(precision_words(q.precisions.front()) + why);
    }
  }
}

void read_batches(const po::variables_map& values, Question& q) {
  const auto text = given(values, "batch");
  if (text == "auto") {
    q.knee = true;
  } else if (text) {
    for (const std::string& part : split_list(*text, "--batch")) {
      q.batches.push_back(parse_integer(part, "--batch", 1, kLargestBatch));
    }
  } else if (!q.bare_kernel()) {
    q.assumed.push_back(
        fmt::format("batch {}, or the largest that fits (--batch)", q.workload.default_batch));
  }
}

std::vector<Board> read_boards(const po::variables_map& values, const std::string& option,
                               const std::vector<Override>& overrides) {
  const auto text = given(values, option);
  if (!text)
    throw InputError("which board? give --" + option + ", e.g. --" + option +
                     " p4000; `roofcast gpus` lists them");
  const Hwdb base = open_hwdb(values);
  std::vector<Board> boards;
  for (const std::string& part : split_list(*text, "--" + option)) {
    if (boards.size() == kMostAnswers)
      throw InputError("--" + option + ": more than " + std::to_string(kMostAnswers) + " boards");
    Board board;
    const std::size_t colon = part.rfind(':');
    board.asked = part.substr(0, colon);
    if (colon != std::string::npos)
      board.precision = parse_precision_choice(part.substr(colon + 1), "--" + option);
    Resolution resolution = base.resolve(board.asked);
    board.gpu = apply(std::move(resolution.gpu), overrides);
    board.remark = std::move(resolution.remark);
    boards.push_back(std::move(board));
  }
  return boards;
}

Prices read_prices(const po::variables_map& values) {
  Prices prices;
  if (const auto text = given(values, "electricity")) {
    prices.electricity =
        DollarsPerJoule(parse_number(*text, "--electricity", 0, 1000) / 3.6e6);  // a kWh is 3.6 MJ
  }
  if (const auto text = given(values, "board-price"))
    prices.board = Dollars(parse_number(*text, "--board-price", 0, 1e9));
  if (const auto text = given(values, "lifetime-hours")) {
    prices.lifetime = Seconds(3600 * parse_number(*text, "--lifetime-hours", 1, 1e7));
  }
  return prices;
}

}  // namespace

Host parse_host(const std::string& text) {
  Host host;
  for (const std::string& part : split_list(text, "--host")) {
    const std::size_t equals = part.find('=');
    const std::string figure = part.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (figure == "pcie") {
      if (host.pcie) throw InputError("--host: pcie is given twice");
      host.pcie = static_cast<int>(parse_integer(value, "--host pcie", 1, 6));
    } else if (figure == "dispatch") {
      if (host.dispatch) throw InputError("--host: dispatch is given twice");
      if (!value.ends_with("us"))
        throw InputError("--host dispatch: " + in_quotes(value) + ": give it in us, as 8us");
      host.dispatch =
          microseconds(parse_number(value.substr(0, value.size() - 2), "--host dispatch", 0, 1e6));
    } else {
      throw InputError("--host: unknown figure " + in_quotes(figure) + "; possible are pcie and dispatch");
    }
  }
  return host;
}

PrecisionChoice parse_precision_choice(const std::string& text, std::string_view option) {
  if (text == "best") return std::nullopt;
  if (const auto precision = parse_precision(text)) return precision;
  const std::vector<std::string> names = precision_names();
  throw InputError(fmt::format("{}: unknown precision {}{}; known are {}", option, in_quotes(text),
                               did_you_mean(text, names), one_of(names)));
}

po::options_description question_options(const std::string& boards) {
  po::options_description options = job_options(boards);
  const auto text = [](const char* value) { return po::value<std::string>()->value_name(value); };
  options.add_options()(
      "host", text("pcie=3,..."),
      "inputs come over a slot of this PCIe generation; dispatch=8us: host time of a launch")(
      "epochs", text("E"), "passes over the data set (default 1)")("electricity", text("$/KWH"),
                                                                   "price of a kilowatt-hour, for the cost")(
      "board-price", text("$"), "price of the board; default its launch price")(
      "lifetime-hours", text("H"), "hours the board's price is spread over, for the cost");
  add_software_options(options);
  add_calibration_option(options);
  return options;
}

po::options_description job_options(const std::string& boards) {
  po::options_description options = common_options();
  const auto text = [](const char* value) { return po::value<std::string>()->value_name(value); };
  const std::string set_help =
      "changed figures, e.g. tdp=140W,bandwidth=400GB/s; possible: " + override_help();
  const std::string precision_help = one_of(precision_names()) + "; default fp32";
  const std::string weights_help =
      "a language model's weights alone, for inference: " + one_of(weight_recipe_names());
  const std::string stack_help = "software: " + one_of(stack_names()) +
                                 "; with features, as ngc-20+nhwc+loop: nhwc or nchw, loop (an optimizer "
                                 "kernel per parameter and op), flash (fused attention); default eager";
  options.add_options()("workload", text("NAME"), "")(
      boards.c_str(), text("A,B"), "boards: names, aliases or TOML files; A:fp8 gives one its own precision")(
      "dataset", text("NAME"), "what an epoch is: cifar10, imagenet, squad")(
      "batch", text("N,M"),
      "samples per step; default 64 (CNN) or 8 (transformer), or the largest that fits; auto: the smallest "
      "that "
      "is nearly as fast as any")("precision", text("P,Q"), precision_help.c_str())(
      "phase", text("PHASE"),
      "train (default), infer, or of a decoder with a key-value cache prefill or decode")(
      "weights", text("FORMAT"), weights_help.c_str())(
      "kv", text("TYPE"), "of cached keys and values: fp16, bf16, fp8, int8; default as the precision")(
      "optimizer", text("NAME"), "sgd, sgd-momentum, adam, adam-8bit, adafactor or none")(
      "stack", text("NAME"), stack_help.c_str())("set", text("F=V,..."), set_help.c_str());
  add_shape_options(options);
  return options;
}

Question read_question(const po::variables_map& values, const std::string& boards) {
  const auto workload = given(values, "workload");
  if (!workload) throw InputError("which workload? e.g. resnet50; `roofcast workloads` lists them");
  Question q;
  q.workload = find_network(*workload, q.job.workload);
  if (const auto text = given(values, "set")) {
    q.overrides = parse_overrides(*text);
  }
  q.boards = read_boards(values, boards, q.overrides);
  if (q.bare_kernel()) refuse_for_kernels(values);
  read_shape_options(values, q.job.workload);
  read_execution(values, q);
  read_precisions(values, q);
  read_batches(values, q);
  if (!q.bare_kernel()) read_dataset(values, q);
  read_default_shape(q);

  const auto stack = given(values, "stack").value_or("eager");
  const auto known = find_stack(stack);
  if (!known) refuse_word("stack", stack, stack_names());
  q.job.execution.stack = *known;
  // A library asks for all kernels of a recurrent layer in one call.
  if (q.bare_kernel() && is_recurrent(q.workload.name))
    q.job.execution.stack.dispatcher = Dispatcher::recorded;
  if (values.count("stack") == 0 && !q.bare_kernel())
    q.assumed.push_back("stack eager: PyTorch 2 in NCHW (--stack)");
  if (const auto text = given(values, "host")) {
    q.job.execution.host = parse_host(*text);
    q.assumed.push_back("host " + *text + " (--host)");
  } else if (!q.bare_kernel() && !q.training()) {
    q.assumed.push_back("inputs on the GPU already (--host)");
  }
  read_software(values, q);
  if (const auto text = given(values, "epochs")) {
    if (!q.dataset) throw InputError("--epochs needs --dataset");
    q.job.epochs = parse_number(*text, "--epochs", 1e-3, 1e6);
  }
  for (const Override& o : q.overrides)
    q.assumed.push_back("changed " + o.figure + "=" + o.text + " (--set)");
  q.prices = read_prices(values);
  if (q.boards.size() * q.precisions.size() * std::max<std::size_t>(1, q.batches.size()) > kMostAnswers) {
    throw InputError(
        fmt::format("more than {} combinations of boards, precisions and batches", kMostAnswers));
  }
  q.job.workload.batch = q.batches.empty() ? q.workload.default_batch : q.batches.front();
  build(q.job.workload);  // refuses now what the workload does not take
  return q;
}

}  // namespace roofcast::cli
