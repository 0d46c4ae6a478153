// Speed and memory by number of sequences, then what would fit.
// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "cli/format.h"
#include "cli/json_text.h"
#include "cli/rows.h"

namespace roofcast::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string weights_of(const ServingQuestion& q) {
  const Execution& e = q.job.execution;
  return std::string(e.weights ? name(*e.weights) : name(e.precision));
}

std::string title(const ServingQuestion& q) {
  return fmt::format("{} on {} ({}): weights in {}, prompts of {}, answers of {} tokens", q.job.workload.name,
                     q.gpu.name, q.gpu.slug, weights_of(q), q.job.prompt, q.job.output);
}

std::string range(const Interval& i) {
  return fmt::format("{:+.0f} {:+.0f}", (i.low / i.expected - 1) * 100, (i.high / i.expected - 1) * 100);
}

Table speed(const std::vector<Serving>& answers) {
  Table t{{{"batch"},
           {"TTFT"},
           {"bound", false},
           {"TPOT"},
           {"range %"},
           {"bound", false},
           {"tok/s/user"},
           {"tok/s"}},
          {}};
  for (const Serving& s : answers) {
    if (!s.fits) {
      t.rows.push_back({std::to_string(s.batch), "too big", "-", "-", "-", "-", "-", "-"});
      continue;
    }
    t.rows.push_back({std::to_string(s.batch), text(s.first_token.expected),
                      std::string(name(s.prefill_bound)), text(s.per_token.expected), range(s.per_token),
                      std::string(name(s.decode_bound)), significant(s.per_user()), significant(s.total())});
  }
  return t;
}

Table memory(const std::vector<Serving>& answers) {
  Table t{{{"batch"}, {"weights"}, {"KV cache"}, {"activations"}, {"workspace"}, {"context"}, {"total"}}, {}};
  for (const Serving& s : answers) {
    const Memory& m = s.memory;
    t.rows.push_back({std::to_string(s.batch), text(m.weights), text(m.cache), text(m.activations),
                      text(m.workspace), text(m.context), text(m.total())});
  }
  return t;
}

struct Limits {
  std::optional<std::int64_t> sequences, tokens;
  std::optional<FittingModel> model;
};

Limits limits(const ServingQuestion& q) {
  return {largest_concurrency(q.job, q.gpu), longest_sequence(q.job, q.gpu), largest_model(q.job, q.gpu)};
}

/// Where the search for a limit ended at `most`, there may be more.
std::string at_least(std::int64_t found, std::int64_t most) {
  return grouped(found) + (found >= most ? " or more" : "");
}

std::string limits_text(const ServingQuestion& q, Format format) {
  const Limits l = limits(q);
  const char* bullet = format == Format::markdown ? "- " : "";
  std::string out = fmt::format("{}budget         {} of {}\n", bullet, text(serving_budget(q.job, q.gpu)),
                                text(q.gpu.memory));
  out += fmt::format("{}most users     {}\n", bullet,
                     l.sequences
                         ? fmt::format("{} sequences of {} tokens", at_least(*l.sequences, kMostSequences),
                                       q.job.prompt + q.job.output)
                         : "not one sequence fits");
  out += fmt::format(
      "{}longest        {}\n", bullet,
      l.tokens ? fmt::format("{} tokens, prompt and answer of one sequence", at_least(*l.tokens, kMostTokens))
               : "-");
  out += fmt::format("{}largest model  {}\n", bullet,
                     l.model ? fmt::format("{} ({} parameters) in {}, for one user", l.model->name,
                                           count(static_cast<double>(l.model->parameters)), weights_of(q))
                             : "none of the zoo");
  return out;
}

std::string number(double value) { return fmt::format("{:.9g}", value); }

std::string csv(const ServingQuestion& q, const std::vector<Serving>& answers) {
  Table t;
  for (const char* column : {"model",
                             "board",
                             "weights",
                             "prompt",
                             "output",
                             "batch",
                             "fits",
                             "ttft_s",
                             "ttft_low_s",
                             "ttft_high_s",
                             "tpot_s",
                             "tpot_low_s",
                             "tpot_high_s",
                             "tokens_per_second_per_user",
                             "tokens_per_second",
                             "request_s",
                             "prefill_bound",
                             "decode_bound",
                             "weights_bytes",
                             "cache_bytes",
                             "activations_bytes",
                             "workspace_bytes",
                             "context_bytes",
                             "total_bytes",
                             "budget_bytes",
                             "extrapolated"})
    t.columns.push_back({column});
  for (const Serving& s : answers) {
    const Memory& m = s.memory;
    std::vector<std::string> row{q.job.workload.name,
                                 q.gpu.slug,
                                 weights_of(q),
                                 std::to_string(q.job.prompt),
                                 std::to_string(q.job.output),
                                 std::to_string(s.batch),
                                 s.fits ? "yes" : "no"};
    const auto when_fits = [&](double value) { row.push_back(s.fits ? number(value) : ""); };
    for (const Interval& i : {s.first_token, s.per_token}) {
      when_fits(i.expected.value);
      when_fits(i.low.value);
      when_fits(i.high.value);
    }
    when_fits(s.per_user());
    when_fits(s.total());
    when_fits(s.request(q.job.output).value);
    row.emplace_back(s.fits ? name(s.prefill_bound) : "");
    row.emplace_back(s.fits ? name(s.decode_bound) : "");
    for (const Bytes b :
         {m.weights, m.cache, m.activations, m.workspace, m.context, m.total(), serving_budget(q.job, q.gpu)})
      row.push_back(number(b.value));
    row.emplace_back(s.extrapolated ? "yes" : "no");
    t.rows.push_back(std::move(row));
  }
  return render(t, Format::csv);
}

