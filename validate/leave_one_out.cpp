// SPDX-License-Identifier: Apache-2.0
#include "validate/leave_one_out.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <mutex>
#include <optional>

#include "validate/conformal.h"
#include "validate/parallel.h"

namespace roofcast {
namespace {

bool uses_chip(const StageRows& stage, const std::string& chip) {
  return std::any_of(stage.rows.begin(), stage.rows.end(),
                     [&](const StageRow& row) { return row.sample->gpu->chip == chip; });
}

StageRows without_chip(const StageRows& stage, const std::string& chip) {
  StageRows result{stage.stage, {}};
  std::copy_if(stage.rows.begin(), stage.rows.end(), std::back_inserter(result.rows),
               [&](const StageRow& row) { return row.sample->gpu->chip != chip; });
  return result;
}

/// Whether a row speaks for the interval: none of a vendor whose libraries nothing is fitted to, no rate without a size, no
/// kernel that hardly does more than start and end.
bool speaks(const Sample& row) {
  constexpr Seconds kStartAndEnd = microseconds(20);
  const auto* kernel = std::get_if<KernelCase>(&row.observation.subject);
  return row.gpu->vendor == "NVIDIA" &&
         (kernel == nullptr || (!kernel->rate && *row.observation.measured >= kStartAndEnd));
}

/// `row` as the fold without its chip predicts it; nothing where the model refuses it.
std::optional<LeftOutError> left_out_error(const Sample& row, const Model& model,
                                           const Calibration& without) {
  const Prediction p = model(row.observation, *row.gpu)(without);
  if (!p) return std::nullopt;
  return LeftOutError{row.gpu->chip, std::log(*row.observation.measured / p->seconds), p->time_by_kind,
                      p->step};
}

std::vector<LeftOutError> left_out_errors(const std::vector<Sample>& samples, int rows_per_group,
                                          const Model& model, const LeaveOneOut& fits) {
  std::vector<const Sample*> all;
  for (const Sample& s : samples) {
    if (speaks(s)) all.push_back(&s);
  }
  const std::vector<const Sample*> rows = thin(all, rows_per_group);
  std::vector<std::optional<LeftOutError>> errors(rows.size());
  parallel_for(rows.size(), [&](std::size_t i) {
    errors[i] = left_out_error(*rows[i], model, fits.without(rows[i]->gpu->chip));
  });
  std::vector<LeftOutError> known;
  for (const auto& e : errors) {
    if (e) known.push_back(*e);
  }
  return known;
}

}  // namespace

const Calibration& LeaveOneOut::without(const std::string& chip) const {
  const auto fold = std::find_if(folds.begin(), folds.end(), [&](const Fold& f) { return f.chip == chip; });
  return fold == folds.end() ? all.calibration : fold->calibration;
}

LeaveOneOut leave_one_out(const std::vector<Sample>& samples, const Calibration& start, int rows_per_group,
                          const Model& model, const FoldProgress& progress) {
  const std::vector<StageRows> stages = rows_of_stages(samples, rows_per_group, model);
  LeaveOneOut result;
  result.all.calibration = start;
  std::vector<Calibration> before;  // each stage, with every chip
  for (const StageRows& stage : stages) {
    before.push_back(result.all.calibration);
    result.all.stages.push_back(fit_stage(stage, result.all.calibration));
    if (progress.stage) progress.stage(result.all.stages.back());
  }

  std::map<std::string, std::size_t> rows;
  for (const Sample& s : samples) ++rows[s.gpu->chip];
  for (const auto& [chip, count] : rows) {
    Fold fold{chip, count, 0, {}};
    const auto first = std::find_if(stages.begin(), stages.end(),
                                    [&, c = chip](const StageRows& s) { return uses_chip(s, c); });
    fold.stages_again = static_cast<std::size_t>(stages.end() - first);
    result.folds.push_back(std::move(fold));
  }
  // The longest folds first, so that no core is left alone with one at the end.
  std::vector<Fold*> order;
  for (Fold& fold : result.folds) order.push_back(&fold);
  std::stable_sort(order.begin(), order.end(),
                   [](const Fold* a, const Fold* b) { return a->stages_again > b->stages_again; });
  std::mutex one_at_a_time;
  parallel_for(order.size(), [&](std::size_t i) {
    Fold& fold = *order[i];
    const std::size_t first = stages.size() - fold.stages_again;
    fold.calibration = first == stages.size() ? result.all.calibration : before[first];
    for (std::size_t s = first; s < stages.size(); ++s)
      fit_stage(without_chip(stages[s], fold.chip), fold.calibration);
    const std::lock_guard lock(one_at_a_time);
    if (progress.fold) progress.fold(fold);
  });

  const std::vector<LeftOutError> errors = left_out_errors(samples, rows_per_group, model, result);
  set_residuals(errors, "", result.all.calibration);
  parallel_for(result.folds.size(), [&](std::size_t i) {
    Fold& fold = result.folds[i];
    fold.calibration.measured = result.all.calibration.measured;
    set_residuals(errors, fold.chip, fold.calibration);
  });
  return result;
}

Predictor leave_one_out_predictor(const LeaveOneOut& fits, const Model& model) {
  std::map<std::string, Predictor> without;
  for (const Fold& fold : fits.folds) without.emplace(fold.chip, model_predictor(fold.calibration, model));
  return [without = std::move(without), all = model_predictor(fits.all.calibration, model)](
             const Observation& o, const Gpu& gpu) {
    const auto fold = without.find(gpu.chip);
    return (fold == without.end() ? all : fold->second)(o, gpu);
  };
}

}  // namespace roofcast
