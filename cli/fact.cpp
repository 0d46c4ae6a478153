// The table of datasheet figures.
// SPDX-License-Identifier: Apache-2.0
#include "cli/fact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace roofcast::cli {
namespace {

constexpr std::array kBandwidthUnits{Unit{"gb/s", 1}, Unit{"tb/s", 1e3}, Unit{"mb/s", 1e-3}};
constexpr std::array kPowerUnits{Unit{"w", 1}, Unit{"kw", 1e3}, Unit{"mw", 1e-3}};
constexpr std::array kMemoryUnits{Unit{"gib", 1}, Unit{"gb", 1}, Unit{"mib", 1.0 / 1024},
                                  Unit{"mb", 1.0 / 1024}};
constexpr std::array kClockUnits{Unit{"mhz", 1}, Unit{"ghz", 1e3}};
constexpr std::array kPriceUnits{Unit{"$", 1}, Unit{"usd", 1}};

std::string datasheet(const Gpu&) { return "datasheet"; }

const std::array kFacts{
    Fact{"bandwidth", "GB/s", kBandwidthUnits, 0.005,
         [](const Gpu& g) { return std::optional(in_gigabytes_per_second(g.memory_bandwidth)); },
         [](const Gpu& g) {
           const double rate = in_gigabytes_per_second(g.memory_bandwidth) * 8 / g.memory_bus_bits;
           return fmt::format("{} bit × {:.3g} Gbit/s / 8 = {:.4g} GB/s", g.memory_bus_bits, rate,
                              in_gigabytes_per_second(g.memory_bandwidth));
         }},
    Fact{"tdp", "W", kPowerUnits, 0.005, [](const Gpu& g) { return std::optional(g.tdp.value); }, datasheet},
    Fact{"memory", "GiB", kMemoryUnits, 0.005,
         [](const Gpu& g) { return std::optional(in_gibibytes(g.memory)); }, datasheet},
    Fact{"cores",
         "",
         {},
         0,
         [](const Gpu& g) { return std::optional<double>(g.cuda_cores()); },
         [](const Gpu& g) {
           return fmt::format("{} SMs × {} lanes = {}", g.sm_count, g.fp32_lanes_per_sm, g.cuda_cores());
         }},
    Fact{"tensor-cores",
         "",
         {},
         0,
         [](const Gpu& g) { return std::optional<double>(g.sm_count * g.tensor_cores_per_sm); },
         [](const Gpu& g) {
           return fmt::format("{} SMs × {} = {}", g.sm_count, g.tensor_cores_per_sm,
                              g.sm_count * g.tensor_cores_per_sm);
         }},
    Fact{"boost", "MHz", kClockUnits, 0.005,
         [](const Gpu& g) { return std::optional(in_megahertz(g.boost_clock)); }, datasheet},
    Fact{"price", "$", kPriceUnits, 0.005,
         [](const Gpu& g) { return g.launch_price ? std::optional(g.launch_price->value) : std::nullopt; },
         [](const Gpu&) { return std::string("launch price"); }}};

}  // namespace

std::span<const Fact> facts() { return kFacts; }

const Fact* find_fact(std::string_view name) {
  const auto at = std::find_if(kFacts.begin(), kFacts.end(), [&](const Fact& f) { return f.name == name; });
  return at == kFacts.end() ? nullptr : &*at;
}

}  // namespace roofcast::cli