Json seconds(const Interval& i) {
  return {{"low_s", i.low.value}, {"expected_s", i.expected.value}, {"high_s", i.high.value}};
}

std::string json(const ServingQuestion& q, const std::vector<Serving>& answers) {
  Json j{{"schema_version", 1},
         {"model", q.job.workload.name},
         {"board", q.gpu.slug},
         {"weights", weights_of(q)},
         {"stack", q.job.execution.stack.name},
         {"prompt", q.job.prompt},
         {"output", q.job.output},
         {"assumed", q.assumed},
         {"budget_bytes", serving_budget(q.job, q.gpu).value}};
  j["answers"] = Json::array();
  for (const Serving& s : answers) {
    const Memory& m = s.memory;
    Json a{{"batch", s.batch}, {"fits", s.fits}};
    if (s.fits) {
      a["ttft"] = seconds(s.first_token);
      a["tpot"] = seconds(s.per_token);
      a["tokens_per_second_per_user"] = s.per_user();
      a["tokens_per_second"] = s.total();
      a["request_s"] = s.request(q.job.output).value;
      a["prefill_bound"] = std::string(name(s.prefill_bound));
      a["decode_bound"] = std::string(name(s.decode_bound));
    }
    a["memory"] = {{"weights_bytes", m.weights.value},         {"cache_bytes", m.cache.value},
                   {"activations_bytes", m.activations.value}, {"workspace_bytes", m.workspace.value},
                   {"context_bytes", m.context.value},         {"total_bytes", m.total().value}};
    a["extrapolated"] = s.extrapolated;
    a["remarks"] = s.remarks;
    j["answers"].push_back(std::move(a));
  }
  const Limits l = limits(q);
  j["most_sequences"] = l.sequences ? Json(*l.sequences) : Json();
  j["longest_tokens"] = l.tokens ? Json(*l.tokens) : Json();
  j["largest_model"] = l.model ? Json(l.model->name) : Json();
  return json_text(j);
}

}  // namespace

std::optional<NumberFormat> given_cache_type(const po::variables_map& values) {
  return given_word<NumberFormat>(values, "kv",
                                  {{"fp32", NumberFormat::fp32},
                                   {"fp16", NumberFormat::fp16},
                                   {"bf16", NumberFormat::bf16},
                                   {"fp8", NumberFormat::fp8},
                                   {"int8", NumberFormat::int8}});
}

std::vector<std::string> weight_recipe_names() {
  std::vector<std::string> names;
  for (const WeightRecipe recipe : all_weight_recipes()) names.emplace_back(name(recipe));
  return names;
}

std::string serving_assumed(const ServingQuestion& q, Format format) {
  if (q.assumed.empty()) return "";
  const std::string line = fmt::format("assumed: {}", fmt::join(q.assumed, "; "));
  return format == Format::markdown ? line + "\n\n" : wrapped(line, kWidth, 9) + "\n";
}

std::string serving_report(const ServingQuestion& q, const std::vector<Serving>& answers, Format format) {
  if (format == Format::csv) return csv(q, answers);
  if (format == Format::json) return json(q, answers);
  std::string out = serving_assumed(q, format);
  out += (format == Format::markdown ? "**" + title(q) + "**" : wrapped(title(q), kWidth, 2)) + "\n\n";
  out += render(speed(answers), format, kWidth) + "\n" + render(memory(answers), format, kWidth) + "\n";
  out += limits_text(q, format) + "\n";
  out +=
      wrapped(
          "TTFT: until the last of the prompts, sent together, has its first token; TPOT: a token of every "
          "sequence, the mean while the cache grows; range %: its 80 % interval",
          kWidth, 2) +
      "\n";
  if (!answers.empty()) {
    for (const std::string& remark : answers.front().remarks) out += wrapped(remark, kWidth, 2) + "\n";
    if (answers.front().extrapolated)
      out +=
          wrapped("extrapolated: no serving on " + q.gpu.architecture + " is behind the model", kWidth, 2) +
          "\n";
  }
  return out;
}

}  // namespace roofcast::cli
