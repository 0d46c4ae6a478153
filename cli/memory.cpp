// roofcast memory: what a job needs of a board's memory, item by item, and the largest batch that fits.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/json_text.h"
#include "cli/rows.h"
#include "cli/software.h"

namespace roofcast::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMemoryWidth = 80;

constexpr std::string_view kUsage = "roofcast memory WORKLOAD --gpu BOARD[,BOARD] [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast memory bert-large --gpu p4000 --task squad\n"
    "  roofcast memory bert-large --gpu p4000 --precision amp-fp16 --optimizer adam-8bit --batch 2,4,8\n"
    "  roofcast memory resnet50 --gpus p4000,rtx-3060 --batch 64 --checkpointing\n"
    "  roofcast memory resnet50 --gpu orin-nano-8gb --phase infer\n";

/// One way to run the job on one board.
struct Run {
  const Board* board;
  Execution execution;
  std::int64_t batch;
  std::optional<Memory> memory;
  std::optional<std::int64_t> largest_batch;
  std::string refusal;   // "" where it fits
  bool possible = true;  // the board has the precision
};

struct Item {
  std::string_view title, key;
  Bytes Memory::*bytes;
};
constexpr Item kItems[] = {{"weights", "weights_bytes", &Memory::weights},
                           {"FP32 masters", "masters_bytes", &Memory::masters},
                           {"16-bit copies", "copies_bytes", &Memory::copies},
                           {"gradients", "gradients_bytes", &Memory::gradients},
                           {"optimizer states", "optimizer_bytes", &Memory::optimizer},
                           {"activations", "activations_bytes", &Memory::activations},
                           {"key-value cache", "cache_bytes", &Memory::cache},
                           {"workspace", "workspace_bytes", &Memory::workspace},
                           {"CUDA context", "context_bytes", &Memory::context},
                           {"fragmentation", "fragmentation_bytes", &Memory::fragmentation}};

Run run_of(const Question& q, const Board& board, const Execution& execution, std::int64_t batch) {
  Run run{&board, execution, batch, {}, {}, {}, true};
  Job job = q.job;
  job.execution = execution;
  job.workload.batch = batch;
  try {
    const Graph graph = build(job.workload);
    lower(graph, board.gpu, execution);  // refuses a precision the board lacks
    run.memory = memory_needed(graph, execution, board.gpu);
    run.largest_batch = largest_batch(job, board.gpu);
    if (run.memory->total() > usable_memory(board.gpu))
      run.refusal = does_not_fit(run.memory->total(), run.largest_batch, board.gpu);
  } catch (const std::domain_error& e) {
    run.refusal = fmt::format("cannot run in {}: {}", name(execution.precision), e.what());
    run.possible = false;
  }
  return run;
}

/// Precisions × checkpointing × batches on every board.
std::vector<Run> runs_of(const Question& q, bool every_checkpointing) {
  std::vector<Checkpointing> kinds{q.job.execution.checkpointing};
  if (every_checkpointing) kinds = {Checkpointing::none, Checkpointing::blocks};
  std::vector<std::int64_t> batches = q.batches;
  if (batches.empty()) batches.push_back(q.workload.default_batch);
  std::vector<Run> runs;
  for (const Board& board : q.boards) {
    const std::vector<PrecisionChoice> precisions =
        board.precision ? std::vector{*board.precision} : q.precisions;
    for (const PrecisionChoice& precision : precisions) {
      if (!precision) throw InputError("memory takes precisions by name, not the fastest (best)");
      for (const Checkpointing kind : kinds) {
        Execution execution = q.job.execution;
        execution.precision = *precision;
        execution.checkpointing = kind;
        for (const std::int64_t batch : batches) runs.push_back(run_of(q, board, execution, batch));
      }
    }
  }
  return runs;
}

std::string gibibytes_text(Bytes bytes) {
  return bytes.value == 0 ? "0" : fmt::format("{:.2f}", in_gibibytes(bytes));
}

