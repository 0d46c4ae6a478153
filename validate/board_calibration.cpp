// SPDX-License-Identifier: Apache-2.0
#include "validate/board_calibration.h"

#include <algorithm>
#include <cmath>

#include "hwdb/input_error.h"
#include "validate/conformal.h"
#include "validate/harness/case.h"
#include "validate/harness/op_text.h"

namespace roofcast {
namespace {

using C = Constant;

constexpr std::string_view kLayout = "harness/board";

const KernelCase* kernel(const Sample& s) { return std::get_if<KernelCase>(&s.observation.subject); }
bool replayed(const Sample& s) { return s.observation.kind.rfind("replayed ", 0) == 0; }

template <class Wanted>
const Wanted* op_of(const Sample& s) {
  const KernelCase* k = kernel(s);
  return k == nullptr || replayed(s) ? nullptr : std::get_if<Wanted>(&k->op);
}
template <class... Wanted>
bool is_one(const Sample& s) {
  return ((op_of<Wanted>(s) != nullptr) || ...);
}

const Numerics& numerics(const Sample& s) { return std::get<Numerics>(kernel(s)->numerics); }
bool tensor(const Sample& s) { return numerics(s).path == Path::tensor_core; }
bool single(const Sample& s) { return !tensor(s) && numerics(s).storage == NumberFormat::fp32; }
bool sustained(const Sample& s) {
  return kernel(s) != nullptr && kernel(s)->timing == Timing::recorded && !replayed(s);
}

std::string shape(const Sample& s) {
  const KernelCase* k = kernel(s);
  return k == nullptr ? s.observation.kind : op_text(k->op, k->channels_last);
}

double off(const StageRow& row, const Calibration& c) {
  const Prediction p = row.time(c);
  return p ? std::log(*row.sample->observation.measured / p->seconds) : std::nan("");
}

/// A property or a figure of the hardware.
void add_figure(BoardFigures& figures, const Reading& r) {
  const auto at = [&](const char* name) { return r.header.at(name); };
  const std::string subject(r.row.text(at("case")));
  const std::string_view state = r.row.text(at("state"));
  if (r.row.text(at("section")) == "board") {
    figures.properties[subject] = r.row.text(at("value"));
  } else if ((state == "ok" || state == "noisy") && r.row.text(at("unit")) != "ms") {
    figures.values[subject].push_back(r.row.number(at("value")));
  }
}

/// Empirical 10 % and 90 % quantiles at split conformal's ranks.
Residual residual(std::vector<double> logs) {
  std::sort(logs.begin(), logs.end());
  const auto n = static_cast<double>(logs.size());
  const auto rank = static_cast<std::size_t>(std::min(n, std::ceil(0.9 * (n + 1)))) - 1;
  return {std::min(1.0, std::exp(logs[logs.size() - 1 - rank])), std::max(1.0, std::exp(logs[rank])),
          static_cast<int>(logs.size())};
}

}  // namespace

bool held_back(const Sample& s) {
  std::uint64_t hash = 1469598103934665603ull;  // FNV-1a, folded: its low bits alone are poor
  for (const char ch : shape(s)) hash = (hash ^ static_cast<unsigned char>(ch)) * 1099511628211ull;
  hash ^= hash >> 32;
  return hash % 3 == 0;
}

const std::vector<Stage>& board_stages() {
  static const std::vector<Stage> list{
      {"streams",
       {C::memory_hbm, C::memory_hbm_late, C::memory_hbm_pascal, C::memory_gddr, C::memory_gddr_pascal,
        C::memory_gddr_ecc, C::memory_lpddr, C::memory_ramp_us, C::memory_l2_bytes_per_clock,
        C::memory_l2_resident, C::memory_function_cycles, C::memory_overlap},
       [](const Sample& s) {
         const auto* copy = op_of<Copy>(s);
         return is_one<Pointwise, OptimizerStep>(s) || (copy != nullptr && !copy->transposing);
       }},
      {"row kernels",
       {C::rowwise_miss_start, C::rowwise_delay_us, C::rowwise_efficiency, C::rowwise_reread_cost},
       is_one<Rowwise>},
      {"norms and layout",
       {C::batch_norm_efficiency, C::batch_norm_channel_bytes, C::copy_transposing, C::scatter_efficiency},
       [](const Sample& s) { return is_one<BatchNorm, Embedding, Copy>(s); }},
      {"products",
       {C::gemm_issue, C::gemm_feed_overlap, C::gemm_sliced, C::gemm_saturating_warps, C::gemm_block_cycles,
        C::gemm_ragged_rows, C::gemm_far_pages, C::gemm_far_pages_pascal, C::gemm_far_row_cycles,
        C::gemm_far_row_cycles_pascal, C::gemm_far_reach, C::gemm_operand_reuse, C::gemm_dram_efficiency,
        C::gemm_epilogue, C::gemm_overlap, C::gemm_overlap_two_warps},
       [](const Sample& s) { return is_one<Gemm>(s) && single(s) && !sustained(s); }},
      {"tensor-core products",
       {C::gemm_tensor_feed_overlap, C::gemm_tensor_async_overlap, C::gemm_tensor_operands,
        C::gemm_tensor_misaligned, C::gemm_tensor_saturating_warps, C::gemm_tensor_block_cycles,
        C::gemm_weight_stream, C::power_boost_reach},
       [](const Sample& s) { return is_one<Gemm>(s) && tensor(s) && !sustained(s); }},
      {"power",
       {C::power_static_fraction, C::power_static_per_area, C::power_picojoules_per_flop,
        C::power_voltage_slope, C::power_voltage_slope_fine, C::power_tensor_ratio, C::power_energy_5nm},
       [](const Sample& s) { return is_one<Gemm>(s) && sustained(s); }},
      {"convolutions",
       {C::conv_implicit, C::conv_gather, C::conv_addressing, C::conv_saturating_warps, C::conv_block_cycles,
        C::conv_winograd, C::conv_winograd_filters, C::conv_winograd_taps, C::conv_winograd_products,
        C::conv_winograd_transforms, C::conv_backward_data, C::conv_backward_filter,
        C::conv_backward_filter_warps, C::conv_backward_filter_cycles, C::conv_columns,
        C::conv_column_scatter},
       [](const Sample& s) { return is_one<Conv2d>(s) && single(s); }},
      {"tensor-core convolutions",
       {C::conv_tensor_feed},
       [](const Sample& s) { return is_one<Conv2d>(s) && tensor(s); }},
  };
  return list;
}

BoardCalibration calibrate_board(const BoardRows& board, const Gpu& gpu, const Calibration& start,
                                 const std::function<void(const StageReport&)>& progress) {
  BoardCalibration result;
  result.calibration = start;
  result.measured = set_measured_constants(board.figures, gpu, result.calibration);
  std::vector<StageRow> rows;
  for (const Sample& s : board.samples) rows.push_back({&s, roofcast_model(s.observation, *s.gpu)});
  for (const Stage& stage : board_stages()) {
    StageRows fitted{&stage, {}};
    for (const StageRow& row : rows) {
      if (kernel(*row.sample) != nullptr && !held_back(*row.sample) && stage.uses(*row.sample))
        fitted.rows.push_back(row);
    }
    result.stages.push_back(fit_stage(fitted, result.calibration, &start));
    if (progress) progress(result.stages.back());
  }

  std::map<KernelKind, std::vector<double>> logs;
  const auto add = [](HeldBackError& e, double before, double after) {
    ++e.rows;
    e.before_pct += 100 * std::abs(std::exp(-before) - 1);
    e.after_pct += 100 * std::abs(std::exp(-after) - 1);
  };
  for (const StageRow& row : rows) {
    const KernelCase* k = kernel(*row.sample);
    if (k != nullptr && (replayed(*row.sample) || !held_back(*row.sample))) continue;
    const double before = off(row, start), after = off(row, result.calibration);
    if (!std::isfinite(before) || !std::isfinite(after)) continue;
    add(result.by_kind[row.sample->observation.kind], before, after);
    add(k != nullptr ? result.kernels : result.steps, before, after);
    if (k != nullptr) logs[kind(k->op)].push_back(after);
  }
  const auto average = [](HeldBackError& e) {
    const auto n = static_cast<double>(std::max<std::size_t>(1, e.rows));
    e.before_pct /= n;
    e.after_pct /= n;
  };
  for (auto& [kind, e] : result.by_kind) average(e);
  average(result.kernels);
  average(result.steps);
  for (auto& [kind, list] : logs) {
    if (static_cast<int>(list.size()) >= kLeastRows)
      result.calibration.kernel_residuals[kind] = residual(std::move(list));
  }
  return result;
}

BoardRows read_board(const std::string& path, const BoardLookup& boards, Gpu& gpu) {
  BoardRows rows;
  std::string device;
  const Profiles none;
  read_measurements({path}, {}, boards, none, [&](const Reading& r) {
    if (r.layout.name != kLayout) throw InputError(path, 1, 0, "not a file of roofcast measure");
    if (r.gpu == nullptr) throw InputError(path, r.row.line(), 0, "unknown board " + r.observation.device);
    if (!device.empty() && device != r.gpu->slug)
      throw InputError(path, r.row.line(), 0,
                       "rows of two boards, " + device + " and " + r.gpu->slug + ": a calibration is of one");
    device = r.gpu->slug;
    gpu = *r.gpu;
    if (std::holds_alternative<Unmodelled>(r.observation.subject)) {
      add_figure(rows.figures, r);
    } else if (r.observation.measured) {
      rows.samples.push_back({std::string(kLayout), r.observation, &gpu});
    }
  });
  return rows;
}

}  // namespace roofcast
