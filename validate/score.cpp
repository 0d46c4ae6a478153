// SPDX-License-Identifier: Apache-2.0
#include "validate/score.h"

#include <algorithm>
#include <cmath>

namespace roofcast {
namespace {

constexpr std::size_t kWorst = 5;
constexpr double kCoverage = 0.9;

void keep_worst(std::vector<ScoredRow>& worst, const ScoredRow& row) {
  const double size = std::abs(row.error());
  if (worst.size() == kWorst && size <= std::abs(worst.back().error())) return;
  const auto at = std::find_if(worst.begin(), worst.end(),
                               [&](const ScoredRow& w) { return std::abs(w.error()) < size; });
  worst.insert(at, row);
  if (worst.size() > kWorst) worst.pop_back();
}

void count(Score& score, const ScoredRow& row) {
  ++score.rows_total;
  if (!row.predicted) {
    ++score.rows_skipped[row.skipped];
    return;
  }
  score.errors.add(row.error());
  keep_worst(score.worst, row);
}

void note(Held& held, const Predicted& predicted, Seconds measured) {
  if (!predicted.interval) return;
  held.all.add(measured, *predicted.interval);
  if (predicted.step) {
    held.steps.add(measured, *predicted.interval);
  } else if (predicted.time_by_kind.size() == 1) {
    held.kernels[predicted.time_by_kind.begin()->first].add(measured, *predicted.interval);
  }
}

/// Predicts one reading into `row`, whose strings are reused from row to row.
void predict(const Reading& reading, const Predictor& predictor, ScoredRow& row, Held& held) {
  const Observation& o = reading.observation;
  row.file = reading.file;
  row.line = o.line;
  row.device = o.device;
  row.kind = o.kind;
  row.chip = reading.facts.chip;
  row.measured = o.measured;
  row.predicted.reset();
  row.interval.reset();
  row.bound.clear();
  row.algorithm.clear();
  row.skipped.clear();
  const auto skip = [&](std::string_view reason) { row.skipped = reason; };
  if (!reading.filtered.empty()) return skip(reading.filtered);
  if (const auto* unmodelled = std::get_if<Unmodelled>(&o.subject)) return skip(unmodelled->reason);
  if (reading.gpu == nullptr) return skip("unknown GPU: " + o.device);
  if (!o.measured) return skip("no measured time");
  Prediction prediction = predictor(o, *reading.gpu);
  if (!prediction) return skip(prediction.error().text);
  Predicted& predicted = *prediction;
  if (!std::isfinite(predicted.seconds.value) || predicted.seconds.value <= 0)
    return skip("the model gave no finite time");
  row.predicted = predicted.seconds;
  row.interval = predicted.interval;
  note(held, predicted, *o.measured);
  row.bound = std::move(predicted.bound);
  row.algorithm = std::move(predicted.algorithm);
}

/// Bars whose layout matches the file being read.
class BarCounter {
 public:
  explicit BarCounter(const Profiles& profiles) : profiles_(profiles), results_(profiles.bars.size()) {
    for (std::size_t i = 0; i < results_.size(); ++i) {
      results_[i].name = profiles.bars[i].name;
      results_[i].limit_pct = profiles.bars[i].mean_abs_pct;
    }
  }
  void add(const Reading& reading, const ScoredRow& row) {
    if (&reading.header != bound_to_) bind(reading);
    for (const auto& [index, where] : bound_) {
      if (where.keeps(reading.row, reading.facts)) count(results_[index].score, row);
    }
  }
  std::vector<BarResult> results() const {
    std::vector<BarResult> touched;
    std::copy_if(results_.begin(), results_.end(), std::back_inserter(touched),
                 [](const BarResult& r) { return r.score.rows_total > 0; });
    return touched;
  }

  /// A new file begins: its header may lie where the last one's did.
  void unbind() { bound_to_ = nullptr; }

 private:
  void bind(const Reading& reading) {
    bound_.clear();
    for (std::size_t i = 0; i < profiles_.bars.size(); ++i) {
      if (layout_matches(profiles_.bars[i].layout, reading.layout.name)) {
        bound_.emplace_back(i, BoundFilter(profiles_.bars[i].where, reading.header, MissingColumn::fails));
      }
    }
    bound_to_ = &reading.header;
  }

  const Profiles& profiles_;
  std::vector<BarResult> results_;
  std::vector<std::pair<std::size_t, BoundFilter>> bound_;
  const CsvHeader* bound_to_ = nullptr;
};

}  // namespace

std::int64_t Score::rows_filtered() const {
  std::int64_t rows = 0;
  for (const auto& [reason, n] : rows_skipped) rows += reason.rfind("filtered: ", 0) == 0 ? n : 0;
  return rows;
}

void Score::add(const Score& other) {
  rows_total += other.rows_total;
  rows_outside += other.rows_outside;
  for (const auto& [reason, n] : other.rows_skipped) rows_skipped[reason] += n;
  errors.add(other.errors);
  for (const ScoredRow& row : other.worst) keep_worst(worst, row);
}

double BarResult::coverage() const {
  const auto asked = score.rows_total - score.rows_filtered();
  return asked == 0 ? 0 : static_cast<double>(score.rows_predicted()) / static_cast<double>(asked);
}

bool BarResult::met() const {
  const auto errors = score.errors.summary();
  return errors && errors->mean_abs_pct <= limit_pct && coverage() >= kCoverage;
}

Report score(const std::vector<std::string>& paths, const ReadOptions& options, const BoardLookup& boards,
             const Predictor& predictor, const Profiles& profiles,
             const std::function<void(const ScoredRow&)>& sink) {
  Report report;
  BarCounter bars(profiles);
  std::map<std::pair<std::string, std::string>, Group> groups;  // of the file being read
  std::string file;
  const auto close_file = [&] {
    for (auto& [key, group] : groups) {
      report.overall.add(group.score);
      report.groups.push_back(std::move(group));
    }
    groups.clear();
    bars.unbind();
  };
  ScoredRow row;
  report.read = read_measurements(paths, options, boards, profiles, [&](const Reading& reading) {
    if (reading.file != file) {
      close_file();
      file = reading.file;
    }
    const Observation& o = reading.observation;
    Group& group = groups[{o.device, o.kind}];
    if (group.file.empty()) {
      group.file = reading.file;
      group.layout = reading.layout.name;
      group.device = o.device;
      group.kind = o.kind;
    }
    if (!reading.asked_for) {
      ++group.score.rows_outside;
      return;
    }
    predict(reading, predictor, row, report.held);
    count(group.score, row);
    bars.add(reading, row);
    if (sink) sink(row);
  });
  close_file();
  report.bars = bars.results();
  return report;
}

}  // namespace roofcast