/// Items down, runs across: people add a column up.
Table item_table(const std::vector<Run>& runs) {
  Table table{{{"GiB", false}}, {}};
  const auto line = [&](std::string title, auto cell) {
    std::vector<std::string> cells{std::move(title)};
    for (const Run& run : runs) cells.push_back(cell(run));
    table.rows.push_back(std::move(cells));
  };
  for (const Run& run : runs) table.columns.push_back({std::string(name(run.execution.precision))});
  if (runs.front().execution.mode == Mode::training)
    line("checkpointing", [](const Run& r) { return std::string(name(r.execution.checkpointing)); });
  line("batch", [](const Run& r) { return grouped(r.batch); });
  for (const Item& item : kItems) {
    const bool any = std::any_of(runs.begin(), runs.end(), [&](const Run& r) {
      return r.memory && ((*r.memory).*item.bytes).value > 0;
    });
    if (any)
      line(std::string(item.title),
           [&](const Run& r) { return r.memory ? gibibytes_text((*r.memory).*item.bytes) : "-"; });
  }
  line("total", [](const Run& r) { return r.memory ? gibibytes_text(r.memory->total()) : "-"; });
  line("fits", [](const Run& r) {
    return std::string(!r.memory ? "cannot" : r.refusal.empty() ? "yes" : "no");
  });
  line("largest batch", [](const Run& r) {
    if (!r.largest_batch) return std::string(r.memory ? "none" : "-");
    return grouped(*r.largest_batch) + (*r.largest_batch == kLargestBatch ? "+" : "");
  });
  return table;
}

std::string has_words(const Gpu& gpu) {
  std::string words = fmt::format("{} ({}) has {}", gpu.name, gpu.slug, text(gpu.memory));
  if (usable_memory(gpu) < gpu.memory)
    words += fmt::format(" shared with the CPU, {} usable", text(usable_memory(gpu)));
  return words;
}

std::string report(const Question& q, const std::vector<Run>& runs, Format format) {
  const bool markdown = format == Format::markdown;
  std::string out = assumed_text(q, format, kMemoryWidth);
  const std::string about =
      title(q) + (q.training() ? fmt::format(", {}", name(q.job.execution.optimizer)) : "");
  out += (markdown ? "**" + about + "**" : about) + "\n";
  for (const Board& board : q.boards) {
    std::vector<Run> own;
    std::copy_if(runs.begin(), runs.end(), std::back_inserter(own),
                 [&](const Run& r) { return r.board == &board; });
    out += "\n" + wrapped(has_words(board.gpu), kMemoryWidth, 2) + "\n\n" +
           render(item_table(own), format, kMemoryWidth);
    std::string refused;
    for (const Run& run : own) {
      if (run.refusal.empty()) continue;
      std::string who = fmt::format("{}, batch {}", name(run.execution.precision), run.batch);
      if (run.execution.checkpointing != Checkpointing::none) who += ", checkpointing";
      refused += markdown ? "- " + who + ": " + run.refusal + "\n"
                          : wrapped(who + ": " + run.refusal, kMemoryWidth, 2) + "\n";
    }
    if (!refused.empty()) out += "\n" + refused;
  }
  if (q.training() && !q.job.execution.stack.keeps_gradients) {
    out += "\n" +
           wrapped(
               "gradients: those alive when tensors take the most; PyTorch 2 frees them before the "
               "forward pass",
               kMemoryWidth, 2) +
           "\n";
  }
  return out;
}

std::string csv(const Question& q, const std::vector<Run>& runs) {
  Table table;
  for (const char* column : {"workload", "board", "mode", "optimizer", "precision", "checkpointing", "batch"})
    table.columns.push_back({column, false});
  for (const Item& item : kItems) table.columns.push_back({std::string(item.key)});
  for (const char* column : {"total_bytes", "usable_memory_bytes", "largest_batch", "fits", "reason"})
    table.columns.push_back({column});
  const auto number = [](Bytes bytes) { return fmt::format("{:.0f}", bytes.value); };
  for (const Run& r : runs) {
    std::vector<std::string> row{q.job.workload.name,
                                 r.board->gpu.slug,
                                 std::string(name(r.execution.mode)),
                                 std::string(name(r.execution.optimizer)),
                                 std::string(name(r.execution.precision)),
                                 std::string(name(r.execution.checkpointing)),
                                 std::to_string(r.batch)};
    for (const Item& item : kItems) row.push_back(r.memory ? number((*r.memory).*item.bytes) : "");
    row.push_back(r.memory ? number(r.memory->total()) : "");
    row.push_back(number(usable_memory(r.board->gpu)));
    row.push_back(r.largest_batch ? std::to_string(*r.largest_batch) : "");
    row.emplace_back(r.refusal.empty() ? "yes" : "no");
    row.push_back(r.refusal);
    table.rows.push_back(std::move(row));
  }
  return render(table, Format::csv);
}

