// SPDX-License-Identifier: Apache-2.0
#include "cli/score_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "cli/describe.h"
#include "cli/format.h"
#include "cli/json_text.h"
#include "cli/rows.h"

namespace roofcast::cli {
namespace {

using Json = nlohmann::ordered_json;

/// The end of a path says most: "…/reference/neusight/gemm.csv".
std::string short_path(const std::string& path, std::size_t width) {
  if (path.size() <= width) return path;
  const std::size_t slash = path.find('/', path.size() - width + 2);
  return "…" + path.substr(slash == std::string::npos ? path.size() - width + 1 : slash);
}

/// "neusight/gemm.csv": enough to tell files of one tree apart.
std::string last_two(const std::string& path) {
  std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) slash = path.rfind('/', slash - 1);
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string number(double value) { return fmt::format("{:.1f}", value); }
std::string with_sign(double value) { return fmt::format("{:+.1f}", value); }

/// rows, scored, mean %, median, bias: the cells every table of scores ends on.
void add_score_columns(Table& table) {
  for (const char* title : {"rows", "scored", "mean %", "median", "bias"})
    table.columns.push_back({title, true});
}
void add_score_cells(std::vector<std::string>& row, const Score& score) {
  const auto errors = score.errors.summary();
  row.push_back(std::to_string(score.rows_total));
  row.push_back(std::to_string(score.rows_predicted()));
  row.push_back(errors ? number(errors->mean_abs_pct) : "-");
  row.push_back(errors ? number(errors->median_abs_pct) : "-");
  row.push_back(errors ? with_sign(errors->bias_pct) : "-");
}

std::string heading(const std::string& text, Format format) {
  return format == Format::markdown ? "\n### " + text + "\n\n" : "\n" + text + "\n";
}

/// A list of values gets blanks to break lines at: "a|b" is "a | b".
std::string breakable(const std::string& filter) {
  std::string out;
  for (const char c : filter) out += c == '|' ? std::string(" | ") : std::string(1, c);
  return out;
}

std::string groups_of(const Report& report, const FileRead& file, Format format) {
  Table table{{{"device", false}, {"kind", false}}, {}};
  add_score_columns(table);
  table.columns.push_back({"worst (line)", true});
  constexpr std::size_t kNames = 47;  // columns of device and kind together, beside those of the figures
  std::size_t device_width = 0;
  for (const Group& group : report.groups) {
    if (group.file == file.file && group.score.rows_predicted() > 0)
      device_width = std::max(device_width, group.device.size());
  }
  device_width = std::min<std::size_t>(device_width, 27);
  std::int64_t without = 0;
  for (const Group& group : report.groups) {
    if (group.file != file.file) continue;
    if (group.score.rows_predicted() == 0) {
      without += group.score.rows_total;
      continue;
    }
    std::vector<std::string> row{cut(group.device, device_width), cut(group.kind, kNames - device_width)};
    add_score_cells(row, group.score);
    const ScoredRow& worst = group.score.worst.front();
    row.push_back(fmt::format("{:+.0f} % {}", 100 * worst.error(), worst.line));
    table.rows.push_back(std::move(row));
  }
  std::string out = heading(fmt::format("{} ({})", short_path(file.file, 70), file.layout), format);
  for (const std::string& filter : file.filters) {
    out += format == Format::markdown ? "- " + filter + "\n" : wrapped(breakable(filter), kWidth, 10) + "\n";
  }
  if (!file.filters.empty() && format == Format::markdown) out += "\n";
  if (!table.rows.empty()) out += render(table, format, kWidth);
  if (without > 0)
    out += fmt::format("{}{} rows of boards or kinds without any score\n",
                       format == Format::markdown ? "\n" : "", without);
  if (table.rows.empty() && without == 0) out += "no rows\n";
  return out;
}

/// Scores of a file summed over boards, by kind; a last line for all kinds where there are several.
std::string summary(const Report& report, Format format) {
  Table table{{{"file", false}, {"kind", false}}, {}};
  add_score_columns(table);
  const auto add = [&](const std::string& file, const std::string& kind, const Score& score) {
    std::vector<std::string> row{cut(last_two(file), 26), cut(kind, 32)};
    add_score_cells(row, score);
    table.rows.push_back(std::move(row));
  };
  for (const FileRead& file : report.read.files) {
    std::map<std::string, Score> kinds;
    Score all;
    for (const Group& group : report.groups) {
      if (group.file != file.file || group.score.rows_total == 0) continue;
      if (group.score.rows_predicted() > 0) kinds[group.kind].add(group.score);
      all.add(group.score);
    }
    for (const auto& [kind, score] : kinds) add(file.file, kind, score);
    if (kinds.size() != 1 || kinds.begin()->second.rows_total != all.rows_total) add(file.file, "(all)", all);
  }
  add("(all files)", "", report.overall);
  return heading("Summary: absolute error in % of the measured time", format) + render(table, format, kWidth);
}

/// How often the model's choice of kernel is the library's, where the measurements name what ran.
std::string choices(const Report& report, Format format) {
  Table table{{{"file", false}, {"kind", false}, {"device", false}, {"rows"}, {"alike"}}, {}};
  for (const Group& group : report.groups) {
    const Score& s = group.score;
    if (s.rows_named == 0) continue;
    table.rows.push_back({cut(last_two(group.file), 26), cut(group.kind, 20), cut(group.device, 27),
                          std::to_string(s.rows_named),
                          fmt::format("{:.0f} %", 100.0 * static_cast<double>(s.rows_named_alike) /
                                                      static_cast<double>(s.rows_named))});
  }
  if (table.rows.empty()) return "";
  return heading("Kernel chosen as recorded", format) + render(table, format, kWidth);
}

std::string skipped(const Report& report, Format format) {
  if (report.overall.rows_skipped.empty()) return "";
  std::vector<std::pair<std::string, std::int64_t>> reasons(report.overall.rows_skipped.begin(),
                                                            report.overall.rows_skipped.end());
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  Table table{{{"rows", true}, {"not scored because", false}}, {}};
  for (const auto& [reason, rows] : reasons) table.rows.push_back({std::to_string(rows), cut(reason, 88)});
  return heading("Rows without a score", format) + render(table, format, kWidth);
}

std::string worst(const Report& report, Format format) {
  if (report.overall.worst.empty()) return "";
  Table table{{{"row", false},
               {"device", false},
               {"kind", false},
               {"measured", true},
               {"predicted", true},
               {"error %", true}},
              {}};
  for (const ScoredRow& row : report.overall.worst) {
    table.rows.push_back({fmt::format("{}:{}", cut(last_two(row.file), 26), row.line), cut(row.device, 18),
                          cut(row.kind, 18), text(*row.measured), text(*row.predicted),
                          with_sign(100 * row.error())});
  }
  return heading("Worst rows", format) + render(table, format, kWidth);
}

std::string bars_text(const Report& report, Format format) {
  Table table{{{"bar", false}, {"limit %", true}, {"mean %", true}, {"coverage", true}, {"", false}}, {}};
  for (const BarResult& bar : report.bars) {
    const auto errors = bar.score.errors.summary();
    table.rows.push_back({bar.name, number(bar.limit_pct), errors ? number(errors->mean_abs_pct) : "-",
                          percent(bar.coverage()), bar.met() ? "met" : "missed"});
  }
  return heading("Bars", format) + render(table, format, kWidth);
}

/// Rows, share held and median width: all rows, each kind of kernel, whole steps.
void for_each_held(const Held& held, const std::function<void(std::string_view, const Coverage&)>& use) {
  use("all", held.all);
  for (const auto& [kind, coverage] : held.kernels) use(name(kind), coverage);
  if (held.steps.rows() > 0) use("step", held.steps);
}

std::string held_text(const Report& report, Format format) {
  if (report.held.all.rows() == 0) return "";
  Table table{{{"80 % interval", false}, {"rows", true}, {"held %", true}, {"median high/low", true}}, {}};
  for_each_held(report.held, [&](std::string_view what, const Coverage& c) {
    table.rows.push_back({std::string(what), std::to_string(c.rows()), number(c.held_pct()),
                          fmt::format("{:.2f}", *c.median_width())});
  });
  return heading("Intervals: how often they hold the measured time", format) + render(table, format, kWidth);
}

std::string notes(const Report& report, Format format) {
  std::string out;
  const auto line = [&](const std::string& text) {
    out += format == Format::markdown ? "- " + text + "\n" : wrapped(text, kWidth, 2) + "\n";
  };
  for (const FileLeftOut& file : report.read.left_out)
    line(short_path(file.file, 60) + " left out: " + file.reason);
  if (!report.chips_left_out.empty())
    line(fmt::format("Each chip predicted with constants fitted without it: {}",
                     fmt::join(report.chips_left_out, ", ")));
  if (report.overall.rows_outside > 0)
    line(fmt::format("{} rows left out by --where", report.overall.rows_outside));
  return out.empty() ? "" : "\n" + out;
}

Json figures(const Score& score) {
  Json json;
  const auto errors = score.errors.summary();
  const auto or_null = [&](double ErrorSummary::*figure) {
    return errors ? Json((*errors).*figure) : Json(nullptr);
  };
  json["rows_total"] = score.rows_total;
  json["rows_predicted"] = score.rows_predicted();
  json["rows_skipped"] = Json::object();
  for (const auto& [reason, rows] : score.rows_skipped) json["rows_skipped"][reason] = rows;
  json["mean_abs_pct"] = or_null(&ErrorSummary::mean_abs_pct);
  json["median_abs_pct"] = or_null(&ErrorSummary::median_abs_pct);
  json["bias_pct"] = or_null(&ErrorSummary::bias_pct);
  if (score.rows_named > 0) {
    json["rows_named"] = score.rows_named;
    json["rows_named_alike"] = score.rows_named_alike;
  }
  json["rows_outside_where"] = score.rows_outside;
  json["worst"] = Json::array();
  for (const ScoredRow& row : score.worst) {
    json["worst"].push_back({{"file", row.file},
                             {"line", row.line},
                             {"device", row.device},
                             {"kind", row.kind},
                             {"measured_ms", in_milliseconds(*row.measured)},
                             {"predicted_ms", in_milliseconds(*row.predicted)},
                             {"error_pct", 100 * row.error()}});
  }
  return json;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string score_text(const Report& report, Format format, bool bars) {
  std::string out;
  for (const FileRead& file : report.read.files) out += groups_of(report, file, format);
  if (!report.read.files.empty()) out += summary(report, format);
  out += choices(report, format) + skipped(report, format) + worst(report, format);
  if (!report.chips_left_out.empty()) out += held_text(report, format);
  if (bars) out += bars_text(report, format);
  out += notes(report, format);
  return out.empty() || out.front() != '\n' ? out : out.substr(1);
}

std::string mean_error(double percent, std::size_t rows) {
  return rows > 0 ? fmt::format("{:.1f}", percent) : "-";
}

std::string stage_line(const StageReport& stage) {
  return fmt::format("{}: {} rows, {} -> {} %\n", stage.name, stage.rows,
                     mean_error(stage.before_pct, stage.rows), mean_error(stage.after_pct, stage.rows));
}

std::string fold_line(const Fold& fold) {
  return fmt::format("without {}: {} rows left out, {} stages fitted again\n", fold.chip, fold.rows,
                     fold.stages_again);
}

std::string score_csv(const Report& report) {
  Table table;
  for (const char* title : {"file", "layout", "device", "kind", "rows_total", "rows_predicted",
                            "rows_skipped", "mean_abs_pct", "median_abs_pct", "bias_pct"}) {
    table.columns.push_back({title, false});
  }
  for (const Group& group : report.groups) {
    const Score& s = group.score;
    if (s.rows_total == 0) continue;
    const auto errors = s.errors.summary();
    const auto or_empty = [&](double ErrorSummary::*figure) {
      return errors ? fmt::format("{:.6g}", (*errors).*figure) : "";
    };
    table.rows.push_back({group.file, group.layout, group.device, group.kind, std::to_string(s.rows_total),
                          std::to_string(s.rows_predicted()),
                          std::to_string(s.rows_total - s.rows_predicted()),
                          or_empty(&ErrorSummary::mean_abs_pct), or_empty(&ErrorSummary::median_abs_pct),
                          or_empty(&ErrorSummary::bias_pct)});
  }
  return render(table, Format::csv);
}

std::string score_json(const Report& report, bool bars) {
  Json json{{"schema_version", 1}, {"groups", Json::array()}};
  for (const Group& group : report.groups) {
    if (group.score.rows_total == 0) continue;
    Json entry{
        {"file", group.file}, {"device", group.device}, {"kind", group.kind}, {"layout", group.layout}};
    entry.update(figures(group.score));
    json["groups"].push_back(std::move(entry));
  }
  json["overall"] = figures(report.overall);
  json["files"] = Json::array();
  for (const FileRead& file : report.read.files) {
    json["files"].push_back(
        {{"file", file.file}, {"layout", file.layout}, {"rows", file.rows}, {"filters", file.filters}});
  }
  json["left_out"] = Json::array();
  for (const FileLeftOut& file : report.read.left_out)
    json["left_out"].push_back({{"file", file.file}, {"reason", file.reason}});
  if (!report.chips_left_out.empty()) {
    json["leave_one_out"] = {{"chips", report.chips_left_out}, {"intervals", Json::array()}};
    for_each_held(report.held, [&](std::string_view what, const Coverage& c) {
      const auto width = c.median_width();
      json["leave_one_out"]["intervals"].push_back(
          {{"of", what},
           {"rows", c.rows()},
           {"held_pct", c.held_pct()},
           {"median_high_over_low", width ? Json(*width) : Json(nullptr)}});
    });
  }
  if (bars) {
    json["bars"] = Json::array();
    for (const BarResult& bar : report.bars) {
      const auto errors = bar.score.errors.summary();
      json["bars"].push_back({{"name", bar.name},
                              {"limit_pct", bar.limit_pct},
                              {"mean_abs_pct", errors ? Json(errors->mean_abs_pct) : Json(nullptr)},
                              {"coverage", bar.coverage()},
                              {"met", bar.met()}});
    }
  }
  return json_text(json);
}

void write_row(std::ostream& out, const ScoredRow& row) {
  const auto milliseconds = [](const std::optional<Seconds>& time) {
    return time ? fmt::format("{:.6g}", in_milliseconds(*time)) : "";
  };
  out << fmt::format("{},{},{},{},{},{},{},", csv_field(row.file), row.line, csv_field(row.device),
                     csv_field(row.chip), csv_field(row.kind), milliseconds(row.measured),
                     milliseconds(row.predicted));
  if (row.interval) {
    out << fmt::format("{:.6g},{:.6g},", in_milliseconds(row.interval->low),
                       in_milliseconds(row.interval->high));
  } else {
    out << ",,";
  }
  if (row.predicted) out << fmt::format("{:.4g}", 100 * row.error());
  out << fmt::format(",{},{},{}\n", csv_field(row.bound), csv_field(row.algorithm), csv_field(row.skipped));
}

}  // namespace roofcast::cli
