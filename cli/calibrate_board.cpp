// SPDX-License-Identifier: Apache-2.0
#include "cli/calibrate_board.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <ostream>

#include "cli/board_calibration.h"
#include "cli/format.h"
#include "cli/score_report.h"
#include "validate/output_file.h"

namespace roofcast::cli {
namespace {

std::filesystem::path place_for(const std::string& out, const std::string& slug) {
  if (!out.empty()) return out;
  const std::filesystem::path path = board_calibration_path(slug);
  if (path.empty())
    throw InputError("neither ROOFCAST_HWDB nor HOME is set: where to write it? give --out FILE");
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error)
    throw InputError(fmt::format("{}: cannot be made: {}", path.parent_path().string(), error.message()));
  return path;
}

}  // namespace

BoardFit fit_board(const std::string& path, const std::string& out, const po::variables_map& values,
                   std::ostream& err) {
  const Hwdb base = open_hwdb(values);
  BoardFit result;
  const BoardRows rows = read_board(
      path, [&](const std::string& device) { return find_board(base, device); }, result.gpu);
  if (rows.samples.empty()) throw InputError(path + ": no kernel was measured, so nothing can be fitted");
  result.written = place_for(out, result.gpu.slug);
  OutputFile file(result.written);
  result.fit = calibrate_board(rows, result.gpu, open_calibration(values), [&](const StageReport& r) {
    if (r.rows == 0) return;  // what the board lacks: tensor cores, cuDNN
    err << stage_line(r) << std::flush;
  });
  for (const MeasuredConstant& m : result.fit.measured) err << measured_line(m);
  Calibration& c = result.fit.calibration;
  c.provenance = {fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))),
                  data_hash(rows.samples),
                  {fmt::format("harness/board of {}", result.gpu.slug)}};
  file.stream() << write_calibration(c);
  file.commit();
  return result;
}

std::string measured_line(const MeasuredConstant& m) {
  const std::string_view constant = constant_table()[static_cast<std::size_t>(m.id)].name;
  const std::string rows = fmt::format("{}: {} row{}, ", constant, m.rows, m.rows == 1 ? "" : "s");
  if (!m.refused.empty())
    return wrapped(fmt::format("{}not taken: {}; stays {:.3g}", rows, m.refused, m.before), 80, 2) + "\n";
  return fmt::format("{}{:.3g} -> {:.3g}\n", rows, m.before, m.after);
}

Table measured_table(const BoardCalibration& fit) {
  Table table{{{"constant", false}, {"rows"}, {"before"}, {"after"}, {"what it is", false}}, {}};
  for (const MeasuredConstant& m : fit.measured) {
    const ConstantInfo& info = constant_table()[static_cast<std::size_t>(m.id)];
    const std::string why = m.refused.empty() ? "" : "; not taken: " + m.refused;
    table.rows.push_back({std::string(info.name), std::to_string(m.rows), fmt::format("{:.3g}", m.before),
                          fmt::format("{:.3g}", m.after), std::string(info.description) + why});
  }
  return table;
}

Table held_back_table(const BoardCalibration& fit) {
  Table table{{{"held back", false}, {"rows"}, {"error before %"}, {"after %"}}, {}};
  const auto add = [&](const std::string& kind, const HeldBackError& e) {
    table.rows.push_back(
        {kind, std::to_string(e.rows), mean_error(e.before_pct, e.rows), mean_error(e.after_pct, e.rows)});
  };
  for (const auto& [kind, e] : fit.by_kind) add(kind, e);
  add("all kernels", fit.kernels);
  add("all steps", fit.steps);
  return table;
}

std::string fit_summary(const BoardFit& f) {
  const HeldBackError &k = f.fit.kernels, &s = f.fit.steps;
  std::string text = fmt::format("{}: mean error of {} kernels held back: {} -> {} %", f.gpu.slug, k.rows,
                                 mean_error(k.before_pct, k.rows), mean_error(k.after_pct, k.rows));
  if (s.rows > 0)
    text += fmt::format("; of {} steps: {} -> {} %", s.rows, mean_error(s.before_pct, s.rows),
                        mean_error(s.after_pct, s.rows));
  return wrapped(text, 80, 2) + fmt::format("\nwritten to {}\n", f.written.string());
}

}  // namespace roofcast::cli
