// The comparison table. Precision and batch get a column only where they differ.
// SPDX-License-Identifier: Apache-2.0
#include "cli/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "cli/format.h"
#include "cli/software.h"

namespace roofcast::cli {
namespace {

struct Field {
  std::string title;
  bool right;
  std::function<std::string(const Answer&)> cell;
};

template <class F>
bool differ(const std::vector<Answer>& answers, F f) {
  return std::any_of(answers.begin(), answers.end(),
                     [&](const Answer& a) { return f(a) != f(answers.front()); });
}

std::string ratio(const Answer& a, const std::vector<Answer>& answers) {
  if (!answers.front().runs()) return "-";
  return significant(samples_per_second(a) / samples_per_second(answers.front())) + "×";
}

std::string range(const Interval& time) {
  const auto off = [&](Seconds t) { return (t / time.expected - 1) * 100; };
  return fmt::format("{:+.0f} {:+.0f}", off(time.low), off(time.high));
}

/// Fields whose value exists only for a row that runs.
std::vector<Field> running_fields(const Question& q, const std::vector<Answer>& answers, bool against_first) {
  const std::string time = span_title(q) == "batch" ? "latency" : span_title(q);  // "batch" is its size here
  std::vector<Field> fields{{time, true, [&q](const Answer& a) { return text(span(q, a).time.expected); }},
                            {"range %", true, [&q](const Answer& a) { return range(span(q, a).time); }}};
  if (!q.bare_kernel()) {
    fields.push_back({q.samples() == "tokens"               ? "tok/s"
                      : q.workload.domain == Domain::image  ? "img/s"
                      : q.workload.domain == Domain::tensor ? "1/s"
                                                            : "seq/s",
                      true, [](const Answer& a) { return significant(samples_per_second(a)); }});
  }
  fields.push_back({"bound", false, [](const Answer& a) { return std::string(name(a.forecast->bound)); }});
  if (!q.bare_kernel()) {
    fields.push_back(
        {"GiB", true, [](const Answer& a) { return significant(in_gibibytes(a.forecast->memory.total())); }});
  }
  fields.push_back({"W", true, [](const Answer& a) { return significant(a.forecast->mean_power.value); }});
  fields.push_back({"energy", true, [&q](const Answer& a) { return text(span(q, a).energy); }});
  fields.push_back(
      {"$", true, [&q](const Answer& a) { return cost(q, a) ? text(*cost(q, a)).substr(1) : "-"; }});
  if (against_first) {
    fields.push_back({"speed", true, [&answers](const Answer& a) { return ratio(a, answers); }});
  }
  return fields;
}

Table table(const Question& q, const std::vector<Answer>& answers, bool against_first) {
  Table result;
  std::vector<Field> fields{{"board", false, board_label}};
  if (differ(answers, [](const Answer& a) { return a.precision; })) {
    fields.push_back({"precision", false, [](const Answer& a) { return std::string(name(a.precision)); }});
  }
  if (differ(answers, [](const Answer& a) { return a.batch; })) {
    fields.push_back({"batch", true, [](const Answer& a) { return std::to_string(a.batch); }});
  }
  const std::size_t always = fields.size();
  for (Field& field : running_fields(q, answers, against_first)) fields.push_back(std::move(field));
  for (const Field& field : fields) result.columns.push_back({field.title, field.right});
  for (const Answer& a : answers) {
    std::vector<std::string> row;
    for (std::size_t i = 0; i < fields.size(); ++i)
      row.push_back(i < always || a.runs() ? fields[i].cell(a) : "-");
    if (!a.runs()) row[always] = a.forecast ? "too big" : "cannot";
    result.rows.push_back(std::move(row));
  }
  return result;
}

/// Remarks that hold for every row are said once; others name their board.
std::vector<std::string> remarks(const Question& q, const std::vector<Answer>& answers) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& line) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  };
  for (const Board& board : q.boards) {
    if (!board.remark.empty()) add(board.remark);
  }
  for (const Answer& a : answers) {
    const std::string who = fmt::format("{} {} batch {}: ", a.board->gpu.slug, name(a.precision), a.batch);
    if (!a.runs()) add(who + a.refusal);
    for (const std::string& remark : a.remarks) {
      const bool shared = std::all_of(answers.begin(), answers.end(), [&](const Answer& b) {
        return std::find(b.remarks.begin(), b.remarks.end(), remark) != b.remarks.end();
      });
      add(shared ? remark : a.board->gpu.slug + ": " + remark);
    }
  }
  add("range %: the 80 % interval around the time");
  if (const std::string note = extrapolated_note(q, answers); !note.empty()) add(note);
  return lines;
}

