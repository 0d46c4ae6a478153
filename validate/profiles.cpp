// Reading the profiles, strictly: an unknown key or a filter that does not parse is refused.
// SPDX-License-Identifier: Apache-2.0
#include "validate/profiles.h"

#include <algorithm>
#include <array>

#include "hwdb/toml_table.h"

namespace roofcast {
namespace {

Filter filter(const TomlTable& table, std::string_view key) {
  return table.has(key) ? Filter::parse(table.text(key), table.file() + ": " + std::string(key)) : Filter{};
}

std::optional<Filter> optional_filter(const TomlTable& table, std::string_view key) {
  return table.has(key) ? std::optional(filter(table, key)) : std::nullopt;
}

std::optional<Optimizer> optimizer_of(std::string_view text) {
  if (text == "none") return Optimizer::none;
  if (text == "sgd") return Optimizer::sgd_momentum;
  if (text == "adam") return Optimizer::adam;
  return std::nullopt;
}

/// The value `text` stands for; an error at the key where it stands for none.
template <class T>
T value_of(const TomlTable& table, std::string_view key, std::optional<T> (*parse)(std::string_view)) {
  const std::string text = table.text(key);
  if (const auto value = parse(text)) return *value;
  table.fail(key, "unknown value '" + text + "'");
}

Profiles::StackRule stack_rule(const TomlTable& table) {
  static constexpr std::array<std::string_view, 7> kKeys{"layout",    "where", "stack", "optimizer",
                                                         "precision", "batch", "pcie"};
  table.allow(kKeys);
  Profiles::StackRule rule{table.text("layout"), filter(table, "where"), {}};
  rule.profile.stack = value_of(table, "stack", find_stack);
  if (table.has("pcie")) rule.profile.host.pcie = static_cast<int>(table.whole("pcie", 1, 6));
  if (table.has("optimizer")) rule.profile.optimizer = value_of(table, "optimizer", optimizer_of);
  if (table.has("precision")) rule.profile.precision = value_of(table, "precision", parse_precision);
  if (table.has("batch")) rule.profile.batch = table.whole("batch", 1, 1 << 20);
  return rule;
}

Profiles::StandardFilter standard_filter(const TomlTable& table) {
  static constexpr std::array<std::string_view, 4> kKeys{"layout", "where", "except", "diagnosis"};
  table.allow(kKeys);
  Profiles::StandardFilter f{table.text("layout"), optional_filter(table, "where"),
                             optional_filter(table, "except"),
                             table.has("diagnosis") && table.flag("diagnosis")};
  if (f.where.has_value() + f.except.has_value() + f.diagnosis != 1) {
    table.fail("layout", "one of where, except and diagnosis is needed");
  }
  return f;
}

Profiles::WorkloadName workload_name(const TomlTable& table) {
  static constexpr std::array<std::string_view, 3> kKeys{"names", "workload", "task"};
  table.allow(kKeys);
  Profiles::WorkloadName entry{table.texts("names"), table.text("workload"), {}};
  if (table.has("task")) entry.task = value_of(table, "task", task_of);
  return entry;
}

}  // namespace

std::string Profiles::StandardFilter::reason() const {
  if (diagnosis) return "filtered: diagnosis only";
  return where ? "filtered: " + where->text() : "filtered: not (" + except->text() + ")";
}

WorkloadRequest Profiles::workload(std::string_view name) const {
  WorkloadRequest request;
  request.name = name;
  for (const WorkloadName& entry : workloads) {
    if (std::find(entry.names.begin(), entry.names.end(), name) == entry.names.end()) continue;
    request.name = entry.workload;
    request.task = entry.task;
  }
  return request;
}

std::optional<Task> task_of(std::string_view text) {
  if (text == "classification") return Task::classification;
  if (text == "squad") return Task::squad;
  if (text == "pretraining") return Task::pretraining;
  if (text == "language_model") return Task::language_model;
  return std::nullopt;
}

bool layout_matches(std::string_view pattern, std::string_view layout) {
  if (!pattern.empty() && pattern.back() == '*')
    return layout.substr(0, pattern.size() - 1) == pattern.substr(0, pattern.size() - 1);
  return pattern == layout;
}

Profiles parse_profiles(std::string_view toml_text, const std::string& file) {
  const toml::table root = parse_toml(toml_text, file);
  const TomlTable top(root, file, "profiles");
  static constexpr std::array<std::string_view, 5> kKeys{"stack", "skip", "filter", "workload", "bar"};
  top.allow(kKeys);
  Profiles result;
  for (const TomlTable& table : top.tables("stack", "stack")) result.stacks.push_back(stack_rule(table));
  for (const TomlTable& table : top.tables("filter", "filter"))
    result.filters.push_back(standard_filter(table));
  for (const TomlTable& table : top.tables("workload", "workload"))
    result.workloads.push_back(workload_name(table));
  for (const TomlTable& table : top.tables("skip", "skip")) {
    static constexpr std::array<std::string_view, 3> kSkipKeys{"layout", "where", "reason"};
    table.allow(kSkipKeys);
    result.skips.push_back({table.text("layout"), filter(table, "where"), table.text("reason")});
  }
  for (const TomlTable& table : top.tables("bar", "bar")) {
    static constexpr std::array<std::string_view, 4> kBarKeys{"name", "layout", "where", "mean_abs_pct"};
    table.allow(kBarKeys);
    result.bars.push_back({table.text("name"), table.text("layout"), filter(table, "where"),
                           table.number("mean_abs_pct", 0, 1000, "%")});
  }
  return result;
}

const Profiles& profiles() {
  static const Profiles parsed = parse_profiles(embedded_profiles_text(), "validate/profiles.toml");
  return parsed;
}

StackChooser::StackChooser(const Profiles& profiles, std::string_view layout, const CsvHeader& header) {
  for (const Profiles::StackRule& rule : profiles.stacks) {
    if (layout_matches(rule.layout, layout))
      rules_.emplace_back(BoundFilter(rule.where, header, MissingColumn::fails), rule.profile);
  }
}

const StackProfile& StackChooser::choose(const CsvRow& row) const {
  for (const auto& [where, profile] : rules_) {
    if (where.keeps(row, {})) return profile;
  }
  return eager_;
}

}  // namespace roofcast
