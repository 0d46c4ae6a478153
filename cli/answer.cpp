// Choosing batch and precision where they were left open.
// SPDX-License-Identifier: Apache-2.0
#include "cli/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>

#include "cli/command.h"
#include "cli/format.h"
#include "cli/software.h"
#include "hwdb/input_error.h"

namespace roofcast::cli {
namespace {

Forecast run(const Question& q, const Board& board, Job job, const Calibration& calibration) {
  if (!q.bare_kernel()) return forecast(job, board.gpu, calibration);
  return forecast_kernels(lower(build(job.workload), board.gpu, job.execution), board.gpu, job.execution,
                          calibration, Evidence::kernels);
}

std::string knee_words(const BatchKnee& k) {
  const BatchPoint& knee = k.points[k.knee];
  const BatchPoint& best = k.points[k.best];
  const BatchPoint& largest = k.points.back();
  return fmt::format(
      "batch {} is the knee: the smallest within {:.0f} % of the best throughput ({} of {} samples/s, at "
      "batch "
      "{}); the largest that fits is {}",
      knee.batch, 100 * (1 - kKneeShare), significant(knee.samples_per_second),
      significant(best.samples_per_second), best.batch, largest.batch);
}

Answer answer_one(const Question& q, const Board& board, Precision precision,
                  std::optional<std::int64_t> batch, const Calibration& calibration) {
  Answer a;
  a.board = &board;
  a.precision = precision;
  Job job = q.job;
  job.execution.precision = precision;
  job.workload.batch = a.batch = batch.value_or(q.workload.default_batch);
  a.impossible = a.refusal = software_refusal(q, board.gpu, job.execution);
  if (!a.impossible.empty()) return a;
  try {
    if (q.knee && !q.bare_kernel()) {
      a.knee = batch_knee(job, board.gpu, calibration);
      if (a.knee) {
        job.workload.batch = a.batch = a.knee->points[a.knee->knee].batch;
        batch = a.batch;
        a.remarks.push_back(knee_words(*a.knee));
      }
    }
    a.forecast = run(q, board, job, calibration);
    if (!batch && !a.forecast->fits && a.forecast->largest_batch) {
      const std::int64_t wanted = a.batch;
      job.workload.batch = a.batch = *a.forecast->largest_batch;
      const std::string why =
          fmt::format("batch {}: the default {} needs {}, the board has {}", a.batch, wanted,
                      cli::text(a.forecast->memory.total()), cli::text(usable_memory(board.gpu)));
      a.forecast = run(q, board, job, calibration);
      a.remarks.push_back(why);
    }
    if (!a.forecast->fits)
      a.refusal = does_not_fit(a.forecast->memory.total(), a.forecast->largest_batch, board.gpu);
    a.what_ifs = what_ifs(q, a, job, calibration);
    a.remarks.insert(a.remarks.end(), a.forecast->remarks.begin(), a.forecast->remarks.end());
  } catch (const std::domain_error& e) {
    a.forecast.reset();
    a.impossible = a.refusal = fmt::format("cannot run in {}: {}", name(precision), e.what());
  }
  return a;
}

/// Whole-model half precision loses small weight updates, so nobody trains in it unless told to.
bool considered_for_best(Precision precision, bool training) {
  return !training ||
         (precision != Precision::fp16 && precision != Precision::bf16 && precision != Precision::int8);
}

}  // namespace

std::string does_not_fit(Bytes needed, std::optional<std::int64_t> largest, const Gpu& gpu) {
  std::string text = fmt::format("does not fit: needs {}, has {}", cli::text(needed), cli::text(gpu.memory));
  if (usable_memory(gpu) < gpu.memory)
    text += fmt::format(" shared with the CPU, {} usable", cli::text(usable_memory(gpu)));
  return text + (largest ? fmt::format("; largest batch {}", *largest) : "; not even batch 1 fits");
}

Answer answer(const Question& question, const Board& board, PrecisionChoice precision,
              std::optional<std::int64_t> batch, const Calibration& calibration) {
  if (precision) {
    Answer a = answer_one(question, board, *precision, batch, calibration);
    a.asked = precision;
    return a;
  }
  // The fastest that runs; where none does, the one that comes nearest to fitting.
  const auto merit = [](const Answer& a) {
    const auto& f = a.forecast;
    return std::tuple(a.runs(), a.runs() ? samples_per_second(a) : 0,
                      f ? static_cast<double>(f->largest_batch.value_or(0)) : -1);
  };
  std::optional<Answer> best;
  for (const Precision candidate : all_precisions()) {
    if (!considered_for_best(candidate, question.training())) continue;
    Answer a = answer_one(question, board, candidate, batch, calibration);
    if (!best || merit(a) > merit(*best)) best = std::move(a);
  }
  if (best->runs())
    best->remarks.insert(best->remarks.begin(),
                         fmt::format("{} is the fastest it can run", name(best->precision)));
  best->asked = std::nullopt;
  return *best;
}

namespace {

/// Precisions × batches of one board.
void add_answers(const Question& question, const Board& board, const Calibration& calibration,
                 std::vector<Answer>& answers) {
  std::vector<std::optional<std::int64_t>> batches(question.batches.begin(), question.batches.end());
  if (batches.empty()) batches.emplace_back();
  const std::vector<PrecisionChoice> precisions =
      board.precision ? std::vector{*board.precision} : question.precisions;
  for (const PrecisionChoice& precision : precisions) {
    for (const auto& batch : batches)
      answers.push_back(answer(question, board, precision, batch, calibration));
  }
}

}  // namespace

std::vector<Answer> answer_all(const Question& question, const Calibrations& calibrations) {
  std::vector<Answer> answers;
  for (const Board& board : question.boards) {
    const std::size_t first = answers.size();
    add_answers(question, board, calibrations.of(board.gpu), answers);
    const std::string remark = calibrations.remark(board.gpu);
    for (std::size_t i = first; i < answers.size() && !remark.empty(); ++i)
      answers[i].remarks.push_back(remark);
  }
  const bool none =
      std::all_of(answers.begin(), answers.end(), [](const Answer& a) { return !a.impossible.empty(); });
  if (none) throw InputError(answers.front().impossible);
  return answers;
}

double samples_per_second(const Answer& a) {
  return static_cast<double>(a.batch) / a.forecast->step.expected.value;
}

std::string span_title(const Question& q) {
  if (q.bare_kernel()) return "launch";
  if (!q.job.samples_per_epoch) return q.training() ? "step" : "batch";
  return q.job.epochs == 1 ? "epoch" : fmt::format("{:g} epochs", q.job.epochs);
}

Span span(const Question& q, const Answer& a) {
  const Forecast& f = *a.forecast;
  const Interval time = f.job.value_or(f.step);
  return {span_title(q), time, f.step_energy * (time.expected / f.step.expected)};
}

std::optional<Dollars> cost(const Question& q, const Answer& a) {
  const auto board = q.prices.board ? q.prices.board : a.board->gpu.launch_price;
  if (!a.runs() || !q.prices.electricity || !q.prices.lifetime || !board) return std::nullopt;
  const Span s = span(q, a);
  return *q.prices.electricity * s.energy + *board * (s.time.expected / *q.prices.lifetime);
}

int exit_code(const std::vector<Answer>& answers) {
  for (const Answer& a : answers) {
    if (a.runs()) return kDone;
  }
  return kAnswerIsNo;
}

}  // namespace roofcast::cli
