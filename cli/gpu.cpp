// roofcast gpu NAME: one board's datasheet with every peak derived.
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/board_calibration.h"
#include "cli/command.h"
#include "cli/datasheet.h"
#include "cli/gpu_json.h"
#include "cli/json_text.h"
#include "cli/options.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast gpu NAME|FILE.toml [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast gpu p4000\n"
    "  roofcast gpu rtx-4060-ti-16gb --format markdown\n"
    "  roofcast gpu ./my-board.toml --json\n"
    "\nA file needs a slug and either `inherit = \"rtx-3060-12gb\"` with the figures that differ, or all of "
    "them.\n";

std::string json(const Resolution& board, const std::vector<KeptClock>& clocks) {
  const Gpu& gpu = board.gpu;
  nlohmann::ordered_json root{{"schema_version", 1}};
  root.update(facts_json(gpu));
  root["remark"] = board.remark;
  root["peaks"] = peaks_json(gpu);
  root["sustained_clocks"] = nlohmann::ordered_json::array();
  for (const KeptClock& kept : clocks) {
    root["sustained_clocks"].push_back({{"work", kept.work},
                                        {"clock_mhz", tidy(in_megahertz(kept.clock))},
                                        {"power_w", tidy(kept.power.value)},
                                        {"reason", kept.reason}});
  }
  root["notes"] = nlohmann::ordered_json::array();
  for (const Note& note : gpu.notes) root["notes"].push_back({{"topic", note.topic}, {"text", note.text}});
  root["sources"] = gpu.sources;
  return json_text(root);
}

std::string name_of(const po::variables_map& values) {
  std::string name;
  if (values.count("name") == 0)
    throw InputError("names no board, e.g. roofcast gpu p4000; `roofcast gpus` lists them");
  for (const std::string& word : values["name"].as<std::vector<std::string>>())
    name += (name.empty() ? "" : " ") + word;
  return name;
}

}  // namespace

int run_gpu(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("name", po::value<std::vector<std::string>>(), "the board");
  add_calibration_option(options);
  const auto values = parse(arguments, options, "name", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  const Resolution board = open_hwdb(*values).resolve(name_of(*values));
  const Calibrations calibrations(*values);
  const std::vector<KeptClock> clocks = kept_clocks(board.gpu, calibrations.of(board.gpu));
  for (const std::string& remark : {board.remark, calibrations.remark(board.gpu)}) {
    if (!remark.empty()) streams.err << remark << "\n";
  }
  switch (format) {
    case Format::json: streams.out << json(board, clocks); break;
    case Format::csv: streams.out << render(datasheet_rows(board.gpu, clocks), format); break;
    default: streams.out << datasheet_page(board.gpu, clocks, format);
  }
  return kDone;
}

}  // namespace roofcast::cli
