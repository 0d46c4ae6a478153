// Boards as JSON objects.
// SPDX-License-Identifier: Apache-2.0
#include "cli/gpu_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace roofcast::cli {
namespace {

using nlohmann::ordered_json;

template <class T, class Convert>
ordered_json known(const std::optional<T>& value, Convert convert) {
  return value ? ordered_json(tidy(convert(*value))) : ordered_json(nullptr);
}

double itself(double value) { return value; }

ordered_json whole(const std::optional<int>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

}  // namespace

double tidy(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 11);
  return unit >= 1 ? std::round(value / unit) * unit : std::round(value / unit) / std::round(1 / unit);
}

std::string plain(double value) { return fmt::format("{}", tidy(value)); }

ordered_json facts_json(const Gpu& gpu) {
  return {{"slug", gpu.slug},
          {"name", gpu.name},
          {"vendor", gpu.vendor},
          {"architecture", gpu.architecture},
          {"chip", gpu.chip},
          {"compute_capability", gpu.compute_capability},
          {"family", gpu.family},
          {"foundry", gpu.foundry},
          {"process_nm", gpu.process_nm},
          {"die_mm2", known(gpu.die_mm2, itself)},
          {"transistors_billion", known(gpu.transistors_billion, itself)},
          {"year", gpu.year},
          {"sm_count", gpu.sm_count},
          {"fp32_lanes_per_sm", gpu.fp32_lanes_per_sm},
          {"cuda_cores", gpu.cuda_cores()},
          {"tensor_cores_per_sm", gpu.tensor_cores_per_sm},
          {"tensor_cores", gpu.tensor_cores_per_sm * gpu.sm_count},
          {"tensor_core_generation", whole(gpu.tensor_core_generation)},
          {"base_clock_mhz", known(gpu.base_clock, in_megahertz)},
          {"boost_clock_mhz", tidy(in_megahertz(gpu.boost_clock))},
          {"opportunistic_boost", gpu.opportunistic_boost},
          {"application_clock_mhz", known(gpu.application_clock, in_megahertz)},
          {"tensor_peak_clock_mhz", known(gpu.tensor_peak_clock, in_megahertz)},
          {"memory_gib", tidy(in_gibibytes(gpu.memory))},
          {"memory_type", gpu.memory_type},
          {"memory_bus_bits", gpu.memory_bus_bits},
          {"memory_bandwidth_gbps", tidy(in_gigabytes_per_second(gpu.memory_bandwidth))},
          {"inline_ecc", gpu.inline_ecc},
          {"l2_mib", tidy(in_mebibytes(gpu.l2))},
          {"l2_bytes_per_sm_clock", known(gpu.l2_per_sm_clock, [](Bytes b) { return b.value; })},
          {"shared_memory_per_sm_kib", tidy(in_kibibytes(gpu.shared_memory_per_sm))},
          {"registers_per_sm_kib", tidy(in_kibibytes(gpu.registers_per_sm))},
          {"max_threads_per_sm", gpu.max_threads_per_sm},
          {"max_blocks_per_sm", whole(gpu.max_blocks_per_sm)},
          {"pcie", gpu.pcie},
          {"nvlink_gbps", known(gpu.nvlink, in_gigabytes_per_second)},
          {"tdp_w", tidy(gpu.tdp.value)},
          {"launch_price_usd", known(gpu.launch_price, [](Dollars price) { return price.value; })}};
}

ordered_json peaks_json(const Gpu& gpu) {
  ordered_json list = ordered_json::array();
  for (const Rate& rate : gpu.rates) {
    const auto dense = peak(gpu, rate.path, rate.input, rate.accumulate);
    if (!dense) continue;
    const auto sparse = peak(gpu, rate.path, rate.input, rate.accumulate, Sparsity::structured_2_4);
    list.push_back(
        {{"path", name(rate.path)},
         {"input", name(rate.input)},
         {"accumulate", name(rate.accumulate)},
         {"unit", is_integer(rate.input) ? "TOP/s" : "TFLOP/s"},
         {"dense", tidy(in_teraflops(dense->value()))},
         {"sparse", sparse ? ordered_json(tidy(in_teraflops(sparse->value()))) : ordered_json(nullptr)},
         {"clock_mhz", tidy(in_megahertz(dense->clock))},
         {"ops_per_clock_per_sm", rate.ops_per_clock_per_sm},
         {"derivation", dense->derivation(gpu)},
         {"ridge_flop_per_byte", tidy(ridge_point(gpu, *dense).value)},
         {"note", rate.note},
         {"source", rate.source}});
  }
  return list;
}

}  // namespace roofcast::cli
