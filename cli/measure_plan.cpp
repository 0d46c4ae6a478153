// SPDX-License-Identifier: Apache-2.0
#include "cli/measure_plan.h"

#include <fmt/format.h>

#include <map>

#include "cli/describe.h"
#include "cli/format.h"

namespace roofcast::cli {
namespace {

constexpr std::size_t kWidth = 80;

std::string in_words(const harness::OpCase& o) {
  const std::string traffic =
      std::holds_alternative<Pointwise>(o.op)
          ? fmt::format(", {} in {} out", std::get<Pointwise>(o.op).reads, std::get<Pointwise>(o.op).writes)
          : "";
  return describe(o.op) + traffic + (o.channels_last ? " NHWC" : "");
}
std::string in_words(const harness::StepCase& s) {
  const auto& w = s.workload;
  const auto more = [](const char* what, const std::optional<std::int64_t>& v) {
    return v ? fmt::format(", {} {}", what, *v) : "";
  };
  return fmt::format("{} {}, batch {}{}{}", w.name, name(w.mode), w.batch, more("seq", w.sequence_length),
                     more("context", w.context));
}

std::string in_words(const harness::Case& c) {
  if (const auto* op = std::get_if<harness::OpCase>(&c.subject)) return in_words(*op);
  if (const auto* step = std::get_if<harness::StepCase>(&c.subject)) return in_words(*step);
  return c.text();
}

/// "fp16 tensor"; "-" where the case says it.
std::string format_of(const harness::Case& c) {
  if (const auto* op = std::get_if<harness::OpCase>(&c.subject))
    return fmt::format("{}{}", name(op->numerics.math),
                       op->numerics.path == Path::tensor_core ? " tensor" : "");
  const auto* step = std::get_if<harness::StepCase>(&c.subject);
  return step != nullptr ? std::string(name(step->precision)) : "-";
}

}  // namespace

std::string minutes(Seconds s) {
  return s.value < 60 ? fmt::format("{:.0f} s", s.value) : fmt::format("{:.1f} min", s.value / 60);
}

std::string plan_list(const harness::Plan& plan, Format format) {
  Table table{{{"section", false}, {"case", false}}, {}};
  const bool aligned = format == Format::table;
  table.columns.push_back({aligned ? "format" : "numerics", false});
  if (!aligned) table.columns.push_back({"load", false});
  table.columns.push_back({"ms per run"});
  for (const harness::Case& c : plan.cases) {
    std::vector<std::string> row{std::string(name(c.section))};
    if (aligned) {
      row.push_back(in_words(c) + (c.load == harness::Load::sustained ? ", sustained" : ""));
      row.push_back(format_of(c));
    } else {
      row.push_back(c.text());
      row.push_back(c.numerics().empty() ? "-" : c.numerics());
      row.push_back(std::string(name(c.load)));
    }
    row.push_back(significant(in_milliseconds(c.expected_run)));
    table.rows.push_back(std::move(row));
  }
  return render(table, format, kWidth);
}

std::string plan_summary(const harness::Plan& plan, const std::string& slug) {
  struct Sum {
    std::size_t cases = 0;
    Seconds time;
  };
  std::map<harness::Section, Sum> sections;
  for (const harness::Case& c : plan.cases) {
    Sum& sum = sections[c.section];
    ++sum.cases;
    sum.time += expected_time(plan.suite, c);
  }
  std::string text = fmt::format("{}: {} cases, about {}", slug, plan.cases.size(), minutes(plan.expected()));
  const char* separator = ": ";
  for (const auto& [section, sum] : sections) {
    text += fmt::format("{}{} {} ({})", separator, sum.cases, name(section), minutes(sum.time));
    separator = ", ";
  }
  if (plan.left_out > 0)
    text += fmt::format("; {} left out, too long or too large for this board", plan.left_out);
  return wrapped(text, kWidth, 2) + "\n";
}

}  // namespace roofcast::cli