std::string same_for_all(const std::vector<Answer>& answers) {
  std::vector<std::string> parts;
  if (!differ(answers, [](const Answer& a) { return a.precision; }))
    parts.push_back(fmt::format("{}", name(answers.front().precision)));
  if (!differ(answers, [](const Answer& a) { return a.batch; }))
    parts.push_back(fmt::format("batch {}", answers.front().batch));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string options_words(const Question& q) {
  std::string words;
  for (const SoftwareOption option : q.software)
    words += (words.empty() ? "" : " ") + std::string(name(option));
  return words;
}

std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.6g}", value) : ""; }

}  // namespace

std::string title(const Question& q) {
  std::string text = q.workload.name;
  if (q.bare_kernel()) return q.job.workload.name;
  const WorkloadRequest& asked = q.job.workload;
  if (q.serves) {
    text += asked.sequence_length == 1 ? ", decode"
                                       : fmt::format(", prefill of {} tokens", *asked.sequence_length);
    if (asked.context.value_or(0) > 0) text += fmt::format(" behind {} cached tokens", *asked.context);
  } else {
    text += q.training() ? ", training" : ", inference";
  }
  if (q.job.execution.weights) text += fmt::format(", weights in {}", name(*q.job.execution.weights));
  if (q.dataset)
    text += fmt::format(", {} ({} {})", q.dataset->name, grouped(q.dataset->samples), q.samples());
  return text;
}

std::string assumed_text(const Question& q, Format format, std::size_t width) {
  const std::string list = q.assumed.empty() ? "nothing" : fmt::format("{}", fmt::join(q.assumed, "; "));
  if (format == Format::markdown) return "> assumed: " + list + "\n\n";
  return wrapped("assumed: " + list, width, 9) + "\n";
}

std::string board_label(const Answer& a) {
  return a.board->gpu.slug + (a.forecast && a.forecast->extrapolated ? "*" : "");
}

std::string extrapolated_note(const Question& q, const std::vector<Answer>& answers) {
  const bool any = std::any_of(answers.begin(), answers.end(),
                               [](const Answer& a) { return a.forecast && a.forecast->extrapolated; });
  return any ? fmt::format("* extrapolated: no {} this architecture is behind the model", q.like()) : "";
}

std::string rows_text(const Question& q, const std::vector<Answer>& answers, Format format,
                      bool against_first) {
  std::string out = assumed_text(q, format);
  const std::string common = same_for_all(answers);
  out += (format == Format::markdown ? "**" : "") + title(q) + (common.empty() ? "" : ", " + common) +
         (format == Format::markdown ? "**\n\n" : "\n\n");
  out += render(table(q, answers, against_first), format, kWidth);
  const std::vector<std::string> lines = remarks(q, answers);
  out += what_if_text(q, answers, format);
  if (!lines.empty()) out += "\n";
  for (const std::string& line : lines) {
    out += format == Format::markdown ? "- " + line + "\n" : wrapped(line, kWidth, 2) + "\n";
  }
  return out;
}

