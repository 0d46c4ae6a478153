// roofcast validate: measure, calibrate and score in one go, with a report.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "cli/measure.h"
#include "cli/validation_report.h"
#include "validate/output_file.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage =
    "roofcast validate [--suite quick|full] [--out board.csv] [--report NAME] [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast validate --out p4000.csv --report p4000\n"
    "  roofcast validate --from p4000.csv           of what was measured before, without a GPU\n";

void write(const std::string& path, const std::string& text) {
  OutputFile file(path);
  file.stream() << text;
  file.commit();
}

}  // namespace

int validate(const std::vector<std::string>& arguments, Streams& streams, const BenchOpener& open) {
  po::options_description options = common_options();
  add_measure_options(options);
  options.add_options()("from", po::value<std::string>()->value_name("FILE"),
                        "measurements to use instead of measuring")(
      "report", po::value<std::string>()->value_name("NAME")->default_value("validation"),
      "the report goes to NAME.md and NAME.html")(
      "calibration-out", po::value<std::string>()->value_name("FILE"),
      "where to write the fitted constants instead of where forecasts of this board look for them");
  add_calibration_option(options);
  const auto values = parse(arguments, options, "", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  if (format == Format::json) throw InputError("--format json: validate prints a table, markdown or csv");
  suite_of(*values);
  std::string path = (*values)["out"].as<std::string>();
  if (const auto from = given(*values, "from")) {
    path = *from;
  } else {
    auto bench = open();
    if (!bench) return needs_gpu(streams.err, "validate", bench.error());
    const MeasureRun run = measure_into(**bench, *values, path, streams.err);
    if (run.summary.interrupted) {
      streams.err << "stopped early; the same command goes on from here\n";
      return kDone;
    }
  }

  Validation v;
  v.fit = fit_board(path, given(*values, "calibration-out").value_or(""), *values, streams.err);
  v.records = harness::read_records(path);
  const Hwdb base = open_hwdb(*values);
  const BoardLookup board = [&](const std::string& device) { return find_board(base, device); };
  score({path}, {}, board, model_predictor(v.fit.fit.calibration), profiles(),
        [&](const ScoredRow& row) { v.rows.push_back(row); });
  const std::string report = (*values)["report"].as<std::string>();
  write(report + ".md", validation_markdown(v));
  write(report + ".html", validation_html(v));
  streams.out << render(held_back_table(v.fit.fit), format) << "\n"
              << fit_summary(v.fit) << fmt::format("report: {0}.md, {0}.html\n", report);
  return kDone;
}

int run_validate(const std::vector<std::string>& arguments, Streams& streams) {
  return validate(arguments, streams, harness::open_bench);
}

}  // namespace roofcast::cli
