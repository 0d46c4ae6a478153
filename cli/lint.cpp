// roofcast lint: are the facts of the base sound, and do its computed peaks agree with published ones?
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <tuple>

#include "cli/command.h"
#include "cli/format.h"
#include "cli/gpu_json.h"
#include "cli/json_text.h"
#include "cli/options.h"
#include "cli/rows.h"
#include "hwdb/read_file.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast lint [FILE|FOLDER]... [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast lint\n"
    "  roofcast lint my-board.toml\n"
    "  roofcast lint --format csv\n"
    "\nA peak agrees within 2 % or half a unit of the last published digit. Exit status 1 when one "
    "contradicts.\n";

/// One published figure beside the computed one.
struct Finding {
  const Gpu* gpu;
  const PublishedPeak* claim;
  PeakComparison comparison;
};

std::vector<Finding> compare_all(const Hwdb& base) {
  std::vector<Finding> findings;
  for (const PublishedPeak& claim : base.published_peaks()) {
    const Gpu* gpu = base.find(claim.slug);
    for (const PeakComparison& comparison : compare(*gpu, claim))
      findings.push_back({gpu, &claim, comparison});
  }
  const auto place = [](const Finding& f) {  // boards in the order of the base
    return std::tuple(f.gpu, f.claim->path, f.claim->input, f.claim->accumulate, f.comparison.sparsity);
  };
  std::sort(findings.begin(), findings.end(),
            [&](const Finding& a, const Finding& b) { return place(a) < place(b); });
  return findings;
}

std::string operation(const Finding& f) {
  return fmt::format("{} {} → {}{}", f.claim->path == Path::cuda_core ? "CUDA" : "tensor",
                     name(f.claim->input), name(f.claim->accumulate),
                     f.comparison.sparsity == Sparsity::dense ? "" : ", sparse");
}

std::optional<double> computed(const Finding& f) {
  return f.comparison.computed ? std::optional(in_teraflops(f.comparison.computed->value())) : std::nullopt;
}

Table to_table(const std::vector<Finding>& findings, Format format) {
  Table table{{{"gpu", false}, {"peak", false}, {"published"}, {"computed"}, {"off %"}, {"verdict", false}},
              {}};
  const bool wide = format != Format::table;
  if (wide) {
    for (const char* title : {"source", "basis", "reason"}) table.columns.push_back({title, false});
  }
  for (const Finding& f : findings) {
    const double published = in_teraflops(f.comparison.published);
    const auto ours = computed(f);
    table.rows.push_back({f.claim->slug, operation(f), fmt::format("{:.6g}", published),
                          ours ? significant(*ours, 4) : "-",
                          ours ? fmt::format("{:+.1f}", (*ours / published - 1) * 100) : "-",
                          std::string(name(f.comparison.verdict))});
    if (!wide) continue;
    for (const std::string& text :
         {f.claim->source, f.claim->basis, f.claim->exception.empty() ? f.claim->note : f.claim->exception}) {
      table.rows.back().push_back(text);
    }
  }
  return table;
}

/// Why figures differ, and at which clock some were compared.
void print_reasons(const std::vector<Finding>& findings, std::ostream& out) {
  std::string last;
  for (const Finding& f : findings) {
    std::string line;
    if (f.comparison.verdict != PeakVerdict::agrees) {
      line = fmt::format("{}, {}: {}", f.claim->slug, operation(f), explain(*f.gpu, *f.claim, f.comparison));
      if (!f.claim->exception.empty()) line += "; " + f.claim->exception;
    } else if (f.claim->clock && !f.claim->note.empty()) {
      line = fmt::format("{}: compared at {}, the {}", f.claim->slug, text(*f.claim->clock), f.claim->note);
    }
    if (!line.empty() && line != last) out << wrapped(line, kWidth, 2) << "\n";
    if (!line.empty()) last = line;
  }
}

std::string json(const std::vector<Finding>& findings, std::size_t boards, std::size_t contradictions) {
  nlohmann::ordered_json root{{"schema_version", 1}, {"boards", boards}, {"contradictions", contradictions}};
  root["peaks"] = nlohmann::ordered_json::array();
  for (const Finding& f : findings) {
    const auto ours = computed(f);
    root["peaks"].push_back(
        {{"gpu", f.claim->slug},
         {"path", name(f.claim->path)},
         {"input", name(f.claim->input)},
         {"accumulate", name(f.claim->accumulate)},
         {"sparse", f.comparison.sparsity != Sparsity::dense},
         {"published_tera", tidy(in_teraflops(f.comparison.published))},
         {"computed_tera", ours ? nlohmann::ordered_json(tidy(*ours)) : nlohmann::ordered_json(nullptr)},
         {"clock_mhz", f.comparison.computed
                           ? nlohmann::ordered_json(tidy(in_megahertz(f.comparison.computed->clock)))
                           : nlohmann::ordered_json(nullptr)},
         {"verdict", name(f.comparison.verdict)},
         {"source", f.claim->source},
         {"basis", f.claim->basis},
         {"note", f.claim->note},
         {"exception", f.claim->exception}});
  }
  return json_text(root);
}

/// The base with the files named, or with its own published peaks where none is.
Hwdb read(const po::variables_map& values) {
  Hwdb base = open_hwdb(values);
  if (values.count("paths") == 0) {
    base.add_published_peaks(Contradictions::keep);
    return base;
  }
  for (const std::string& path : values["paths"].as<std::vector<std::string>>()) {
    if (std::filesystem::is_directory(path)) {
      base.overlay(path, Contradictions::keep);
    } else {
      base.add(read_text_file(path), path, Contradictions::keep);
    }
  }
  return base;
}

}  // namespace

int run_lint(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("paths", po::value<std::vector<std::string>>(), "files or folders of TOML");
  const auto values = parse(arguments, options, "paths", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  const Hwdb base = read(*values);
  const std::vector<Finding> findings = compare_all(base);
  const auto with = [&](PeakVerdict verdict) {
    return static_cast<std::size_t>(std::count_if(
        findings.begin(), findings.end(), [&](const Finding& f) { return f.comparison.verdict == verdict; }));
  };
  const std::size_t contradictions = with(PeakVerdict::contradicts);
  if (format == Format::json) {
    streams.out << json(findings, base.gpus().size(), contradictions);
  } else {
    if (!findings.empty() || format == Format::csv)
      streams.out << render(to_table(findings, format), format) << (format == Format::csv ? "" : "\n");
    if (format == Format::table) print_reasons(findings, streams.out);
    if (format != Format::csv) {
      streams.out << fmt::format(
          "{} boards are sound. {} published peaks: {} agree, {} differ with a reason, {} contradict.\n",
          base.gpus().size(), findings.size(), with(PeakVerdict::agrees), with(PeakVerdict::explained),
          contradictions);
    }
  }
  return contradictions == 0 ? kDone : kAnswerIsNo;
}

}  // namespace roofcast::cli
