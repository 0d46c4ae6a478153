// SPDX-License-Identifier: Apache-2.0
#include "cli/validation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "cli/format.h"
#include "validate/harness/case.h"
#include "validate/harness/counter_check.h"

namespace roofcast::cli {
namespace {

constexpr std::size_t kWorst = 15;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '<'   ? "&lt;"
           : c == '>' ? "&gt;"
           : c == '&' ? "&amp;"
           : c == '"' ? "&quot;"
                      : std::string(1, c);
  }
  return out;
}

Table board_table(const Validation& v) {
  Table t{{{"board", false}, {"", false}}, {}};
  for (const harness::Record& r : v.records) {
    if (r.section == "board") t.rows.push_back({r.subject, r.value + (r.unit.empty() ? "" : " " + r.unit)});
  }
  return t;
}

Table hardware_table(const Validation& v) {
  Table t{{{"measured", false}, {"load", false}, {"value"}, {"unit", false}, {"clock MHz"}, {"W"}}, {}};
  const auto number = [](const std::optional<double>& x) { return x ? significant(*x) : "-"; };
  for (const harness::Record& r : v.records) {
    if (!r.ok() || r.section == "board" || r.unit == "ms") continue;
    t.rows.push_back({r.subject, r.load, r.value, r.unit, number(r.clock_mhz), number(r.power_w)});
  }
  return t;
}

std::string milliseconds(Seconds s) { return significant(in_milliseconds(s)); }
std::string error_text(Seconds predicted, Seconds measured) {
  return fmt::format("{:+.1f}", 100 * (predicted / measured - 1));
}

/// What a scored row was measured as: rows of the file begin on its second line.
const harness::Record& record_of(const Validation& v, const ScoredRow& r) {
  return v.records.at(static_cast<std::size_t>(r.line) - 2);
}

Table steps_table(const Validation& v) {
  Table t{{{"step", false}, {"measured ms"}, {"predicted ms"}, {"error %"}}, {}};
  for (const ScoredRow& r : v.rows) {
    if (r.predicted && r.kind.rfind("step ", 0) == 0)
      t.rows.push_back({r.kind.substr(5), milliseconds(*r.measured), milliseconds(*r.predicted),
                        error_text(*r.predicted, *r.measured)});
  }
  return t;
}

/// Where the time of the steps goes, and where the model loses it.
Table replay_table(const Validation& v) {
  struct Sum {
    std::int64_t kernels = 0;
    Seconds measured, predicted;
  };
  constexpr std::string_view kReplayed = "replayed ";
  std::map<std::pair<std::string, std::string>, Sum> sums;
  for (const ScoredRow& r : v.rows) {
    if (!r.predicted || r.kind.rfind(kReplayed, 0) != 0) continue;
    const harness::Record& record = record_of(v, r);
    const auto [workload, precision] = harness::parse_step_text(record.step);
    Sum& sum = sums[{fmt::format("{}/{}/{}", workload.name, name(workload.mode), name(precision)),
                     r.kind.substr(kReplayed.size())}];
    const auto count = static_cast<double>(record.count);
    sum.kernels += record.count;
    sum.measured += *r.measured * count;
    sum.predicted += *r.predicted * count;
  }
  Table t{{{"step", false}, {"kernels", false}, {"count"}, {"measured ms"}, {"predicted ms"}, {"error %"}},
          {}};
  for (const auto& [key, sum] : sums)
    t.rows.push_back({key.first, key.second, std::to_string(sum.kernels), milliseconds(sum.measured),
                      milliseconds(sum.predicted), error_text(sum.predicted, sum.measured)});
  return t;
}

Table worst_table(const Validation& v) {
  std::vector<const ScoredRow*> rows;
  for (const ScoredRow& r : v.rows) {
    if (r.predicted) rows.push_back(&r);
  }
  std::sort(rows.begin(), rows.end(), [](const ScoredRow* a, const ScoredRow* b) {
    return std::abs(a->error()) > std::abs(b->error());
  });
  if (rows.size() > kWorst) rows.resize(kWorst);
  Table t{{{"line"}, {"case", false}, {"format", false}, {"measured ms"}, {"predicted ms"}, {"error %"}}, {}};
  t.columns.push_back({"bound", false});
  for (const ScoredRow* r : rows)
    t.rows.push_back({std::to_string(r->line), record_of(v, *r).subject,
                      r->kind.substr(r->kind.rfind('/') + 1), milliseconds(*r->measured),
                      milliseconds(*r->predicted), error_text(*r->predicted, *r->measured), r->bound});
  return t;
}

