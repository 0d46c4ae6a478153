// Contradictions between the figures of one board.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/check_gpu.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "model/gpu/throughput.h"

namespace roofcast {
namespace {

/// Fastest shipped, Gbit/s per pin (JEDEC standards and product pages). A new memory is held to the widest limit.
double fastest_pin(std::string_view memory_type) {
  struct Limit {
    std::string_view type;
    double gbit;
  };
  constexpr Limit kLimits[] = {{"GDDR5", 9},   {"GDDR5X", 12},   {"GDDR6", 20},   {"GDDR6X", 24},
                               {"GDDR7", 36},  {"HBM2", 2.5},    {"HBM2e", 3.7},  {"HBM3", 6.5},
                               {"HBM3e", 9.8}, {"LPDDR4x", 4.3}, {"LPDDR5", 6.4}, {"LPDDR5X", 10.7}};
  for (const Limit& limit : kLimits) {
    if (limit.type == memory_type) return limit.gbit;
  }
  return 64;
}

// No driver is known to pass the clock that the vendor lists by more than a tenth.
constexpr double kDriverOverBoost = 1.25;

void check_clocks(const Gpu& gpu, const TomlTable& table) {
  if (gpu.base_clock && *gpu.base_clock > gpu.boost_clock) {
    table.fail("base_clock_mhz", fmt::format("base_clock_mhz = {:g} is above boost_clock_mhz = {:g}",
                                             in_megahertz(*gpu.base_clock), in_megahertz(gpu.boost_clock)));
  }
  if (gpu.application_clock && *gpu.application_clock > gpu.boost_clock * kDriverOverBoost) {
    table.fail("application_clock_mhz",
               fmt::format("application_clock_mhz = {:g} is more than a quarter above boost_clock_mhz = {:g}",
                           in_megahertz(*gpu.application_clock), in_megahertz(gpu.boost_clock)));
  }
  if (gpu.tensor_peak_clock && *gpu.tensor_peak_clock > gpu.boost_clock) {
    table.fail("tensor_peak_clock_mhz",
               fmt::format("tensor_peak_clock_mhz = {:g} is above boost_clock_mhz = {:g}",
                           in_megahertz(*gpu.tensor_peak_clock), in_megahertz(gpu.boost_clock)));
  }
}

/// Twice the fastest pin leaves room for what-if boards and still catches Gbit/s or TB/s entered as GB/s.
void check_memory(const Gpu& gpu, const TomlTable& table) {
  const double pin = in_gigabytes_per_second(gpu.memory_bandwidth) * 8 / gpu.memory_bus_bits;
  const double fastest = fastest_pin(gpu.memory_type);
  const bool known = fastest < 64;
  if (pin > 2 * fastest || (known && pin < fastest / 20)) {
    table.fail(
        "memory_bandwidth_gbps",
        fmt::format(
            "memory_bandwidth_gbps = {:g} over {} bits is {:.3g} Gbit/s per pin; {} ships with up to {:g}",
            in_gigabytes_per_second(gpu.memory_bandwidth), gpu.memory_bus_bits, pin, gpu.memory_type,
            fastest));
  }
  if (gpu.l2 >= gpu.memory) {
    table.fail("l2_mib", fmt::format("l2_mib = {:g} is not below memory_gib = {:g}", in_mebibytes(gpu.l2),
                                     in_gibibytes(gpu.memory)));
  }
}

void check_rates(const Gpu& gpu, const TomlTable& table) {
  const Rate* fp32 = find_rate(gpu, Path::cuda_core, NumberFormat::fp32, NumberFormat::fp32);
  if (fp32 == nullptr) table.fail("family", "no cuda_core rate for fp32 -> fp32");
  if (fp32->ops_per_clock_per_sm != 2.0 * gpu.fp32_lanes_per_sm) {
    table.fail(
        "fp32_lanes_per_sm",
        fmt::format(
            "fp32_lanes_per_sm = {} makes {} operations per clock, but the rate of fp32 -> fp32 is {:g}",
            gpu.fp32_lanes_per_sm, 2 * gpu.fp32_lanes_per_sm, fp32->ops_per_clock_per_sm));
  }
  for (const Rate& rate : gpu.rates) {
    if (rate.path == Path::cuda_core && rate.sparse_multiplier != 1) {
      table.fail("cuda_core", fmt::format("cuda_core {} -> {}: 2:4 sparsity belongs to tensor cores",
                                          name(rate.input), name(rate.accumulate)));
    }
  }
}

void check_tensor_cores(const Gpu& gpu, const TomlTable& table) {
  const bool has = gpu.tensor_cores_per_sm > 0;
  if (has && !gpu.tensor_core_generation) {
    table.fail("tensor_cores_per_sm", "tensor_cores_per_sm is given, but tensor_core_generation is missing");
  }
  if (!has && gpu.tensor_core_generation) {
    table.fail("tensor_core_generation", "tensor_core_generation is given, but tensor_cores_per_sm is 0");
  }
  const bool rated = std::any_of(gpu.rates.begin(), gpu.rates.end(), [](const Rate& rate) {
    return rate.path == Path::tensor_core && rate.ops_per_clock_per_sm > 0;
  });
  if (has && !rated)
    table.fail("tensor_cores_per_sm", "there are tensor cores, but no tensor_core rate above 0");
  if (!has && rated)
    table.fail("tensor_cores_per_sm", "tensor_core rates are given, but tensor_cores_per_sm is 0");
}

void check_link(const Gpu& gpu, const TomlTable& table) {
  if (gpu.integrated()) return;
  const std::string& text = gpu.pcie;
  const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '1' && text[i] <= '9'; };
  const bool version = digit(0) && text.compare(1, 4, ".0 x") == 0;
  const std::string lanes = version ? text.substr(5) : "";
  if (lanes != "1" && lanes != "2" && lanes != "4" && lanes != "8" && lanes != "16") {
    table.fail("pcie", fmt::format("pcie = \"{}\": \"integrated\" or one like \"4.0 x16\" is needed", text));
  }
}

}  // namespace

void check_gpu(const Gpu& gpu, const TomlTable& table) {
  check_clocks(gpu, table);
  check_memory(gpu, table);
  check_rates(gpu, table);
  check_tensor_cores(gpu, table);
  check_link(gpu, table);
}

}  // namespace roofcast
