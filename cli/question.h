// What predict and compare are asked: a job, the boards, precisions and batches to try, and all that was assumed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/overrides.h"
#include "model/forecast/forecast.h"
#include "model/forecast/software.h"

namespace roofcast::cli {

/// A precision, or nothing for the fastest one the board can run ("best").
using PrecisionChoice = std::optional<Precision>;

struct Board {
  std::string asked;                         // "p4000", as typed
  Gpu gpu;                                   // with --set applied
  std::string remark;                        // what the name was taken for
  std::optional<PrecisionChoice> precision;  // of "A:fp8"
};

/// What money needs; each absent where no flag gave it. The board's launch price stands in for `board`.
struct Prices {
  std::optional<DollarsPerJoule> electricity;
  std::optional<Dollars> board;
  std::optional<Seconds> lifetime;
};

struct Question {
  WorkloadInfo workload;
  Job job;  // batch and precision are filled in per answer
  std::optional<Dataset> dataset;
  std::vector<Board> boards;
  std::vector<PrecisionChoice> precisions;  // at least one
  std::vector<std::int64_t> batches;        // empty: the default, or the largest that fits if smaller
  bool knee = false;                        // "auto": the smallest batch that is nearly as fast as any
  std::vector<SoftwareOption> software;     // switched on; all of them are in job.execution ...
  Execution plain;                          // ... and none of them here
  std::vector<Override> overrides;
  Prices prices;
  bool serves = false;               // prefill or decode of a decoder with its cache
  std::vector<std::string> assumed;  // "batch 64 (--batch)", in the order printed

  bool bare_kernel() const { return workload.domain == Domain::kernel; }
  bool training() const { return job.execution.mode == Mode::training; }
  /// What would have to be measured for its forecast not to be extrapolated: "training on".
  std::string_view like() const;
  /// "images", "sequences" or, of an imported graph, "samples".
  std::string samples() const {
    if (serves && job.workload.sequence_length == 1) return "tokens";
    return workload.domain == Domain::image    ? "images"
           : workload.domain == Domain::tensor ? "samples"
                                               : "sequences";
  }
};

/// What says a job: workload, boards, batch, precision, phase, optimizer, stack, data set, shape.
po::options_description job_options(const std::string& boards);

/// The options of predict and compare; `boards` is "gpu" or "gpus".
po::options_description question_options(const std::string& boards);

/// Throws InputError, UnknownWorkload, or what build() throws for a field the workload does not take.
Question read_question(const po::variables_map& values, const std::string& boards);

/// "pcie=3,dispatch=8us": InputError with what is possible otherwise.
Host parse_host(const std::string& text);

/// "fp32", "best": InputError with the nearest name otherwise.
PrecisionChoice parse_precision_choice(const std::string& text, std::string_view option);

}  // namespace roofcast::cli
