// What measure and validate share: options, opening the bench, running a plan.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/options.h"
#include "validate/harness/bench.h"
#include "validate/harness/plan.h"
#include "validate/harness/session.h"

namespace roofcast::cli {

/// Opens the GPU of this machine; tests give a fake.
using BenchOpener = std::function<tl::expected<std::unique_ptr<harness::Bench>, std::string>()>;

/// --suite, --out, --gpu, --counters.
void add_measure_options(po::options_description& options);

/// Throws InputError on an unknown suite.
harness::Suite suite_of(const po::variables_map& values);

/// The board of the base that `identity` is, or that of --gpu. Throws InputError that says how to add an unknown one.
Gpu measured_board(const Hwdb& base, const harness::Identity& identity, const po::variables_map& values);

struct MeasureRun {
  Gpu gpu;
  harness::SessionSummary summary;
};

/// Measures into `path`, with progress on `err`. SIGINT ends after the case that runs.
MeasureRun measure_into(harness::Bench& bench, const po::variables_map& values, const std::string& path,
                        std::ostream& err);

/// "roofcast measure: no GPU: ..." on `err`, and the exit code 3.
int needs_gpu(std::ostream& err, std::string_view command, const std::string& reason);

/// run_measure and run_validate on any bench.
int measure(const std::vector<std::string>& arguments, Streams& streams, const BenchOpener& open);
int validate(const std::vector<std::string>& arguments, Streams& streams, const BenchOpener& open);

}  // namespace roofcast::cli
