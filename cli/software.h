// Options of the framework (--amp, --compile, ...): what they change and what each of them gains.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"

namespace roofcast::cli {

/// --amp, --compile, --cuda-graphs, --channels-last, --flash-attention, --sparse, and the data loader's.
void add_software_options(po::options_description& options);
/// --checkpointing alone: what memory asks too.
void add_checkpointing_option(po::options_description& options);

/// Fills software, plain and job.execution; precision, stack, host and phase are read already. Throws InputError.
void read_software(const po::variables_map& values, Question& question);

/// The first option of the question that this board cannot run, with the reason; "" where all can.
std::string software_refusal(const Question& question, const Gpu& gpu, const Execution& execution);

/// The job without the options, with each of them alone, and, where there are several, with all: `answer`'s own forecast.
std::vector<WhatIf> what_ifs(const Question& question, const Answer& answer, const Job& job,
                             const Calibration& calibration);

/// One row per what-if; "" where no option was given.
std::string what_if_text(const Question& question, const std::vector<Answer>& answers, Format format);

}  // namespace roofcast::cli
