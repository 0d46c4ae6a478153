// SPDX-License-Identifier: Apache-2.0
#include "validate/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "validate/robust_fit.h"

namespace roofcast {
namespace {

using GroupKey = std::tuple<std::string, std::string, std::string>;

GroupKey group(const Sample& s) { return {s.layout, s.gpu->slug, s.observation.kind}; }

/// predicted / measured - 1, as errors are counted, or nothing where the model refuses the row. Of rows that scatter by
/// 20 % the logarithm's median lies 4 % above this one's.
std::optional<double> relative_error(const StageRow& row, const Calibration& c) {
  const Prediction p = row.time(c);
  if (!p) return std::nullopt;
  return p->seconds / *row.sample->observation.measured - 1;
}

double mean_percent(const std::vector<double>& errors) {
  double sum = 0;
  for (const double e : errors) sum += std::abs(e);
  return errors.empty() ? 0 : 100 * sum / static_cast<double>(errors.size());
}

}  // namespace

std::vector<Sample> read_samples(const std::vector<std::string>& paths, const BoardLookup& boards,
                                 const Profiles& profiles, std::map<std::string, Gpu>& gpus,
                                 std::vector<std::string>& files) {
  std::vector<Sample> samples;
  const ReadSummary read = read_measurements(paths, {}, boards, profiles, [&](const Reading& r) {
    if (!r.counts() || r.gpu == nullptr || !r.observation.measured) return;
    if (std::holds_alternative<Unmodelled>(r.observation.subject)) return;
    const Gpu& gpu =
        gpus.try_emplace(r.gpu->slug, *r.gpu).first->second;  // a map's nodes stay where they are
    samples.push_back({std::string(r.layout.name), r.observation, &gpu});
  });
  for (const FileRead& file : read.files) files.push_back(file.layout);
  return samples;
}

std::vector<const Sample*> thin(const std::vector<const Sample*>& samples, int limit) {
  std::map<GroupKey, std::vector<const Sample*>> groups;
  for (const Sample* s : samples) groups[group(*s)].push_back(s);
  std::vector<const Sample*> kept;
  for (const auto& [key, members] : groups) {
    const auto wanted = std::min(members.size(), static_cast<std::size_t>(limit));
    for (std::size_t i = 0; i < wanted; ++i) kept.push_back(members[i * members.size() / wanted]);
  }
  return kept;
}

std::vector<StageRows> rows_of_stages(const std::vector<Sample>& samples, int rows_per_group,
                                      const Model& model) {
  std::vector<StageRows> result;
  for (const Stage& stage : stages()) {
    std::vector<const Sample*> used;
    for (const Sample& s : samples) {
      if (stage.uses(s)) used.push_back(&s);
    }
    StageRows& added = result.emplace_back(StageRows{&stage, {}});
    for (const Sample* s : thin(used, rows_per_group))
      added.rows.push_back({s, model(s->observation, *s->gpu)});
  }
  return result;
}

StageReport fit_stage(const StageRows& stage, Calibration& c, const Calibration* drawn_to) {
  const std::vector<Constant>& constants = stage.stage->constants;
  StageReport report;
  report.name = stage.stage->name;
  std::vector<const StageRow*> rows;
  for (const StageRow& row : stage.rows) {
    if (relative_error(row, c)) rows.push_back(&row);
  }
  report.rows = rows.size();
  if (rows.empty()) return report;

  const auto errors_at = [&](const std::vector<double>& values) {
    Calibration changed = c;
    for (std::size_t i = 0; i < values.size(); ++i) changed[constants[i]] = values[i];
    std::vector<double> errors;
    errors.reserve(rows.size());
    for (const StageRow* row : rows) errors.push_back(relative_error(*row, changed).value_or(0));
    return errors;
  };
  std::vector<Parameter> parameters;
  std::vector<double> values;
  for (const Constant id : constants) {
    const ConstantInfo& info = constant_table()[static_cast<std::size_t>(id)];
    const double prior = drawn_to != nullptr ? (*drawn_to)[id] : info.prior;
    parameters.push_back({std::string(info.name), c[id], info.low, info.high, prior});
    values.push_back(c[id]);
  }
  report.before_pct = mean_percent(errors_at(values));
  FitOptions options;
  options.prior_weight = stage.stage->prior_weight;
  const FitResult fit = robust_fit(errors_at, parameters, options);
  for (std::size_t i = 0; i < constants.size(); ++i) {
    // A constant whose change moves no error says nothing about the data.
    if (fit.sensitivity[i] < 1e-9) {
      report.unconstrained.push_back(parameters[i].name);
      continue;
    }
    values[i] = c[constants[i]] = fit.parameters[i].value;
    c.fitted[static_cast<std::size_t>(constants[i])] = true;
  }
  report.after_pct = mean_percent(errors_at(values));

  for (const StageRow* row : rows) {
    const Evidence kind = evidence_of(row->sample->observation);
    c.measured[kind].insert(row->sample->gpu->architecture);
    if (kind != Evidence::serving) c.measured[Evidence::kernels].insert(row->sample->gpu->architecture);
  }
  return report;
}

CalibrationRun calibrate(const std::vector<Sample>& samples, const Calibration& start, int rows_per_group,
                         const std::function<void(const StageReport&)>& progress) {
  CalibrationRun run;
  run.calibration = start;
  for (const StageRows& stage : rows_of_stages(samples, rows_per_group, roofcast_model)) {
    run.stages.push_back(fit_stage(stage, run.calibration));
    if (progress) progress(run.stages.back());
  }
  return run;
}

std::string data_hash(const std::vector<Sample>& samples) {
  std::uint64_t hash = 1469598103934665603ull;  // FNV-1a, 64 bits
  const auto mix = [&](std::string_view text) {
    for (const char ch : text) hash = (hash ^ static_cast<unsigned char>(ch)) * 1099511628211ull;
  };
  for (const Sample& s : samples)
    mix(fmt::format("{}|{}|{:.9g}\n", s.gpu->slug, s.observation.kind, s.observation.measured->value));
  return fmt::format("{:016x}", hash);
}

}  // namespace roofcast
