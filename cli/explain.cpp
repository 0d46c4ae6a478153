// Grouping of repeated layers, and the tables of --explain.
// SPDX-License-Identifier: Apache-2.0
#include "cli/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <tuple>

#include "cli/describe.h"
#include "cli/format.h"

namespace roofcast::cli {
namespace {

bool letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool digit(char c) { return c >= '0' && c <= '9'; }

std::string_view short_name(Phase phase) {
  switch (phase) {
    case Phase::forward: return "fwd";
    case Phase::backward: return "bwd";
    case Phase::optimizer: return "opt";
  }
  return "";
}

std::string share(Seconds part, Seconds whole) { return percent(part / whole); }

std::string number(double value) { return fmt::format("{:.6g}", value); }

}  // namespace

std::string layer_pattern(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    std::size_t end = i;
    while (end < name.size() && digit(name[end])) ++end;
    const bool alone = end > i && (i == 0 || !letter_or_digit(name[i - 1])) && (end == name.size() || !letter_or_digit(name[end]));
    if (alone) {
      out += '*';
      i = end;
    } else {
      out += name[i++];
    }
  }
  return out;
}

std::vector<LayerGroup> group_layers(const std::vector<KernelForecast>& kernels) {
  std::vector<LayerGroup> groups;
  std::multimap<std::pair<Phase, std::string>, std::size_t> by_pattern;
  for (const KernelForecast& k : kernels) {
    const auto key = std::pair(k.kernel.phase, layer_pattern(k.kernel.name));
    const auto [first, last] = by_pattern.equal_range(key);
    const auto same = std::find_if(first, last, [&](const auto& entry) {
      const Kernel& known = *groups[entry.second].kernel;
      return known.op == k.kernel.op && known.numerics == k.kernel.numerics && known.channels_last == k.kernel.channels_last;
    });
    if (same == last) {
      by_pattern.emplace(key, groups.size());
      groups.push_back({k.kernel.name, &k.kernel, &k.estimate, 0, Seconds(0)});
    }
    LayerGroup& group = groups[same == last ? groups.size() - 1 : same->second];
    if (group.name != k.kernel.name) group.name = key.second;
    group.count += k.kernel.count;
    group.time += k.estimate.seconds * static_cast<double>(k.kernel.count);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const LayerGroup& a, const LayerGroup& b) { return a.time > b.time; });
  return groups;
}

Waterfall total_waterfall(const Forecast& forecast) {
  Waterfall sum;
  for (const auto& [kernel, estimate] : forecast.kernels) {
    const auto times = static_cast<double>(kernel.count);
    for (const auto part : {&Waterfall::ideal, &Waterfall::tiling, &Waterfall::traffic, &Waterfall::clock, &Waterfall::total}) {
      sum.*part += estimate.waterfall.*part * times;
    }
  }
  return sum;
}

Table layer_table(const Forecast& forecast, std::size_t most_rows) {
  Table table{{{"layer", false}, {"", false}, {"op", false}, {"×"}, {"time"}, {"share"}, {"bound", false}, {"algorithm", false}}, {}};
  Seconds rest;
  std::size_t left_out = 0;
  for (const LayerGroup& g : group_layers(forecast.kernels)) {
    if (table.rows.size() >= most_rows) {
      rest += g.time;
      ++left_out;
      continue;
    }
    const std::string& algorithm = g.estimate->algorithm;
    table.rows.push_back({cut(g.name, 20), std::string(short_name(g.kernel->phase)), cut(describe(g.kernel->op), 30),
                          std::to_string(g.count), text(g.time), share(g.time, forecast.gpu_time),
                          std::string(name(g.estimate->bound)), algorithm.empty() ? "-" : cut(algorithm, 10)});
  }
  if (left_out > 0) {
    table.rows.push_back({fmt::format("{} more", left_out), "", "", "", text(rest), share(rest, forecast.gpu_time), "", ""});
  }
  return table;
}

Table waterfall_table(const Forecast& forecast) {
  const Waterfall w = total_waterfall(forecast);
  const Seconds step = forecast.step.expected;
  Table table{{{"from the ideal to the forecast", false}, {"total"}, {"added"}, {"share"}}, {}};
  Seconds before;
  const auto stage = [&](const char* what, Seconds total) {
    table.rows.push_back({what, text(total), before.value == 0 ? "-" : text(total - before), share(total - before, step)});
    before = total;
  };
  stage("ideal roofline at boost clock", w.ideal);
  stage("+ tile and wave losses", w.tiling);
  stage("+ traffic", w.traffic);
  stage("+ sustained clock", w.clock);
  stage("+ launch gaps", w.total);
  if (step > w.total * (1 + 1e-9)) stage("+ waiting for the host", step);
  table.rows.push_back({"= total", text(step), "", "100.0 %"});
  return table;
}

std::string kernels_csv(const Question& question, const std::vector<Answer>& answers) {
  Table table;
  for (const char* column :
       {"workload", "board", "precision", "batch", "layer", "phase", "op", "shape", "count", "seconds", "share", "bound",
        "algorithm", "ideal_s", "tiling_s", "traffic_s", "clock_s", "total_s", "flops", "dram_bytes", "clock_hz",
        "power_w", "extrapolated"}) {
    table.columns.push_back({column, false});
  }
  for (const Answer& a : answers) {
    if (!a.forecast) continue;
    for (const auto& [kernel, e] : a.forecast->kernels) {
      const Seconds time = e.seconds * static_cast<double>(kernel.count);
      table.rows.push_back({question.job.workload.name, a.board->gpu.slug, std::string(name(a.precision)),
                            std::to_string(a.batch), kernel.name, std::string(name(kernel.phase)),
                            std::string(name(kind(kernel.op))), describe(kernel.op), std::to_string(kernel.count),
                            number(e.seconds.value), number(time / a.forecast->gpu_time), std::string(name(e.bound)),
                            e.algorithm, number(e.waterfall.ideal.value), number(e.waterfall.tiling.value),
                            number(e.waterfall.traffic.value), number(e.waterfall.clock.value),
                            number(e.waterfall.total.value), number(e.flops.value), number(e.dram_bytes.value),
                            number(e.clock.value), number(e.power.value), a.forecast->extrapolated ? "yes" : "no"});
    }
  }
  return render(table, Format::csv);
}

}  // namespace roofcast::cli
