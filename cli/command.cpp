// The table of commands, and what happens around each of them.
// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <fmt/format.h>

#include <array>
#include <boost/program_options/errors.hpp>
#include <new>
#include <ostream>
#include <stdexcept>

#include "cli/suggest.h"
#include "hwdb/input_error.h"

namespace roofcast::cli {
namespace {

constexpr std::array kCommands{
    Command{"gpus", "list, filter and compare the boards of the base", run_gpus},
    Command{"gpu", "one board: datasheet, every peak derived, notes", run_gpu},
    Command{"workloads", "list what can be forecast", run_workloads},
    Command{"workload", "one workload: layers, parameters, FLOPs, activations", run_workload},
    Command{"predict", "time, memory, energy and cost of a job on a board, and why", run_predict},
    Command{"compare", "the same job on several boards, one row each", run_compare},
    Command{"serve", "a language model for many users: first token, tokens a second, memory", run_serve},
    Command{"memory", "what a job needs of a board's memory, item by item, and the largest batch",
            run_memory},
    Command{"score", "how far predictions are from measurements", run_score},
    Command{"measure", "run real kernels on the GPU of this machine", run_measure},
    Command{"calibrate", "fit the model's constants to measurements", run_calibrate},
    Command{"validate", "measure, calibrate and score here, with a report", run_validate},
    Command{"formats", "number formats: encode, decode, error", run_formats},
    Command{"audit", "are the figures quoted for a board right?", run_audit},
    Command{"lint", "check the facts of the base", run_lint},
};

void print_help(std::ostream& out) {
  out << "roofcast: how long a deep-learning job takes on a GPU, and why\n\n"
         "usage: roofcast COMMAND [ARGUMENTS] [OPTIONS]\n\nCommands\n";
  for (const Command& command : kCommands) out << fmt::format("  {:<10} {}\n", command.name, command.summary);
  out << "\n`roofcast COMMAND --help` lists its options and examples; `roofcast --version` prints the "
         "version.\n"
         "Exit status: 0 done, 1 done and the answer is no, 2 bad input, 3 a GPU or permission is "
         "missing.\n\n"
         "Examples\n"
         "  roofcast predict resnet50 --gpu p4000 --dataset cifar10\n"
         "  roofcast compare resnet50 --dataset cifar10 --gpus "
         "p4000,rtx-3060,rtx-4060-ti-16gb,orin-nano-8gb\n"
         "  roofcast compare bert-large --task squad --gpus p4000:fp32,rtx-4060-ti-16gb:fp8\n"
         "  roofcast gpu p4000\n";
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (command.name == name) return command;
    names.emplace_back(command.name);
  }
  const bool option = name.rfind('-', 0) == 0;
  throw InputError((option ? "unknown option " : "unknown command ") + in_quotes(name) +
                   (option ? "; see roofcast --help" : did_you_mean(name, names)));
}

int run(const std::vector<std::string>& arguments, Streams& streams) {
  if (arguments.empty()) {
    print_help(streams.err);
    return kBadInput;
  }
  const std::string& first = arguments.front();
  if (first == "--version") {
    streams.out << "roofcast " ROOFCAST_VERSION "\n";
    return kDone;
  }
  if (first == "--help" || first == "-h" || first == "help") {
    if (arguments.size() == 1) {
      print_help(streams.out);
      return kDone;
    }
    return find_command(arguments[1]).run({"--help"}, streams);
  }
  return find_command(first).run({arguments.begin() + 1, arguments.end()}, streams);
}

/// What a user is told: always one line, prefixed with the command where there is one.
int refuse(const std::vector<std::string>& arguments, Streams& streams, std::string_view reason) {
  std::string line = "roofcast";
  for (const Command& command : kCommands) {
    if (!arguments.empty() && arguments.front() == command.name) line += " " + arguments.front();
  }
  line += ": ";
  for (const char c : reason) line += c == '\n' || c == '\r' ? ' ' : c;
  streams.err << line << "\n";
  streams.err.flush();
  return kBadInput;
}

}  // namespace

int dispatch(const std::vector<std::string>& arguments, Streams& streams) {
  int code = kDone;
  try {
    code = run(arguments, streams);
  } catch (const std::bad_alloc&) {
    return refuse(arguments, streams, "out of memory");
  } catch (const std::exception& e) {  // InputError, invalid_argument, domain_error, option errors, files
    return refuse(arguments, streams, e.what());
  }
  streams.out.flush();
  if (!streams.out) return refuse(arguments, streams, "cannot write the result to standard output");
  return code;
}

}  // namespace roofcast::cli
