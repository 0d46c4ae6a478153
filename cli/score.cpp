// roofcast score: how far predictions are from measurements.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/score_report.h"
#include "validate/leave_one_out.h"
#include "validate/output_file.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast score PATH... [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast score validate/reference/published.csv\n"
    "  roofcast score ../shared/reference --bars\n"
    "  roofcast score measured.csv --where 'latency_ms>=0.2,gpus=1,confidence=high|medium'\n"
    "  roofcast score gemm.csv --where 'chip!=GV100,split=test' --rows errors.csv --json\n"
    "  roofcast score ../shared/reference --leave-one-out --bars --rows left_out.csv\n"
    "  roofcast score ncu.csv --gpu p4000\n"
    "  roofcast score nvtx_kern_sum.csv --gpu v100\n"
    "\nA PATH is a CSV file of a known layout, recognised by its columns, a trace of the PyTorch profiler\n"
    "(*.json), or a folder of CSV files.\n"
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

/// Fits the folds, with a line to `err` as each finishes. What is fitted does not depend on --where or --all-rows.
Predictor predictor_of_folds(const po::variables_map& values, const std::vector<std::string>& paths,
                             const ReadOptions& reading, const BoardLookup& board,
                             std::vector<std::string>& chips, std::ostream& err) {
  const int limit = rows_per_group(values);
  read_measurements(paths, reading, board, profiles(),
                    [](const Reading&) {});  // refuses before minutes of fits
  std::map<std::string, Gpu> gpus;
  std::vector<std::string> files;
  const std::vector<Sample> samples = read_samples(paths, board, profiles(), gpus, files);
  if (samples.empty())
    throw InputError("--leave-one-out: no row of these files can be predicted, so nothing can be fitted");
  FoldProgress progress;
  progress.fold = [&](const Fold& fold) { err << fold_line(fold) << std::flush; };
  const LeaveOneOut fits = leave_one_out(samples, prior_calibration(), limit, roofcast_model, progress);
  for (const Fold& fold : fits.folds) chips.push_back(fold.chip);
  return leave_one_out_predictor(fits, roofcast_model);
}

}  // namespace

int run_score(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("path", po::value<std::vector<std::string>>()->value_name("PATH"), "")(
      "where", po::value<std::string>()->value_name("FILTER"), "only rows that satisfy it, see below")(
      "all-rows", po::bool_switch(),
      "without the standard filters, which leave out rows too short or too doubtful to judge by")(
      "gpu", po::value<std::string>()->value_name("BOARD"),
      "board of rows whose device the base does not know (Nsight Compute: a number, NVTX: none)")(
      "rows", po::value<std::string>()->value_name("FILE"),
      "write every row with its prediction to a CSV file")(
      "bars", po::bool_switch(), "judge by the project's bars; exit status 1 when one is missed")(
      "leave-one-out", po::bool_switch(), "predict each chip with constants fitted without any row of it");
  add_rows_per_group_option(options, "with --leave-one-out: rows fitted of each file, board and kind");
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
  std::optional<Gpu> unnamed;
  if (const auto asked = given(*values, "gpu")) unnamed = base.resolve(*asked).gpu;
  const BoardLookup board = [&](const std::string& device) {
    const auto found = find_board(base, device);
    return found ? found : unnamed;
  };
  const auto paths = (*values)["path"].as<std::vector<std::string>>();
  const bool left_out = (*values)["leave-one-out"].as<bool>();
  if (left_out && values->count("calibration") != 0)
    throw InputError("--calibration: --leave-one-out fits its own constants, from the priors");
  if (!left_out && !(*values)["rows-per-group"].defaulted())
    throw InputError("--rows-per-group: only with --leave-one-out");

  std::unique_ptr<OutputFile> rows;
  if (values->count("rows") != 0) {
    rows = std::make_unique<OutputFile>((*values)["rows"].as<std::string>());
    rows->stream() << kRowsHeader;
  }
  const auto sink = [&](const ScoredRow& row) {
    if (rows) write_row(rows->stream(), row);
  };
  std::vector<std::string> chips;
  const Predictor predictor = left_out
                                  ? predictor_of_folds(*values, paths, reading, board, chips, streams.err)
                                  : model_predictor(open_calibration(*values));
  Report report = score(paths, reading, board, predictor, profiles(), sink);
  report.chips_left_out = std::move(chips);
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
