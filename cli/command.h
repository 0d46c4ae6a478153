// One command of the roofcast binary.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace roofcast::cli {

enum ExitCode { kDone = 0, kAnswerIsNo = 1, kBadInput = 2, kNeedsGpu = 3 };

/// Where a command writes: results to `out`, everything else to `err`.
struct Streams {
  std::ostream& out;
  std::ostream& err;
};

struct Command {
  std::string_view name;     // "predict"
  std::string_view summary;  // one line for `roofcast --help`
  int (*run)(const std::vector<std::string>& arguments,
             Streams& streams);  // arguments after the command name
};

int run_gpus(const std::vector<std::string>& arguments, Streams& streams);
int run_gpu(const std::vector<std::string>& arguments, Streams& streams);
int run_workloads(const std::vector<std::string>& arguments, Streams& streams);
int run_workload(const std::vector<std::string>& arguments, Streams& streams);
int run_predict(const std::vector<std::string>& arguments, Streams& streams);
int run_serve(const std::vector<std::string>& arguments, Streams& streams);
int run_compare(const std::vector<std::string>& arguments, Streams& streams);
int run_memory(const std::vector<std::string>& arguments, Streams& streams);
int run_score(const std::vector<std::string>& arguments, Streams& streams);
int run_calibrate(const std::vector<std::string>& arguments, Streams& streams);
int run_measure(const std::vector<std::string>& arguments, Streams& streams);
int run_validate(const std::vector<std::string>& arguments, Streams& streams);
int run_lint(const std::vector<std::string>& arguments, Streams& streams);
int run_audit(const std::vector<std::string>& arguments, Streams& streams);
int run_formats(const std::vector<std::string>& arguments, Streams& streams);

/// Finds the command, runs it, and turns exceptions into one line on `err` and an exit code:
/// InputError, invalid_argument, domain_error and option errors are 2.
int dispatch(const std::vector<std::string>& arguments, Streams& streams);

}  // namespace roofcast::cli
