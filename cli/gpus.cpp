// roofcast gpus: which boards are known, and how some of them compare.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "cli/command.h"
#include "cli/format.h"
#include "cli/gpu_json.h"
#include "cli/gpu_summary.h"
#include "cli/json_text.h"
#include "cli/options.h"
#include "cli/rows.h"
#include "cli/suggest.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast gpus [GPU,GPU,...] [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast gpus --architecture ampere --min-memory 24\n"
    "  roofcast gpus --chip GP104\n"
    "  roofcast gpus p4000,rtx-3060,rtx-4060-ti-16gb,orin-nano-8gb\n"
    "  roofcast gpus --vendor AMD --format csv\n";
constexpr const char* kFilters[] = {"vendor",     "architecture",  "chip",
                                    "min-memory", "min-bandwidth", "max-tdp"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// Keeps the boards whose field starts with the text, whatever the case; a text that fits none is a mistake.
void filter_text(std::vector<Gpu>& gpus, const Hwdb& base, const po::variables_map& values,
                 const char* option, std::string Gpu::*field) {
  if (values.count(option) == 0) return;
  const std::string wanted = values[option].as<std::string>();
  const auto fits = [&](const Gpu& gpu) { return lower(gpu.*field).starts_with(lower(wanted)); };
  if (wanted.empty() || std::none_of(base.gpus().begin(), base.gpus().end(), fits)) {
    std::set<std::string> known;
    for (const Gpu& gpu : base.gpus()) known.insert(gpu.*field);
    throw InputError(fmt::format("--{}: no board has {}; known are {}", option, in_quotes(wanted),
                                 fmt::join(known, ", ")));
  }
  std::erase_if(gpus, [&](const Gpu& gpu) { return !fits(gpu); });
}

/// A limit of `sign` +1 keeps boards at or above it, -1 those at or below.
void filter_number(std::vector<Gpu>& gpus, const po::variables_map& values, const char* option, int sign,
                   double (*figure)(const Gpu&)) {
  if (values.count(option) == 0) return;
  const double limit = parse_number(values[option].as<std::string>(), std::string("--") + option, 0, 1e9);
  std::erase_if(gpus, [&](const Gpu& gpu) { return sign * figure(gpu) < sign * limit; });
}

std::vector<Gpu> filtered(const Hwdb& base, const po::variables_map& values) {
  std::vector<Gpu> gpus = base.gpus();
  filter_text(gpus, base, values, "vendor", &Gpu::vendor);
  filter_text(gpus, base, values, "architecture", &Gpu::architecture);
  filter_text(gpus, base, values, "chip", &Gpu::chip);
  filter_number(gpus, values, "min-memory", 1, [](const Gpu& gpu) { return in_gibibytes(gpu.memory); });
  filter_number(gpus, values, "min-bandwidth", 1,
                [](const Gpu& gpu) { return in_gigabytes_per_second(gpu.memory_bandwidth); });
  filter_number(gpus, values, "max-tdp", -1, [](const Gpu& gpu) { return gpu.tdp.value; });
  return gpus;
}

std::vector<Gpu> named(const Hwdb& base, const std::vector<std::string>& arguments, std::ostream& err) {
  std::vector<Gpu> gpus;
  for (const std::string& argument : arguments) {
    for (const std::string& name : split_list(argument, "gpus")) {
      Resolution board = base.resolve(name);
      if (!board.remark.empty()) err << board.remark << "\n";
      gpus.push_back(std::move(board.gpu));
    }
  }
  return gpus;
}

std::string peak_of(const Gpu& gpu, Path path, NumberFormat input, NumberFormat accumulate) {
  const auto found = peak(gpu, path, input, accumulate);
  return found ? peak_text(in_teraflops(found->value())) : "-";
}

void print_list(const std::vector<Gpu>& gpus, Format format, std::ostream& out) {
  Table table{{{"gpu", false},
               {"architecture", false},
               {"SMs"},
               {"FP32"},
               {"FP16t"},
               {"GiB"},
               {"GB/s"},
               {"W"},
               {"year"}},
              {}};
  for (const Gpu& gpu : gpus) {
    table.rows.push_back({gpu.slug, gpu.architecture, std::to_string(gpu.sm_count),
                          peak_of(gpu, Path::cuda_core, NumberFormat::fp32, NumberFormat::fp32),
                          peak_of(gpu, Path::tensor_core, NumberFormat::fp16, NumberFormat::fp32),
                          plain(in_gibibytes(gpu.memory)),
                          plain(in_gigabytes_per_second(gpu.memory_bandwidth)), plain(gpu.tdp.value),
                          std::to_string(gpu.year)});
  }
  out << render(table, format, kWidth);
  if (format != Format::table) return;
  out << "\n"
      << wrapped(
             fmt::format(
                 "{} board{}. FP32 and FP16t: peak TFLOP/s on CUDA cores and on tensor cores (dense, FP32 "
                 "accumulation). `roofcast gpu NAME` shows one in full, `roofcast gpus A,B,C` compares some.",
                 gpus.size(), gpus.size() == 1 ? "" : "s"),
             kWidth, 0)
      << "\n";
}

std::string json(const std::vector<Gpu>& gpus) {
  nlohmann::ordered_json root{{"schema_version", 1}};
  root["gpus"] = nlohmann::ordered_json::array();
  for (const Gpu& gpu : gpus) {
    nlohmann::ordered_json entry = facts_json(gpu);
    nlohmann::ordered_json& summary = entry["summary"];
    for (const SummaryFigure& figure : summary_figures()) {
      const auto value = figure.value(gpu);
      summary[std::string(figure.key)] =
          value ? nlohmann::ordered_json(tidy(*value)) : nlohmann::ordered_json(nullptr);
    }
    summary["int8_path"] =
        int8_path(gpu) == "-" ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(int8_path(gpu));
    root["gpus"].push_back(std::move(entry));
  }
  return json_text(root);
}

void print_summary(const std::vector<Gpu>& gpus, Format format, std::ostream& out) {
  if (format == Format::csv) {
    out << render(summary_by_board(gpus), format);
    return;
  }
  out << render(summary_by_figure(gpus), format, format == Format::table ? kWidth : 0) << "\n"
      << wrapped(
             "Peaks at the boost clock, or at the one the vendor quotes tensor peaks at. Tensor figures "
             "accumulate in FP32; "
             "sparse ones hold for 2:4-sparse weights only. DP4A: INT8 on CUDA cores. - is unknown or not "
             "there.",
             kWidth, 0)
      << "\n";
}

}  // namespace

