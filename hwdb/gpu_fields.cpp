// One line per figure: key, whether it is needed, and how it is read. Bounds catch slips of unit (GHz for MHz).
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/gpu_fields.h"

#include <fmt/format.h>

namespace roofcast {
namespace {

enum class Owner { family, board };  // a family's figures hold for its boards unless one gives its own

struct Field {
  std::string_view key;
  Owner owner;
  bool needed;
  void (*read)(Gpu&, const TomlTable&);
};

using G = Gpu;
using T = TomlTable;
constexpr Field kFields[] = {
    {"vendor", Owner::family, true, [](G& g, const T& t) { g.vendor = t.text("vendor"); }},
    {"architecture", Owner::family, true, [](G& g, const T& t) { g.architecture = t.text("architecture"); }},
    {"compute_capability", Owner::family, true,
     [](G& g, const T& t) { g.compute_capability = t.text("compute_capability"); }},
    {"foundry", Owner::family, true, [](G& g, const T& t) { g.foundry = t.text("foundry"); }},
    {"process_nm", Owner::family, true,
     [](G& g, const T& t) { g.process_nm = t.number("process_nm", 1, 100, "nm"); }},
    {"fp32_lanes_per_sm", Owner::family, true,
     [](G& g, const T& t) { g.fp32_lanes_per_sm = t.whole("fp32_lanes_per_sm", 1, 1024); }},
    {"tensor_cores_per_sm", Owner::family, true,
     [](G& g, const T& t) { g.tensor_cores_per_sm = t.whole("tensor_cores_per_sm", 0, 64); }},
    {"tensor_core_generation", Owner::family, false,
     [](G& g, const T& t) { g.tensor_core_generation = t.whole("tensor_core_generation", 1, 20); }},
    {"shared_memory_per_sm_kib", Owner::family, true,
     [](G& g, const T& t) {
       g.shared_memory_per_sm = kibibytes(t.number("shared_memory_per_sm_kib", 1, 4096, "KiB"));
     }},
    {"shared_memory_bytes_per_clock", Owner::family, false,
     [](G& g, const T& t) {
       g.shared_memory_per_clock = Bytes(t.number("shared_memory_bytes_per_clock", 1, 4096, "bytes"));
     }},
    {"registers_per_sm_kib", Owner::family, true,
     [](G& g, const T& t) {
       g.registers_per_sm = kibibytes(t.number("registers_per_sm_kib", 1, 4096, "KiB"));
     }},
    {"l2_bytes_per_sm_clock", Owner::family, false,
     [](G& g, const T& t) {
       g.l2_per_sm_clock = Bytes(t.number("l2_bytes_per_sm_clock", 1, 1024, "bytes"));
     }},
    {"max_threads_per_sm", Owner::family, true,
     [](G& g, const T& t) { g.max_threads_per_sm = t.whole("max_threads_per_sm", 32, 16384); }},
    {"max_blocks_per_sm", Owner::family, false,
     [](G& g, const T& t) { g.max_blocks_per_sm = t.whole("max_blocks_per_sm", 1, 256); }},
    {"chip", Owner::board, true, [](G& g, const T& t) { g.chip = t.text("chip"); }},
    {"year", Owner::board, true, [](G& g, const T& t) { g.year = t.whole("year", 1999, 2100); }},
    {"die_mm2", Owner::board, false,
     [](G& g, const T& t) { g.die_mm2 = t.number("die_mm2", 10, 100000, "mm²"); }},
    {"transistors_billion", Owner::board, false,
     [](G& g, const T& t) {
       g.transistors_billion = t.number("transistors_billion", 0.1, 100000, "billion");
     }},
    {"sm_count", Owner::board, true, [](G& g, const T& t) { g.sm_count = t.whole("sm_count", 1, 10000); }},
    {"base_clock_mhz", Owner::board, false,
     [](G& g, const T& t) { g.base_clock = megahertz(t.number("base_clock_mhz", 50, 10000, "MHz")); }},
    {"boost_clock_mhz", Owner::board, true,
     [](G& g, const T& t) { g.boost_clock = megahertz(t.number("boost_clock_mhz", 50, 10000, "MHz")); }},
    {"opportunistic_boost", Owner::board, false,
     [](G& g, const T& t) { g.opportunistic_boost = t.flag("opportunistic_boost"); }},
    {"application_clock_mhz", Owner::board, false,
     [](G& g, const T& t) {
       g.application_clock = megahertz(t.number("application_clock_mhz", 50, 10000, "MHz"));
     }},
    {"tensor_peak_clock_mhz", Owner::board, false,
     [](G& g, const T& t) {
       g.tensor_peak_clock = megahertz(t.number("tensor_peak_clock_mhz", 50, 10000, "MHz"));
     }},
    {"memory_gib", Owner::board, true,
     [](G& g, const T& t) { g.memory = gibibytes(t.number("memory_gib", 0.25, 16384, "GiB")); }},
    {"memory_type", Owner::board, true, [](G& g, const T& t) { g.memory_type = t.text("memory_type"); }},
    {"memory_bus_bits", Owner::board, true,
     [](G& g, const T& t) { g.memory_bus_bits = t.whole("memory_bus_bits", 8, 131072); }},
    {"memory_bandwidth_gbps", Owner::board, true,
     [](G& g, const T& t) {
       g.memory_bandwidth = gigabytes_per_second(t.number("memory_bandwidth_gbps", 1, 1e6, "GB/s"));
     }},
    {"inline_ecc", Owner::board, false, [](G& g, const T& t) { g.inline_ecc = t.flag("inline_ecc"); }},
    {"l2_mib", Owner::board, true,
     [](G& g, const T& t) { g.l2 = mebibytes(t.number("l2_mib", 0.0625, 65536, "MiB")); }},
    {"pcie", Owner::board, true, [](G& g, const T& t) { g.pcie = t.text("pcie"); }},
    {"nvlink_gbps", Owner::board, false,  // 0 says that there is none; absent says that it is not known
     [](G& g, const T& t) { g.nvlink = gigabytes_per_second(t.number("nvlink_gbps", 0, 1e5, "GB/s")); }},
    {"tdp_w", Owner::board, true, [](G& g, const T& t) { g.tdp = Watts(t.number("tdp_w", 1, 20000, "W")); }},
    {"launch_price_usd", Owner::board, false,
     [](G& g, const T& t) { g.launch_price = Dollars(t.number("launch_price_usd", 1, 1e7, "dollars")); }},
};

std::vector<std::string_view> keys(bool family_only) {
  std::vector<std::string_view> result;
  for (const Field& field : kFields) {
    if (!family_only || field.owner == Owner::family) result.push_back(field.key);
  }
  return result;
}

}  // namespace

std::set<std::string_view> read_fields(Gpu& gpu, const TomlTable& table) {
  std::set<std::string_view> given;
  for (const Field& field : kFields) {
    if (!table.has(field.key)) continue;
    field.read(gpu, table);
    given.insert(field.key);
  }
  return given;
}

void require_fields(const TomlTable& table, const std::set<std::string_view>& given) {
  for (const Field& field : kFields) {
    if (field.needed && !given.contains(field.key)) table.fail("", fmt::format("{} is missing", field.key));
  }
}

std::vector<std::string_view> field_keys() { return keys(false); }
std::vector<std::string_view> family_field_keys() { return keys(true); }

}  // namespace roofcast
