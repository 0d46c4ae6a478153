// Grouping of repeated layers, and the tables of --explain.
// SPDX-License-Identifier: Apache-2.0
#include "cli/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "cli/describe.h"
#include "cli/format.h"

namespace roofcast::cli {
namespace {

bool letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool digit(char c) { return c >= '0' && c <= '9'; }

/// "layer1.0.conv2.wgrad" -> "layer1.0.conv2" where a forward kernel has that name.
std::string owner(const Kernel& kernel, const std::set<std::string>& forward) {
  if (kernel.phase == Phase::forward) return kernel.name;
  const std::string parent = kernel.name.substr(0, kernel.name.rfind('.'));
  return forward.count(parent) != 0 ? parent : kernel.name;
}

std::string share(Seconds part, Seconds whole) { return percent(part / whole); }

std::string number(double value) { return fmt::format("{:.6g}", value); }

}  // namespace

std::string layer_pattern(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    std::size_t end = i;
    while (end < name.size() && digit(name[end])) ++end;
    const bool alone = end > i && (i == 0 || !letter_or_digit(name[i - 1])) &&
                       (end == name.size() || !letter_or_digit(name[end]));
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
  std::set<std::string> forward;
  for (const KernelForecast& k : kernels) {
    if (k.kernel.phase == Phase::forward) forward.insert(k.kernel.name);
  }
  std::vector<LayerGroup> groups;
  std::map<std::string, std::size_t> known;
  for (const KernelForecast& k : kernels) {
    const std::string name = owner(k.kernel, forward);
    const auto [at, fresh] = known.emplace(layer_pattern(name), groups.size());
    if (fresh) groups.push_back({name, &k, 0, Seconds(0), Seconds(0)});
    LayerGroup& group = groups[at->second];
    if (group.name != name) group.name = at->first;
    const auto time = [](const KernelForecast& x) {
      return x.estimate.seconds * static_cast<double>(x.kernel.count);
    };
    if (time(k) > time(*group.longest)) group.longest = &k;
    group.launches += k.kernel.count;
    (k.kernel.phase == Phase::forward ? group.forward : group.other) += time(k);
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const LayerGroup& a, const LayerGroup& b) { return a.time() > b.time(); });
  return groups;
}

Waterfall total_waterfall(const Forecast& forecast) {
  Waterfall sum;
  for (const auto& [kernel, estimate] : forecast.kernels) {
    const auto times = static_cast<double>(kernel.count);
    for (const auto part :
         {&Waterfall::ideal, &Waterfall::tiling, &Waterfall::traffic, &Waterfall::clock, &Waterfall::total}) {
      sum.*part += estimate.waterfall.*part * times;
    }
  }
  return sum;
}

Table layer_table(const Forecast& forecast, std::size_t most_rows) {
  const bool trains = std::any_of(forecast.kernels.begin(), forecast.kernels.end(),
                                  [](const KernelForecast& k) { return k.kernel.phase != Phase::forward; });
  Table table{{{"layer", false}, {"op", false}, {"×"}}, {}};
  if (trains) table.columns.insert(table.columns.end(), {{"forward"}, {"backward"}});
  if (!trains) table.columns.push_back({"time"});
  table.columns.insert(table.columns.end(), {{"share"}, {"bound", false}, {"algorithm", false}});
  const auto row = [&](const std::string& layer, const std::string& op, const std::string& launches,
                       Seconds forward, Seconds other, const std::string& bound,
                       const std::string& algorithm) {
    table.rows.push_back({layer, op, launches});
    std::vector<std::string>& cells = table.rows.back();
    const auto time = [](Seconds t) { return t.value > 0 ? text(t) : "-"; };
    if (trains) cells.insert(cells.end(), {time(forward), time(other)});
    if (!trains) cells.push_back(time(forward));
    cells.insert(cells.end(), {percent((forward + other) / forecast.gpu_time), bound, algorithm});
  };
  LayerGroup rest;
  std::size_t left_out = 0;
  for (const LayerGroup& g : group_layers(forecast.kernels)) {
    if (table.rows.size() < most_rows) {
      const Estimate& e = g.longest->estimate;
      row(cut_front(g.name, trains ? 24 : 34), std::string(name(kind(g.longest->kernel.op))),
          std::to_string(g.launches), g.forward, g.other, std::string(name(e.bound)),
          e.algorithm.empty() ? "-" : cut(e.algorithm, 18));
    } else {
      ++left_out;
      rest.launches += g.launches;
      rest.forward += g.forward;
      rest.other += g.other;
    }
  }
  if (left_out > 0)
    row(fmt::format("{} more", left_out), "", std::to_string(rest.launches), rest.forward, rest.other, "",
        "");
  return table;
}

Table waterfall_table(const Forecast& forecast) {
  const Waterfall w = total_waterfall(forecast);
  const Seconds step = forecast.step.expected;
  Table table{{{"from the ideal to the forecast", false}, {"total"}, {"added"}, {"share"}}, {}};
  Seconds before;
  const auto stage = [&](const char* what, Seconds total) {
    table.rows.push_back(
        {what, text(total), before.value == 0 ? "-" : text(total - before), share(total - before, step)});
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
       {"workload", "board",   "precision", "batch",      "layer",     "phase",   "op",          "shape",
        "count",    "seconds", "share",     "bound",      "algorithm", "ideal_s", "tiling_s",    "traffic_s",
        "clock_s",  "total_s", "flops",     "dram_bytes", "clock_hz",  "power_w", "extrapolated"}) {
    table.columns.push_back({column, false});
  }
  for (const Answer& a : answers) {
    if (!a.forecast) continue;
    for (const auto& [kernel, e] : a.forecast->kernels) {
      const Seconds time = e.seconds * static_cast<double>(kernel.count);
      table.rows.push_back({question.job.workload.name,
                            a.board->gpu.slug,
                            std::string(name(a.precision)),
                            std::to_string(a.batch),
                            kernel.name,
                            std::string(name(kernel.phase)),
                            std::string(name(kind(kernel.op))),
                            describe(kernel.op),
                            std::to_string(kernel.count),
                            number(e.seconds.value),
                            number(time / a.forecast->gpu_time),
                            std::string(name(e.bound)),
                            e.algorithm,
                            number(e.waterfall.ideal.value),
                            number(e.waterfall.tiling.value),
                            number(e.waterfall.traffic.value),
                            number(e.waterfall.clock.value),
                            number(e.waterfall.total.value),
                            number(e.flops.value),
                            number(e.dram_bytes.value),
                            number(e.clock.value),
                            number(e.power.value),
                            a.forecast->extrapolated ? "yes" : "no"});
    }
  }
  return render(table, Format::csv);
}

}  // namespace roofcast::cli
