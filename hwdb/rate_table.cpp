// Reading rates.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/rate_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace roofcast {
namespace {

constexpr std::array<std::string_view, 4> kKeys{"ops_per_clock_per_sm", "sparse_multiplier", "note",
                                                "source"};
constexpr double kMostOpsPerClock = 1 << 20;

Rate read_rate(const TomlTable& entry, Path path, std::pair<NumberFormat, NumberFormat> formats,
               const std::string& source) {
  entry.allow(kKeys);
  Rate rate;
  rate.path = path;
  rate.input = formats.first;
  rate.accumulate = formats.second;
  rate.ops_per_clock_per_sm = entry.number("ops_per_clock_per_sm", 0, kMostOpsPerClock);
  if (entry.has("sparse_multiplier")) rate.sparse_multiplier = entry.number("sparse_multiplier", 1, 2);
  if (rate.sparse_multiplier != 1 && rate.sparse_multiplier != 2) {
    entry.fail("sparse_multiplier",
               fmt::format("sparse_multiplier = {:g}: must be 1 or 2", rate.sparse_multiplier));
  }
  if (entry.has("note")) rate.note = entry.text("note");
  rate.source = entry.has("source") ? entry.text("source") : source;
  if (rate.source.empty()) entry.fail("", "source is missing: give it here or as rate_source of the family");
  return rate;
}

}  // namespace

std::pair<NumberFormat, NumberFormat> read_formats(const TomlTable& table, std::string_view key) {
  constexpr std::string_view arrow = " -> ";
  const std::size_t at = key.find(arrow);
  if (at == std::string_view::npos) {
    table.fail(key,
               fmt::format("{}: a pair of formats such as \"fp16 -> fp32\" is needed", key.substr(0, 60)));
  }
  const auto read = [&](std::string_view text) {
    const auto format = parse_number_format(text);
    if (!format) table.fail(key, fmt::format("unknown number format {}", text.substr(0, 60)));
    return *format;
  };
  return {read(key.substr(0, at)), read(key.substr(at + arrow.size()))};
}

std::vector<Rate> read_rates(const TomlTable& owner, const std::string& source) {
  std::vector<Rate> rates;
  for (const Path path : {Path::cuda_core, Path::tensor_core}) {
    if (!owner.has(name(path))) continue;
    const std::string where = fmt::format("{}: {}", owner.subject(), name(path));
    const TomlTable table = owner.table(name(path), where);
    for (const std::string& key : table.keys()) {
      rates.push_back(read_rate(table.table(key, where + " " + key), path, read_formats(table, key), source));
    }
  }
  return rates;
}

void override_rates(std::vector<Rate>& rates, const std::vector<Rate>& with) {
  for (const Rate& rate : with) {
    const auto same = std::find_if(rates.begin(), rates.end(), [&](const Rate& old) {
      return old.path == rate.path && old.input == rate.input && old.accumulate == rate.accumulate;
    });
    if (same == rates.end()) {
      rates.push_back(rate);
    } else {
      *same = rate;
    }
  }
}

}  // namespace roofcast