std::string json(const Question& q, const std::vector<Run>& runs) {
  Json j{{"schema_version", 1},
         {"workload", q.job.workload.name},
         {"assumed", q.assumed},
         {"mode", std::string(name(q.job.execution.mode))},
         {"optimizer", std::string(name(q.job.execution.optimizer))},
         {"results", Json::array()}};
  for (const Run& r : runs) {
    Json one{{"board", r.board->gpu.slug},
             {"precision", std::string(name(r.execution.precision))},
             {"checkpointing", std::string(name(r.execution.checkpointing))},
             {"batch", r.batch}};
    for (const Item& item : kItems)
      one[std::string(item.key)] = r.memory ? Json(((*r.memory).*item.bytes).value) : Json();
    one["total_bytes"] = r.memory ? Json(r.memory->total().value) : Json();
    one["usable_bytes"] = usable_memory(r.board->gpu).value;
    one["largest_batch"] = r.largest_batch ? Json(*r.largest_batch) : Json();
    one["fits"] = r.refusal.empty();
    one["reason"] = r.refusal.empty() ? Json() : Json(r.refusal);
    j["results"].push_back(std::move(one));
  }
  return json_text(j);
}

/// What memory assumes in its own way: the batch stays as it is, and both common precisions are shown.
void assume(const po::variables_map& values, Question& q) {
  std::erase_if(q.assumed, [](const std::string& a) {
    return a.ends_with("(--batch)") || a.ends_with("(--precision)") || a.ends_with("(--host)");
  });
  if (values.count("batch") == 0)
    q.assumed.push_back(fmt::format("batch {} (--batch)", q.workload.default_batch));
  if (values.count("precision") == 0) q.assumed.emplace_back("fp32 and amp-fp16 (--precision)");
}

}  // namespace

int run_memory(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = job_options("gpus");
  options.add_options()("gpu", po::value<std::string>()->value_name("A,B"), "the same as --gpus");
  add_checkpointing_option(options);
  const auto values = parse(arguments, options, "workload", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  if (values->count("gpu") != 0 && values->count("gpus") != 0)
    throw InputError("give --gpu or --gpus, not both");
  const Format format = output_format(*values);
  Question q = read_question(*values, values->count("gpu") != 0 ? "gpu" : "gpus");
  if (q.bare_kernel()) throw InputError("memory takes a network, not a bare kernel");
  if (q.knee) throw InputError("--batch auto needs times: `roofcast predict` has them");
  for (const Board& board : q.boards) {
    const std::string why = software_refusal(q, board.gpu, q.job.execution);
    if (!why.empty()) throw InputError(why);
  }
  assume(*values, q);
  if (values->count("precision") == 0) q.precisions.emplace_back(Precision::amp_fp16);
  const std::vector<Run> runs = runs_of(q, values->count("checkpointing") == 0 && q.training());
  if (std::none_of(runs.begin(), runs.end(), [](const Run& r) { return r.possible; }))
    throw InputError(runs.front().refusal);
  switch (format) {
    case Format::json: streams.out << json(q, runs); break;
    case Format::csv: streams.out << csv(q, runs); break;
    case Format::table:
    case Format::markdown: streams.out << report(q, runs, format); break;
  }
  const bool any = std::any_of(runs.begin(), runs.end(), [](const Run& r) { return r.refusal.empty(); });
  return any ? kDone : kAnswerIsNo;
}

}  // namespace roofcast::cli