Table counters_table(const Validation& v) {
  Table t{{{"counted over modelled", false}, {"rows"}, {"operations"}, {"DRAM bytes"}}, {}};
  const auto ratio = [](const std::optional<double>& x) { return x ? fmt::format("{:.2f}", *x) : "-"; };
  for (const auto& [kind, c] : check_counters(v.records, v.fit.gpu, v.fit.fit.calibration))
    t.rows.push_back({kind, std::to_string(c.rows), ratio(c.flops), ratio(c.dram_bytes)});
  return t;
}

struct Part {
  std::string title;
  Table table;
};
std::vector<Part> parts(const Validation& v) {
  return {{"Board", board_table(v)},
          {"Errors on shapes held back from the fit", held_back_table(v.fit.fit)},
          {"Constants measured directly", measured_table(v.fit.fit)},
          {"Whole steps: the sum of their kernels", steps_table(v)},
          {"Their kernels, by kind", replay_table(v)},
          {"Hardware counters against the model: medians", counters_table(v)},
          {"Largest errors", worst_table(v)},
          {"The hardware", hardware_table(v)}};
}

std::string html_table(const Table& t) {
  std::string out = "<table><tr>";
  for (const Column& c : t.columns)
    out += fmt::format("<th{}>{}</th>", c.right ? " class=n" : "", escaped(c.title));
  out += "</tr>\n";
  for (const auto& row : t.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out += fmt::format("<td{}>{}</td>", t.columns[i].right ? " class=n" : "", escaped(row[i]));
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

/// Predicted over measured time, 1 µs to 10 s on both axes.
std::string plot(const Validation& v) {
  constexpr double kSize = 420, kFrom = -6, kTo = 1;
  const auto at = [=](Seconds s) {
    return kSize * (std::clamp(std::log10(s.value), kFrom, kTo) - kFrom) / (kTo - kFrom);
  };
  std::string out = fmt::format(
      "<svg viewBox=\"-64 -10 500 470\" width=500 role=img aria-label=\"predicted against measured time\">"
      "<rect width={0} height={0} fill=none stroke=#888 /><line x1=0 y1={0} x2={0} y2=0 stroke=#888 />\n",
      kSize);
  for (int decade = -6; decade <= 1; ++decade) {
    const double x = kSize * (decade - kFrom) / (kTo - kFrom);
    const std::string label = text(Seconds(std::pow(10.0, decade)));
    out += fmt::format("<text x={:.0f} y={:.0f} font-size=10 text-anchor=middle>{}</text>", x, kSize + 14,
                       label);
    out += fmt::format("<text x=-4 y={:.0f} font-size=10 text-anchor=end>{}</text>\n", kSize - x + 3, label);
  }
  for (const ScoredRow& r : v.rows) {
    if (r.predicted)
      out += fmt::format(
          "<circle cx={:.1f} cy={:.1f} r=2 fill=#36c fill-opacity=.5><title>{}</title></circle>\n",
          at(*r.measured), kSize - at(*r.predicted), escaped(r.kind));
  }
  return out + fmt::format(
                   "<text x={0:.0f} y={1:.0f} font-size=12 text-anchor=middle>measured time</text>"
                   "<text transform=\"translate(-52 {0:.0f}) rotate(-90)\" font-size=12 "
                   "text-anchor=middle>predicted time</text></svg>\n",
                   kSize / 2, kSize + 32);
}

std::string title_of(const Validation& v) { return v.fit.gpu.name + ": measured, fitted, scored"; }

}  // namespace

std::string validation_markdown(const Validation& v) {
  std::string out = "# " + title_of(v) + "\n\n" + fit_summary(v.fit);
  for (const Part& p : parts(v)) {
    if (!p.table.rows.empty()) out += "\n## " + p.title + "\n\n" + render(p.table, Format::markdown);
  }
  return out;
}

std::string validation_html(const Validation& v) {
  std::string out =
      "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>" +
      escaped(title_of(v)) +
      "</title><style>body{font:15px sans-serif;max-width:60em;margin:2em auto;padding:0 "
      "1em}table{border-collapse:collapse;"
      "font-size:13px}td,th{padding:.2em .6em;border-bottom:1px solid "
      "#ccc;text-align:left}.n{text-align:right}"
      "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}svg text{fill:#ddd}}</style>\n<h1>" +
      escaped(title_of(v)) + "</h1><p style=\"white-space:pre-line\">" + escaped(fit_summary(v.fit)) +
      "</p>\n" + plot(v);
  for (const Part& p : parts(v)) {
    if (!p.table.rows.empty()) out += "<h2>" + escaped(p.title) + "</h2>\n" + html_table(p.table);
  }
  return out;
}

}  // namespace roofcast::cli
