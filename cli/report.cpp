// The report of `roofcast predict` for one board, precision and batch.
// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "cli/explain.h"
#include "cli/format.h"
#include "cli/rows.h"
#include "cli/software.h"
#include "model/gpu/throughput.h"

namespace roofcast::cli {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kMostLayers = 24;

std::string low_expected_high(const Interval& i) {
  return fmt::format("{}   (80 %: {} - {})", text(i.expected), text(i.low), text(i.high));
}

void add_times(const Question& q, const Answer& a, Lines& lines) {
  const Forecast& f = *a.forecast;
  if (f.epoch) lines.emplace_back("epoch", low_expected_high(*f.epoch));
  if (f.job && q.job.epochs != 1) lines.emplace_back(span_title(q), low_expected_high(*f.job));
  lines.emplace_back(q.training() ? "step" : "latency", low_expected_high(f.step));
  lines.emplace_back("throughput", fmt::format("{} {}/s", significant(f.samples_per_second), q.samples()));
}

void add_memory(const Answer& a, Lines& lines) {
  const Memory& m = a.forecast->memory;
  std::vector<std::string> items;
  const auto item = [&](const char* what, Bytes bytes) {
    if (bytes.value > 0) items.push_back(fmt::format("{} {}", what, text(bytes)));
  };
  item("weights", m.weights);
  item("FP32 masters", m.masters);
  item("16-bit copies", m.copies);
  item("gradients", m.gradients);
  item("optimizer", m.optimizer);
  item("activations", m.activations);
  item("key-value cache", m.cache);
  item("workspace", m.workspace);
  item("context", m.context);
  item("fragmentation", m.fragmentation);
  const Gpu& gpu = a.board->gpu;
  const std::string usable = usable_memory(gpu) < gpu.memory
                                 ? fmt::format(" ({} usable, shared with the CPU)", text(usable_memory(gpu)))
                                 : "";
  lines.emplace_back("memory", fmt::format("{} of {}{}: {}", text(m.total()), text(gpu.memory), usable,
                                           fmt::join(items, ", ")));
  if (a.forecast->largest_batch) {
    const std::int64_t largest = *a.forecast->largest_batch;
    lines.emplace_back("largest batch", grouped(largest) + (largest == kLargestBatch ? " or more" : ""));
  }
}

/// Share of the GPU's time by bound, largest first.
std::string bounds(const Forecast& f) {
  std::map<std::string_view, Seconds> time;
  for (const auto& [kernel, e] : f.kernels)
    time[name(e.bound)] += e.seconds * static_cast<double>(kernel.count);
  std::vector<std::pair<Seconds, std::string_view>> sorted;
  for (const auto& [bound, t] : time) sorted.emplace_back(t, bound);
  std::sort(sorted.rbegin(), sorted.rend());
  std::vector<std::string> parts;
  for (const auto& [t, bound] : sorted) {
    if (t / f.gpu_time < 0.001) continue;
    parts.push_back(fmt::format("{} {}", bound, percent(t / f.gpu_time)));
  }
  std::string text = fmt::format("{} (kernel time: {})", name(f.bound), fmt::join(parts, ", "));
  if (f.bound == StepBound::host) {
    text += fmt::format("; the host needs {} to dispatch a step, the GPU {}", cli::text(f.host_time),
                        cli::text(f.gpu_time));
  }
  return text;
}

void add_money(const Question& q, const Answer& a, Lines& lines) {
  const Span s = span(q, a);
  lines.emplace_back(
      "power", fmt::format("{} on average, limit {}", text(a.forecast->mean_power), text(a.board->gpu.tdp)));
  const std::string per = q.job.epochs == 1 ? "per " + s.title : "for " + s.title;
  lines.emplace_back("energy", text(s.energy) + " " + per);
  if (const auto dollars = cost(q, a)) {
    lines.emplace_back("cost", fmt::format("{} {}: electricity and the board's share", text(*dollars), per));
  } else {
    lines.emplace_back("cost", "- (needs --electricity, --lifetime-hours and a board price)");
  }
}

/// The kernel that takes most of a bare workload's time, against the roof it should reach.
void add_rates(const Answer& a, Lines& lines) {
  const Forecast& f = *a.forecast;
  const KernelForecast* main = &f.kernels.front();
  Flops work;
  Bytes bytes;
  for (const KernelForecast& k : f.kernels) {
    if (k.estimate.seconds > main->estimate.seconds) main = &k;
    work += k.estimate.flops * static_cast<double>(k.kernel.count);
    bytes += k.estimate.dram_bytes * static_cast<double>(k.kernel.count);
  }
  const Gpu& gpu = a.board->gpu;
  const Numerics& n = main->kernel.numerics;
  const FlopsPerSecond rate = work / f.step.expected;
  std::string words = text(rate);
  if (const auto roof = peak(gpu, n.path, n.math, n.accumulate)) {
    words += fmt::format(", {} of peak ({})", percent(rate / roof->value()), roof->derivation(gpu));
    if (rate > roof->value())
      words += "; counted are the operations of the direct algorithm, of which Winograd saves some";
  }
  lines.emplace_back("rate", words);
  const BytesPerSecond flow = bytes / f.step.expected;
  lines.emplace_back("DRAM", fmt::format("{} at {}, {} of {}", text(bytes), text(flow),
                                         percent(flow / gpu.memory_bandwidth), text(gpu.memory_bandwidth)));
  lines.emplace_back(
      "clock", fmt::format("{} sustained, boost {}", text(main->estimate.clock), text(gpu.boost_clock)));
  lines.emplace_back(
      "runs as", fmt::format("{} storage, {} multiply, {} accumulate on {}{}", name(n.storage), name(n.math),
                             name(n.accumulate), n.path == Path::tensor_core ? "tensor cores" : "CUDA cores",
                             main->estimate.algorithm.empty() ? "" : ", " + main->estimate.algorithm));
}

Lines lines_of(const Question& q, const Answer& a) {
  const Gpu& gpu = a.board->gpu;
  Lines lines;
  lines.emplace_back("board", fmt::format("{} ({}, {} {})", gpu.name, gpu.slug, gpu.architecture, gpu.chip));
  if (!a.board->remark.empty()) lines.emplace_back("", a.board->remark);
  lines.emplace_back("run", q.bare_kernel() ? std::string(name(a.precision))
                                            : fmt::format("{}, batch {}", name(a.precision), a.batch));
  if (a.forecast && a.forecast->extrapolated) {
    lines.emplace_back("extrapolated", fmt::format("no {} {} is behind the model; the range is widened",
                                                   q.like(), gpu.architecture));
  }
  if (!a.runs()) lines.emplace_back("answer", a.refusal);
  if (a.runs() && q.bare_kernel()) {
    lines.emplace_back("time", low_expected_high(a.forecast->step));
    add_rates(a, lines);
  } else if (a.runs()) {
    add_times(q, a, lines);
  }
  if (a.forecast && !q.bare_kernel()) add_memory(a, lines);
  if (a.runs()) {
    lines.emplace_back("bound", bounds(*a.forecast));
    add_money(q, a, lines);
  }
  for (const std::string& remark : a.remarks) lines.emplace_back("remark", remark);
  return lines;
}

/// Every step of the ladder up to where throughput stops growing, then the largest.
Table knee_table(const BatchKnee& k) {
  Table table{{{"batch"}, {"step"}, {"samples/s"}, {"of the best"}, {"GiB"}, {"", false}}, {}};
  const double best = k.points[k.best].samples_per_second;
  for (std::size_t i = 0; i < k.points.size(); ++i) {
    const BatchPoint& p = k.points[i];
    const bool last = i + 1 == k.points.size();
    table.rows.push_back({grouped(p.batch), text(p.step), significant(p.samples_per_second),
                          percent(p.samples_per_second / best), significant(in_gibibytes(p.memory)),
                          i == k.knee ? "knee"
                          : last      ? "largest that fits"
                                      : ""});
  }
  return table;
}

std::string rendered(const Lines& lines, Format format) {
  constexpr std::size_t kIndent = 15;
  std::string out;
  for (const auto& [what, words] : lines) {
    if (format == Format::markdown) {
      out += (what.empty() ? "- " : "- **" + what + "**: ") + words + "\n";
    } else {
      out += fmt::format("{:<{}}", what, kIndent) + wrapped(words, kWidth, kIndent, kIndent) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string report(const Question& q, const Answer& a, Format format, bool explain) {
  std::string out = assumed_text(q, format);
  out += (format == Format::markdown ? "**" + title(q) + "**\n\n" : title(q) + "\n\n") +
         rendered(lines_of(q, a), format);
  if (a.knee) out += "\n" + render(knee_table(*a.knee), format, kWidth);
  out += what_if_text(q, {a}, format);
  if (!a.runs()) return out;
  if (explain && !q.bare_kernel())
    out += "\n" + render(layer_table(*a.forecast, kMostLayers), format, kWidth);
  if (explain || q.bare_kernel()) out += "\n" + render(waterfall_table(*a.forecast), format, kWidth);
  return out;
}

}  // namespace roofcast::cli
