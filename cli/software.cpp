// SPDX-License-Identifier: Apache-2.0
#include "cli/software.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/format.h"
#include "cli/rows.h"

namespace roofcast::cli {
namespace {

constexpr std::int64_t kMostWorkers = 1024;

bool switched(const po::variables_map& values, const char* option) {
  return values.count(option) != 0 && values[option].as<bool>();
}

Checkpointing parse_checkpointing(const std::string& text) {
  if (text == "blocks") return Checkpointing::blocks;
  if (text == "sqrt") return Checkpointing::sqrt;
  refuse_word("checkpointing", text, {"blocks", "sqrt"});
}

/// Nothing where no option speaks of a loader.
std::optional<Loader> read_loader(const po::variables_map& values) {
  Loader loader;
  const auto workers = given(values, "workers");
  const auto decode = given(values, "decode-ms");
  const auto start = given(values, "worker-start-ms");
  loader.pinned = switched(values, "pin-memory");
  loader.persistent = switched(values, "persistent-workers");
  if (!workers && !decode && !start && !loader.pinned && !loader.persistent) return std::nullopt;
  if (workers) loader.workers = parse_integer(*workers, "--workers", 0, kMostWorkers);
  if (decode) loader.decode = milliseconds(parse_number(*decode, "--decode-ms", 0, 1e6));
  if (start) loader.start = milliseconds(parse_number(*start, "--worker-start-ms", 0, 1e6));
  if (workers && !decode)
    throw InputError(
        "--workers needs --decode-ms M: the CPU time that reading, decoding and augmenting one sample takes");
  return loader;
}

void assume_loader(const po::variables_map& values, Question& q) {
  Execution& e = q.job.execution;
  if (given(values, "decode-ms") && !given(values, "workers"))
    q.assumed.emplace_back("no workers: the training process decodes (--workers)");
  if (e.loader->workers > 0 && !given(values, "worker-start-ms"))
    q.assumed.push_back(fmt::format("a worker starts in {} (--worker-start-ms)", text(e.loader->start)));
  if (!e.host.pcie) {
    e.host.pcie = 6;  // of which the board's own generation is the slower
    q.assumed.emplace_back("a PCIe slot no slower than the board's (--host)");
  }
}

WhatIf row(std::string what, const Forecast& f) {
  return {std::move(what),
          f.job.value_or(f.step),
          f.samples_per_second,
          f.memory.total(),
          f.fits,
          f.largest_batch,
          ""};
}

/// Why an option that could have gained did not.
std::string note(SoftwareOption option, const Graph& graph, const Question& q, const Execution& e,
                 const Forecast& plain, double gain) {
  if (const auto why = idle(option, graph, e)) return *why;
  if (std::abs(gain - 1) >= 0.005) return "";
  switch (option) {
    case SoftwareOption::cuda_graphs:
      if (plain.host_time <= plain.gpu_time)
        return fmt::format("the GPU sets the pace: its kernels take {}, the host asks for them in {}",
                           text(plain.gpu_time), text(plain.host_time));
      break;
    case SoftwareOption::persistent_workers:
      if (q.job.epochs == 1) return "workers start once in one epoch (--epochs)";
      break;
    case SoftwareOption::pin_memory: return fmt::format("a batch is copied in {}", text(plain.input_time));
    case SoftwareOption::workers:
      if (plain.decode_time < plain.gpu_time) return "the CPU decodes faster than the GPU runs";
      break;
    default: break;
  }
  return "";
}

}  // namespace

void add_checkpointing_option(po::options_description& options) {
  options.add_options()("checkpointing",
                        po::value<std::string>()->implicit_value("blocks")->value_name("KIND"),
                        "gradient checkpointing: blocks (what it means alone), or =sqrt for √n runs of them");
}

void add_software_options(po::options_description& options) {
  const auto text = [](const char* value) { return po::value<std::string>()->value_name(value); };
  options.add_options()("amp", po::bool_switch(), "what-if: autocast to FP16, as --precision amp-fp16")(
      "compile", po::bool_switch(), "what-if: torch.compile, elementwise ops fused")(
      "cuda-graphs", po::bool_switch(), "what-if: the step recorded and replayed")(
      "channels-last", po::bool_switch(), "what-if: NHWC tensors")("flash-attention", po::bool_switch(),
                                                                   "what-if: FlashAttention")(
      "sparse", po::bool_switch(), "what-if: weights pruned 2:4, inference on tensor cores")(
      "workers", text("N"), "what-if: data loader with N processes (default 0)")(
      "decode-ms", text("M"), "CPU time of one sample: reading, decoding, augmenting")(
      "pin-memory", po::bool_switch(), "what-if: batches in page-locked memory")(
      "persistent-workers", po::bool_switch(), "what-if: workers outlive an epoch")(
      "worker-start-ms", text("M"), "time to start one worker (default 100)");
  add_checkpointing_option(options);
}

void read_software(const po::variables_map& values, Question& q) {
  using enum SoftwareOption;
  Execution& e = q.job.execution;
  e.loader = read_loader(values);
  if (e.loader) assume_loader(values, q);
  q.plain = e;
  if (e.loader) q.plain.loader = Loader{.decode = e.loader->decode, .start = e.loader->start};
  for (const auto& [flag, option] : {std::pair{"amp", amp},
                                     {"compile", compile},
                                     {"cuda-graphs", cuda_graphs},
                                     {"channels-last", channels_last},
                                     {"flash-attention", flash_attention},
                                     {"sparse", sparse},
                                     {"pin-memory", pin_memory},
                                     {"persistent-workers", persistent_workers}}) {
    if (switched(values, flag)) q.software.push_back(option);
  }
  if (const auto kind = given(values, "checkpointing")) {
    e.checkpointing = parse_checkpointing(*kind);
    q.software.push_back(checkpointing);
  }
  if (e.loader && e.loader->workers > 0) q.software.push_back(workers);
  const Execution asked = e;
  for (const SoftwareOption option : q.software)
    if (option != amp) e = with(option, asked, e);  // precision is an answer's
  if (q.bare_kernel() && (!q.software.empty() || e.loader)) {
    throw InputError(fmt::format("{} does not apply to a bare kernel",
                                 q.software.empty() ? "a data loader" : name(q.software.front())));
  }
}

std::string software_refusal(const Question& q, const Gpu& gpu, const Execution& execution) {
  for (const SoftwareOption option : q.software) {
    if (const auto why = refusal(option, gpu, execution)) return fmt::format("{}: {}", name(option), *why);
  }
  return "";
}

std::vector<WhatIf> what_ifs(const Question& q, const Answer& answer, const Job& job,
                             const Calibration& calibration) {
  if (q.software.empty() || !answer.forecast) return {};
  const bool mixed = std::find(q.software.begin(), q.software.end(), SoftwareOption::amp) != q.software.end();
  Job one = job;
  one.execution = q.plain;
  one.execution.precision = mixed ? Precision::fp32 : answer.precision;
  const Graph graph = build(job.workload);
  const Execution plain = one.execution;
  const Forecast before = forecast(one, answer.board->gpu, calibration);
  std::vector<WhatIf> rows{row("none", before)};
  for (const SoftwareOption option : q.software) {
    one.execution = with(option, job.execution, plain);
    Forecast f;
    if (q.software.size() == 1) {
      f = *answer.forecast;
    } else {
      // FlashAttention and 2:4 products need the precision that --amp brings: alone they are what they are with it.
      if (refusal(option, answer.board->gpu, one.execution)) {
        rows.push_back({std::string(name(option)), std::nullopt, 0, Bytes(0), false, std::nullopt,
                        *refusal(option, answer.board->gpu, one.execution)});
        continue;
      }
      f = forecast(one, answer.board->gpu, calibration);
    }
    rows.push_back(row(std::string(name(option)), f));
    rows.back().note = note(option, graph, q, one.execution, before,
                            rows.front().time->expected / rows.back().time->expected);
  }
  if (q.software.size() > 1) rows.push_back(row("all", *answer.forecast));
  return rows;
}

std::string what_if_text(const Question& q, const std::vector<Answer>& answers, Format format) {
  const bool several = answers.size() > 1;
  Table table;
  if (several) table.columns.push_back({"board", false});
  const std::string time = span_title(q) == "batch" ? "latency" : span_title(q);
  for (const char* title : {"with", time.c_str(), "gain", "per s", "GiB", "largest batch"})
    table.columns.push_back({title, std::string_view(title) != "with"});
  std::vector<std::string> notes;
  for (const Answer& a : answers) {
    for (const WhatIf& w : a.what_ifs) {
      std::vector<std::string> cells;
      if (several) cells.push_back(fmt::format("{} {}", a.board->gpu.slug, name(a.precision)));
      cells.push_back(w.what);
      if (w.time) {
        const double gain = a.what_ifs.front().time->expected / w.time->expected;
        cells.insert(cells.end(), {text(w.time->expected), significant(gain) + "×",
                                   significant(w.samples_per_second), significant(in_gibibytes(w.memory)),
                                   w.largest_batch ? grouped(*w.largest_batch) : "none"});
      } else {
        cells.insert(cells.end(), {"-", "-", "-", "-", "-"});
      }
      table.rows.push_back(std::move(cells));
      const std::string line = w.what + (w.time ? ": " : " alone: ") + w.note;
      if (!w.note.empty() && std::find(notes.begin(), notes.end(), line) == notes.end())
        notes.push_back(line);
    }
  }
  if (table.rows.empty()) return "";
  std::string out = "\n" + render(table, format, kWidth);
  if (!notes.empty()) out += "\n";
  for (const std::string& line : notes)
    out += format == Format::markdown ? "- " + line + "\n" : wrapped(line, kWidth, 2) + "\n";
  return out;
}

}  // namespace roofcast::cli
