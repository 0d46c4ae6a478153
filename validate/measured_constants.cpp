// SPDX-License-Identifier: Apache-2.0
#include "validate/measured_constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tl/expected.hpp>

#include "model/kernels/launch.h"
#include "validate/harness/case.h"
#include "validate/layouts/cells.h"

namespace roofcast {
namespace {

using harness::Micro;
using Value = tl::expected<double, std::string>;

/// `list` is not empty.
double median(std::vector<double> list) {
  std::sort(list.begin(), list.end());
  const std::size_t n = list.size();
  return (list[(n - 1) / 2] + list[n / 2]) / 2;
}

/// Rows of a micro case at the largest size there is, where what a call costs counts least. Empty where there are none.
std::vector<double> rows_of(const BoardFigures& figures, Micro micro) {
  std::vector<double> rows;
  std::int64_t largest = 0;
  for (const auto& [subject, values] : figures.values) {
    const std::string_view text = subject;
    const std::size_t colon = text.find(':'), equals = text.find('=');
    if (text.substr(0, colon) != harness::name(micro) || equals == std::string_view::npos) continue;
    const auto size = leading_count(text.substr(equals + 1));
    if (!size || *size <= largest) continue;
    largest = *size;
    rows = values;
  }
  return rows;
}

std::string property(const BoardFigures& figures, const char* name) {
  const auto found = figures.properties.find(name);
  return found == figures.properties.end() ? "" : found->second;
}

/// Time from one empty kernel to the next, less its own.
Value gap(const std::vector<double>& periods, const BoardFigures& figures) {
  if (property(figures, "timing").rfind("CUDA events", 0) == 0)
    return tl::unexpected(std::string("without CUPTI an empty kernel's own time is not known"));
  const std::vector<double> own = rows_of(figures, Micro::launch_empty);
  if (own.empty()) return tl::unexpected(std::string("there is no row launch_empty to subtract"));
  return median(periods) - median(own);
}

/// Over the bandwidth that a forecast starts from: the slower of the two generations, as --host pcie= has it, on the board's
/// lanes.
Value link(const std::vector<double>& rows, const BoardFigures& figures, const Gpu& gpu) {
  const auto board = pcie_link(gpu.pcie), common = pcie_link(property(figures, "pcie"));
  if (!board) return tl::unexpected(std::string("the base has no PCIe link of the board"));
  const int generation = std::min(board->generation, common ? common->generation : board->generation);
  if (generation < 1) return tl::unexpected(fmt::format("a link of '{}' is none", property(figures, "pcie")));
  return gigabytes_per_second(median(rows)) / pcie_bandwidth(generation, board->lanes);
}

}  // namespace

std::vector<MeasuredConstant> set_measured_constants(const BoardFigures& figures, const Gpu& gpu,
                                                     Calibration& c) {
  std::vector<MeasuredConstant> list;
  const auto set = [&](Constant id, Micro micro, const auto& convert) {
    const std::vector<double> rows = rows_of(figures, micro);
    if (rows.empty()) return;
    MeasuredConstant& m = list.emplace_back(MeasuredConstant{id, rows.size(), c[id], c[id], ""});
    const Value value = convert(rows);
    const ConstantInfo& info = constant_table()[static_cast<std::size_t>(id)];
    if (!value) {
      m.refused = value.error();
    } else if (!(*value >= info.low && *value <= info.high)) {
      m.refused = fmt::format("{:.3g} is outside {:g} to {:g}", *value, info.low, info.high);
    } else {
      m.after = c[id] = *value;
      c.fitted[static_cast<std::size_t>(id)] = true;
    }
  };
  const auto gap_of = [&](const std::vector<double>& periods) { return gap(periods, figures); };
  set(Constant::launch_gap_us, Micro::launch_queued, gap_of);
  set(Constant::launch_replay_us, Micro::launch_graph, gap_of);
  set(Constant::host_link, Micro::h2d_pinned,
      [&](const std::vector<double>& rows) { return link(rows, figures, gpu); });
  return list;
}

}  // namespace roofcast