int run_gpus(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("gpus", po::value<std::vector<std::string>>(), "boards to compare")(
      "vendor", po::value<std::string>()->value_name("NAME"), "NVIDIA or AMD")(
      "architecture", po::value<std::string>()->value_name("NAME"), "ampere, ada, ...")(
      "chip", po::value<std::string>()->value_name("NAME"), "GP104, GA102, ...")(
      "min-memory", po::value<std::string>()->value_name("GIB"), "at least so much memory")(
      "min-bandwidth", po::value<std::string>()->value_name("GB/S"), "at least so much memory bandwidth")(
      "max-tdp", po::value<std::string>()->value_name("W"), "at most so many watts");
  const auto values = parse(arguments, options, "gpus", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  const Hwdb base = open_hwdb(*values);
  const bool compared = values->count("gpus") != 0;
  for (const char* filter : kFilters) {
    if (compared && values->count(filter) != 0)
      throw InputError(fmt::format("--{} filters the list; name boards or filter, not both", filter));
  }
  const std::vector<Gpu> gpus =
      compared ? named(base, (*values)["gpus"].as<std::vector<std::string>>(), streams.err)
               : filtered(base, *values);
  if (format == Format::json) {
    streams.out << json(gpus);
  } else if (compared) {
    print_summary(gpus, format, streams.out);
  } else if (format == Format::csv) {
    streams.out << render(summary_by_board(gpus), format);
  } else {
    print_list(gpus, format, streams.out);
  }
  if (!gpus.empty()) return kDone;
  streams.err << "no board fits all filters\n";
  return kAnswerIsNo;
}

}  // namespace roofcast::cli
