// Figures that can be changed, their units and their ranges.
// SPDX-License-Identifier: Apache-2.0
#include "cli/overrides.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "cli/format.h"
#include "cli/options.h"
#include "cli/suggest.h"

namespace roofcast::cli {
namespace {

struct Unit {
  std::string_view name;
  double scale;
};

struct Figure {
  std::string_view name;
  std::vector<Unit> units;  // the first is the one printed in help; "" is a plain number
  double low, high;         // what no board leaves, in SI units
  void (*set)(Gpu& gpu, double value);
};

/// The clock vendors quote tensor peaks at keeps its ratio to the boost clock; a driver's above it is asked to hold this one.
void set_boost(Gpu& gpu, double hertz) {
  if (gpu.application_clock && *gpu.application_clock > std::min(gpu.boost_clock, Hertz(hertz)))
    gpu.application_clock.reset();
  if (gpu.tensor_peak_clock) *gpu.tensor_peak_clock *= hertz / gpu.boost_clock.value;
  gpu.boost_clock = Hertz(hertz);
}

const std::vector<Figure>& figures() {
  static const std::vector<Figure> table{
      {"tdp", {{"W", 1}, {"kW", 1e3}}, 0.5, 1e5, [](Gpu& g, double v) { g.tdp = Watts(v); }},
      {"bandwidth",
       {{"GB/s", 1e9}, {"GiB/s", 0x1p30}, {"TB/s", 1e12}, {"MB/s", 1e6}},
       1e6,
       1e15,
       [](Gpu& g, double v) { g.memory_bandwidth = BytesPerSecond(v); }},
      {"boost", {{"GHz", 1e9}, {"MHz", 1e6}}, 1e6, 1e11, set_boost},
      {"base", {{"GHz", 1e9}, {"MHz", 1e6}}, 1e6, 1e11, [](Gpu& g, double v) { g.base_clock = Hertz(v); }},
      {"sms", {{"", 1}}, 1, 1e5, [](Gpu& g, double v) { g.sm_count = static_cast<int>(v); }},
      {"memory",
       {{"GiB", 0x1p30}, {"GB", 1e9}, {"MiB", 0x1p20}, {"MB", 1e6}, {"TiB", 0x1p40}},
       0x1p20,
       0x1p50,
       [](Gpu& g, double v) { g.memory = Bytes(v); }},
      {"l2",
       {{"MiB", 0x1p20}, {"MB", 1e6}, {"KiB", 0x1p10}, {"kB", 1e3}},
       1024,
       0x1p40,
       [](Gpu& g, double v) { g.l2 = Bytes(v); }},
      {"shared",
       {{"KiB", 0x1p10}, {"kB", 1e3}},
       1024,
       0x1p24,
       [](Gpu& g, double v) { g.shared_memory_per_sm = Bytes(v); }},
      {"price",
       {{"", 1}, {"USD", 1}, {"$", 1}},
       0.01,
       1e9,
       [](Gpu& g, double v) { g.launch_price = Dollars(v); }},
  };
  return table;
}

std::string unit_names(const Figure& figure) {
  std::vector<std::string> names;
  for (const Unit& unit : figure.units) {
    if (!unit.name.empty()) names.emplace_back(unit.name);
  }
  return one_of(names);
}

const Figure& find_figure(std::string_view name) {
  std::vector<std::string> names;
  for (const Figure& figure : figures()) {
    if (figure.name == name) return figure;
    names.emplace_back(figure.name);
  }
  throw InputError(fmt::format("--set: unknown figure {}{}; possible are {}", in_quotes(name),
                               did_you_mean(name, names), one_of(names)));
}

double parse_value(const Figure& figure, std::string_view value) {
  const std::string option = fmt::format("--set {}", figure.name);
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc::invalid_argument || !std::isfinite(number)) {
    throw InputError(fmt::format("{}: {} is not a number", option, in_quotes(value)));
  }
  std::string_view unit = value.substr(static_cast<std::size_t>(end - value.data()));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const auto known =
      std::find_if(figure.units.begin(), figure.units.end(), [&](const Unit& u) { return u.name == unit; });
  if (known == figure.units.end()) {
    const std::string wanted = unit_names(figure).empty() ? "a plain number" : unit_names(figure);
    throw InputError(unit.empty()
                         ? fmt::format("{}: {} has no unit; give {}", option, in_quotes(value), wanted)
                         : fmt::format("{}: unknown unit {}; give {}", option, in_quotes(unit), wanted));
  }
  const double si = number * known->scale;
  if (error == std::errc::result_out_of_range || si < figure.low || si > figure.high) {
    throw InputError(fmt::format("{}: {} is outside {:g} to {:g}{}{}", option, in_quotes(value),
                                 figure.low / figure.units.front().scale,
                                 figure.high / figure.units.front().scale,
                                 figure.units.front().name.empty() ? "" : " ", figure.units.front().name));
  }
  if (figure.name == "sms" && si != std::floor(si)) {
    throw InputError(fmt::format("{}: {} is not a whole number", option, in_quotes(value)));
  }
  return si;
}

}  // namespace

std::vector<Override> parse_overrides(std::string_view text) {
  std::vector<Override> result;
  for (const std::string& part : split_list(text, "--set")) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) throw InputError("--set: " + in_quotes(part) + " is not figure=value");
    const Figure& figure = find_figure(std::string_view(part).substr(0, equals));
    for (const Override& o : result) {
      if (o.figure == figure.name) throw InputError("--set: " + o.figure + " is given twice");
    }
    const std::string value = part.substr(equals + 1);
    result.push_back({std::string(figure.name), parse_value(figure, value), value});
  }
  return result;
}

Gpu apply(Gpu gpu, const std::vector<Override>& overrides) {
  for (const Override& o : overrides) find_figure(o.figure).set(gpu, o.value);
  if (overrides.empty()) return gpu;
  if (gpu.base_clock && *gpu.base_clock > gpu.boost_clock) {
    throw InputError(
        fmt::format("--set: {} would have a base clock of {} above its boost clock of {}; set both", gpu.name,
                    cli::text(*gpu.base_clock), cli::text(gpu.boost_clock)));
  }
  if (gpu.l2 > gpu.memory) throw InputError("--set: " + gpu.name + " would have more L2 cache than memory");
  return gpu;
}

std::string override_help() {
  std::vector<std::string> names;
  for (const Figure& figure : figures()) {
    const std::string_view unit = figure.units.front().name;
    names.push_back(unit.empty() ? std::string(figure.name) : fmt::format("{} ({})", figure.name, unit));
  }
  return one_of(names);
}

}  // namespace roofcast::cli
