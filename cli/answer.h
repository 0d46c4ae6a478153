// One row of an answer: a board, a precision, a batch, and the forecast or the reason there is none.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/board_calibration.h"
#include "cli/question.h"
#include "model/forecast/knee.h"

namespace roofcast::cli {

/// The same job with one option of the framework, or with none or all of them.
struct WhatIf {
  std::string what;              // "none", "--amp", "all"
  std::optional<Interval> time;  // of the answer's span; nothing where it cannot run alone
  double samples_per_second = 0;
  Bytes memory;
  bool fits = true;
  std::optional<std::int64_t> largest_batch;
  std::string note;  // why it cannot run, or gains nothing
};

struct Answer {
  const Board* board = nullptr;
  PrecisionChoice asked;  // nothing: the fastest was asked for
  Precision precision = Precision::fp32;
  std::int64_t batch = 1;
  std::optional<Forecast> forecast;  // also where it does not fit: its memory is worth showing
  std::string refusal;  // "does not fit: needs 11.2 GiB, has 8; largest batch 5"; "" when it runs
  std::string
      impossible;  // the reason this board cannot run the precision or an option at all; the refusal too
  std::optional<BatchKnee> knee;     // where the batch was left to be chosen
  std::vector<WhatIf> what_ifs;      // where software options were given
  std::vector<std::string> remarks;  // what was decided on the way, the forecast's own included

  bool runs() const { return refusal.empty(); }
};

/// The default batch falls to the largest that fits. A precision the board lacks and a batch that does not fit are
/// told in the answer; bad shapes throw.
Answer answer(const Question& question, const Board& board, PrecisionChoice precision,
              std::optional<std::int64_t> batch, const Calibration& calibration);

/// "does not fit: needs 11.2 GiB, has 8.00 GiB; largest batch 5".
std::string does_not_fit(Bytes needed, std::optional<std::int64_t> largest_batch, const Gpu& gpu);

/// Boards × precisions × batches, in that order; a board with its own precision takes only that one. Each board has its own
/// constants where its owner fitted some, and a remark says so.
/// Throws InputError where no board can run the precision or an option of the framework that was asked for.
std::vector<Answer> answer_all(const Question& question, const Calibrations& calibrations);

/// Speed in samples, which compares boards that run other batches. The answer has a forecast.
double samples_per_second(const Answer& answer);

/// What the answer's time, energy and cost are for.
struct Span {
  std::string title;  // "epoch", "step", "batch", "launch"
  Interval time;
  Joules energy;
};
Span span(const Question& question, const Answer& answer);
/// "epoch" where a data set is known, else "step", "batch" or "launch"; more than one epoch is "3 epochs".
std::string span_title(const Question& question);

/// Energy at the electricity price + the board's price spread over its lifetime; nothing where one is unknown.
std::optional<Dollars> cost(const Question& question, const Answer& answer);

/// Done where any row runs, else "the answer is no".
int exit_code(const std::vector<Answer>& answers);

}  // namespace roofcast::cli
