// Parsing once, binding columns once per file: a row costs a few comparisons.
// SPDX-License-Identifier: Apache-2.0
#include "validate/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "hwdb/input_error.h"

namespace roofcast {
namespace {

using Comparison = Condition::Comparison;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<double> as_number(std::string_view text) {
  text = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return {};
  return value;
}

bool is_order(Comparison c) { return c != Comparison::equal && c != Comparison::not_equal; }

/// Longer operators first, so that ">=" is not read as ">".
struct Operator {
  std::string_view spelling;
  Comparison comparison;
};
constexpr std::array<Operator, 6> kOperators{{{"!=", Comparison::not_equal},
                                              {">=", Comparison::greater_equal},
                                              {"<=", Comparison::less_equal},
                                              {"=", Comparison::equal},
                                              {">", Comparison::greater},
                                              {"<", Comparison::less}}};

Condition parse_condition(std::string_view text, std::string_view what) {
  const auto refuse = [&](const std::string& reason) {
    throw InputError(fmt::format("{}: '{}': {}", what, text, reason));
  };
  const std::size_t at = text.find_first_of("!<>=");
  if (at == std::string_view::npos) refuse("no comparison; write COLUMN=VALUE, with = != >= <= > or <");
  const auto* op = std::find_if(kOperators.begin(), kOperators.end(), [&](const Operator& o) {
    return text.substr(at, o.spelling.size()) == o.spelling;
  });
  if (op == kOperators.end()) refuse("unknown comparison; = != >= <= > and < are known");
  Condition condition;
  condition.column = trimmed(text.substr(0, at));
  condition.comparison = op->comparison;
  if (condition.column.empty()) refuse("no column before the comparison");
  std::string_view rest = text.substr(at + op->spelling.size());
  while (true) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    const std::string_view value = trimmed(rest.substr(0, bar));
    if (value.find_first_of("!<>=") != std::string_view::npos) refuse("a second comparison in the value");
    condition.values.push_back({std::string(value), as_number(value)});
    if (bar == rest.size()) break;
    rest.remove_prefix(bar + 1);
  }
  if (is_order(condition.comparison)) {
    if (condition.values.size() > 1) refuse("several values go with = and != only");
    if (!condition.values.front().number) refuse("a number is needed after " + std::string(op->spelling));
  }
  return condition;
}

bool equal(std::string_view cell, std::optional<double> number, const Condition::Value& value) {
  return cell == value.text || (number && value.number && *number == *value.number);
}

}  // namespace

bool Condition::holds(std::string_view cell) const {
  cell = trimmed(cell);
  const std::optional<double> number = as_number(cell);
  if (is_order(comparison)) {
    if (!number) return false;
    const double bound = *values.front().number;
    switch (comparison) {
      case Comparison::less: return *number < bound;
      case Comparison::less_equal: return *number <= bound;
      case Comparison::greater: return *number > bound;
      default: return *number >= bound;
    }
  }
  const bool any =
      std::any_of(values.begin(), values.end(), [&](const Value& v) { return equal(cell, number, v); });
  return any == (comparison == Comparison::equal);
}

Filter Filter::parse(std::string_view text, std::string_view what) {
  Filter filter;
  filter.text_ = trimmed(text);
  std::string_view rest = filter.text_;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view part = trimmed(rest.substr(0, comma));
    if (part.empty()) throw InputError(fmt::format("{}: an empty condition in '{}'", what, filter.text_));
    filter.conditions_.push_back(parse_condition(part, what));
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
    if (trimmed(rest).empty())
      throw InputError(fmt::format("{}: an empty condition in '{}'", what, filter.text_));
  }
  return filter;
}

std::optional<BoundFilter::Source> BoundFilter::source_of(const CsvHeader& header, std::string_view column) {
  if (column == "device") return Source::device;
  if (header.has(column)) return Source::cell;
  static constexpr std::array<std::pair<std::string_view, Source>, 6> facts{
      {{"layout", Source::layout},
       {"kind", Source::kind},
       {"slug", Source::slug},
       {"chip", Source::chip},
       {"architecture", Source::architecture},
       {"measured_ms", Source::measured_ms}}};
  for (const auto& [name, source] : facts) {
    if (name == column) return source;
  }
  return std::nullopt;
}

bool BoundFilter::knows(const CsvHeader& header, std::string_view column) {
  return source_of(header, column).has_value();
}

BoundFilter::BoundFilter(const Filter& filter, const CsvHeader& header, MissingColumn missing) {
  for (const Condition& condition : filter.conditions()) {
    if (const auto source = source_of(header, condition.column)) {
      tests_.push_back({condition, *source, header.find(condition.column).value_or(0)});
    } else if (missing == MissingColumn::fails) {
      never_ = true;
    }
  }
}

bool BoundFilter::keeps(const CsvRow& row, const RowFacts& facts) const {
  if (never_) return false;
  return std::all_of(tests_.begin(), tests_.end(), [&](const Test& test) {
    const Condition& c = test.condition;
    switch (test.source) {
      case Source::cell: return c.holds(row.text(test.column));
      case Source::device:
        if (c.comparison == Comparison::not_equal) return c.holds(facts.device) && c.holds(facts.slug);
        return c.holds(facts.device) || c.holds(facts.slug);
      case Source::layout: return c.holds(facts.layout);
      case Source::kind: return c.holds(facts.kind);
      case Source::slug: return c.holds(facts.slug);
      case Source::chip: return c.holds(facts.chip);
      case Source::architecture: return c.holds(facts.architecture);
      case Source::measured_ms:
        return c.holds(facts.measured_ms ? fmt::format("{}", *facts.measured_ms) : "");
    }
    return true;
  });
}

}  // namespace roofcast
