// roofcast calibrate: fit the model's constants to measurements and write them down with their residuals.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <ostream>

#include "cli/calibrate_board.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/score_report.h"
#include "validate/leave_one_out.h"
#include "validate/output_file.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast calibrate PATH... --out FILE [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast calibrate ../shared/reference --out hwdb/calibration.toml\n"
    "  roofcast calibrate measured.csv --from-current --out mine.toml\n"
    "  roofcast calibrate --from board.csv          for one board, from `roofcast measure`\n"
    "  roofcast predict resnet50 --gpu p4000 --calibration mine.toml\n";

}  // namespace

int run_calibrate(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("path", po::value<std::vector<std::string>>()->value_name("PATH"), "")(
      "out", po::value<std::string>()->value_name("FILE"), "where to write the calibration")(
      "from", po::value<std::string>()->value_name("FILE"),
      "fit one board to its own measurements by `roofcast measure`; --out is then optional: "
      "forecasts of that board find the result by themselves")(
      "from-current", po::bool_switch(), "start from the calibration in force instead of the priors")(
      "no-folds", po::bool_switch(),
      "fit all chips only: faster, but without the errors on left-out chips that intervals come from");
  add_rows_per_group_option(options, "rows fitted of each file, board and kind");
  add_calibration_option(options);
  const auto values = parse(arguments, options, "path", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  if (format == Format::json)
    throw InputError("--format json: calibrate prints a table, markdown or csv; the result is a TOML file");
  if (const auto from = given(*values, "from")) {
    if (values->count("path") != 0)
      throw InputError("--from takes one file of `roofcast measure`, and no others");
    const BoardFit fit = fit_board(*from, given(*values, "out").value_or(""), *values, streams.err);
    streams.out << render(held_back_table(fit.fit), format) << "\n" << fit_summary(fit);
    return kDone;
  }
  if (values->count("path") == 0)
    throw InputError(
        "which measurements? e.g. roofcast calibrate ../shared/reference --out calibration.toml");
  if (values->count("out") == 0) throw InputError("--out FILE is needed: where to write the calibration");
  const int limit = rows_per_group(*values);
  const Hwdb base = open_hwdb(*values);
  const Calibration start =
      (*values)["from-current"].as<bool>() ? open_calibration(*values) : prior_calibration();
  OutputFile out((*values)["out"].as<std::string>());

  std::map<std::string, Gpu> gpus;
  std::vector<std::string> files;
  const auto board = [&](const std::string& device) { return find_board(base, device); };
  const std::vector<Sample> samples =
      read_samples((*values)["path"].as<std::vector<std::string>>(), board, profiles(), gpus, files);
  if (samples.empty()) throw InputError("no row of these files can be predicted, so nothing can be fitted");

  Table table{{{"stage", false}, {"rows"}, {"error before %"}, {"after %"}, {"not constrained", false}}, {}};
  const auto one_stage = [&](const StageReport& r) {
    streams.err << stage_line(r) << std::flush;
    table.rows.push_back(
        {r.name, std::to_string(r.rows), mean_error(r.before_pct, r.rows), mean_error(r.after_pct, r.rows),
         r.unconstrained.empty() ? "-" : fmt::format("{}", fmt::join(r.unconstrained, " "))});
  };
  const auto one_fold = [&](const Fold& fold) { streams.err << fold_line(fold) << std::flush; };
  CalibrationRun run = (*values)["no-folds"].as<bool>()
                           ? calibrate(samples, start, limit, one_stage)
                           : leave_one_out(samples, start, limit, roofcast_model, {one_stage, one_fold}).all;
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  run.calibration.provenance = {fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))),
                                data_hash(samples), files};
  out.stream() << write_calibration(run.calibration);
  out.commit();
  streams.out << render(table, format);
  return kDone;
}

}  // namespace roofcast::cli
