// roofcast score: how far predictions are from measurements.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/score_report.h"
#include "validate/output_file.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast score PATH... [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast score validate/reference/published.csv\n"
    "  roofcast score ../shared/reference --bars\n"
    "  roofcast score measured.csv --where 'latency_ms>=0.2,gpus=1,confidence=high|medium'\n"
    "  roofcast score gemm.csv --where 'chip!=GV100,split=test' --rows errors.csv --json\n"
    "\nA PATH is a CSV file of a known layout, recognised by its columns, or a folder of them.\n"
    "--where takes COLUMN OP VALUE conditions joined by commas, all of which must hold; OP is one of\n"
    "= != >= <= > <, and VALUE|VALUE after = or != means any of them. A condition on a column that a\n"
    "file lacks does not apply to that file. Every file also has layout, kind, slug, chip, architecture\n"
    "and measured_ms; device is the file's name of the board or its slug.\n";

/// Measurements are not worth losing to a mistyped --rows.
void refuse_overwriting(const ReadSummary& read, const std::string& output) {
  for (const FileRead& file : read.files) {
    std::error_code error;
    if (std::filesystem::equivalent(file.file, output, error))
      throw InputError("--rows " + output + " would overwrite the measurements");
  }
}

}  // namespace

int run_score(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("path", po::value<std::vector<std::string>>()->value_name("PATH"), "")(
      "where", po::value<std::string>()->value_name("FILTER"), "only rows that satisfy it, see below")(
      "all-rows", po::bool_switch(),
      "without the standard filters, which leave out rows too short or too doubtful to judge by")(
      "rows", po::value<std::string>()->value_name("FILE"),
      "write every row with its prediction to a CSV file")(
      "bars", po::bool_switch(), "judge by the project's bars; exit status 1 when one is missed");
  add_calibration_option(options);
  const auto values = parse(arguments, options, "path", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  const bool bars = (*values)["bars"].as<bool>();
  if (values->count("path") == 0)
    throw InputError("which file or folder? e.g. roofcast score validate/reference/published.csv");

  ReadOptions reading;
  if (values->count("where") != 0)
    reading.where = Filter::parse((*values)["where"].as<std::string>(), "--where");
  reading.standard_filters = !(*values)["all-rows"].as<bool>();
  const Hwdb base = open_hwdb(*values);
  const Calibration calibration = open_calibration(*values);

  std::unique_ptr<OutputFile> rows;
  if (values->count("rows") != 0) {
    rows = std::make_unique<OutputFile>((*values)["rows"].as<std::string>());
    rows->stream() << kRowsHeader;
  }
  const auto sink = [&](const ScoredRow& row) {
    if (rows) write_row(rows->stream(), row);
  };
  const Report report = score((*values)["path"].as<std::vector<std::string>>(), reading,
                              [&](const std::string& device) { return find_board(base, device); },
                              model_predictor(calibration), profiles(), sink);
  if (bars && report.bars.empty()) throw InputError("--bars: none of the rows belongs to a bar");
  if (rows) {
    refuse_overwriting(report.read, (*values)["rows"].as<std::string>());
    rows->commit();
  }

  switch (format) {
    case Format::json: streams.out << score_json(report, bars); break;
    case Format::csv: streams.out << score_csv(report); break;
    case Format::table:
    case Format::markdown: streams.out << score_text(report, format, bars); break;
  }
  const bool missed =
      std::any_of(report.bars.begin(), report.bars.end(), [](const BarResult& bar) { return !bar.met(); });
  return bars && missed ? kAnswerIsNo : kDone;
}

}  // namespace roofcast::cli