std::string rows_csv(const Question& q, const std::vector<Answer>& answers) {
  Table t;
  for (const char* column : {"workload",
                             "board",
                             "precision",
                             "batch",
                             "mode",
                             "optimizer",
                             "stack",
                             "samples_per_epoch",
                             "epochs",
                             "runs",
                             "reason",
                             "step_low_s",
                             "step_s",
                             "step_high_s",
                             "epoch_low_s",
                             "epoch_s",
                             "epoch_high_s",
                             "job_s",
                             "samples_per_s",
                             "gpu_s",
                             "host_s",
                             "bound",
                             "memory_bytes",
                             "weights_bytes",
                             "masters_bytes",
                             "copies_bytes",
                             "gradients_bytes",
                             "optimizer_bytes",
                             "activations_bytes",
                             "cache_bytes",
                             "workspace_bytes",
                             "context_bytes",
                             "fragmentation_bytes",
                             "usable_memory_bytes",
                             "largest_batch",
                             "power_w",
                             "step_energy_j",
                             "job_energy_j",
                             "cost_usd",
                             "extrapolated",
                             "options",
                             "step_without_options_s",
                             "memory_without_options_bytes"}) {
    t.columns.push_back({column, false});
  }
  for (const Answer& a : answers) {
    const Execution& e = q.job.execution;
    std::vector<std::string> row{q.job.workload.name,
                                 a.board->gpu.slug,
                                 std::string(name(a.precision)),
                                 std::to_string(a.batch),
                                 std::string(name(e.mode)),
                                 std::string(name(e.optimizer)),
                                 e.stack.name,
                                 q.job.samples_per_epoch ? std::to_string(*q.job.samples_per_epoch) : "",
                                 number(q.job.epochs),
                                 a.runs() ? "yes" : "no",
                                 a.refusal};
    const auto interval = [&](const std::optional<Interval>& i) {
      for (const auto part : {&Interval::low, &Interval::expected, &Interval::high}) {
        row.push_back(a.runs() && i ? number(((*i).*part).value) : "");
      }
    };
    const std::optional<Forecast>& f = a.forecast;
    const auto when_running = [&](auto get) { row.push_back(a.runs() ? get() : std::string()); };
    interval(f ? std::optional(f->step) : std::nullopt);
    interval(f ? f->epoch : std::nullopt);
    when_running([&] { return f->job ? number(f->job->expected.value) : ""; });
    when_running([&] { return number(samples_per_second(a)); });
    when_running([&] { return number(f->gpu_time.value); });
    when_running([&] { return number(f->host_time.value); });
    when_running([&] { return std::string(name(f->bound)); });
    const auto memory = [&](auto get) {
      row.push_back(f && !q.bare_kernel() ? number(get(f->memory).value) : "");
    };
    memory([](const Memory& m) { return m.total(); });
    memory([](const Memory& m) { return m.weights; });
    memory([](const Memory& m) { return m.masters; });
    memory([](const Memory& m) { return m.copies; });
    memory([](const Memory& m) { return m.gradients; });
    memory([](const Memory& m) { return m.optimizer; });
    memory([](const Memory& m) { return m.activations; });
    memory([](const Memory& m) { return m.cache; });
    memory([](const Memory& m) { return m.workspace; });
    memory([](const Memory& m) { return m.context; });
    memory([](const Memory& m) { return m.fragmentation; });
    row.push_back(number(usable_memory(a.board->gpu).value));
    row.push_back(f && f->largest_batch ? std::to_string(*f->largest_batch) : "");
    when_running([&] { return number(f->mean_power.value); });
    when_running([&] { return number(f->step_energy.value); });
    when_running([&] { return number(span(q, a).energy.value); });
    row.push_back(cost(q, a) ? number(cost(q, a)->value) : "");
    row.push_back(f ? (f->extrapolated ? "yes" : "no") : "");
    row.push_back(options_words(q));
    const bool compared = !a.what_ifs.empty();
    const auto steps = [&](const WhatIf& w) {  // of which the answer's time is made
      return w.time->expected * (f->step.expected / span(q, a).time.expected);
    };
    row.push_back(compared ? number(steps(a.what_ifs.front()).value) : "");
    row.push_back(compared ? number(a.what_ifs.front().memory.value) : "");
    t.rows.push_back(std::move(row));
  }
  return render(t, Format::csv);
}

}  // namespace roofcast::cli
