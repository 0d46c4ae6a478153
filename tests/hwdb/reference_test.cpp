// The base against the reference tables that lie beside the sources, where they do.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <iterator>
#include <set>

#include "hwdb/hwdb.h"
#include "tests/hwdb/csv.h"

using namespace roofcast;
using roofcast::test::read_csv;
using roofcast::test::Row;

namespace {

const std::filesystem::path kReference =
    std::filesystem::path(ROOFCAST_SOURCE_DIR).parent_path() / "shared" / "reference";

bool absent() {
  if (std::filesystem::is_directory(kReference)) return false;
  MESSAGE("skipped: " << kReference.string() << " is absent");
  return true;
}

const Hwdb& base() {
  static const Hwdb hwdb = Hwdb::embedded();
  return hwdb;
}

struct Figure {
  const char* column;
  std::optional<double> (*value)(const Gpu&);
};

constexpr Figure kFigures[] = {
    {"process_nm", [](const Gpu& g) { return std::optional(g.process_nm); }},
    {"year", [](const Gpu& g) { return std::optional<double>(g.year); }},
    {"sm_count", [](const Gpu& g) { return std::optional<double>(g.sm_count); }},
    {"fp32_lanes_per_sm", [](const Gpu& g) { return std::optional<double>(g.fp32_lanes_per_sm); }},
    {"tensor_cores_per_sm", [](const Gpu& g) { return std::optional<double>(g.tensor_cores_per_sm); }},
    {"tensor_core_generation",
     [](const Gpu& g) -> std::optional<double> { return g.tensor_core_generation; }},
    {"base_clock_mhz",
     [](const Gpu& g) { return g.base_clock ? std::optional(in_megahertz(*g.base_clock)) : std::nullopt; }},
    {"boost_clock_mhz", [](const Gpu& g) { return std::optional(in_megahertz(g.boost_clock)); }},
    {"memory_gib", [](const Gpu& g) { return std::optional(in_gibibytes(g.memory)); }},
    {"memory_bus_bits", [](const Gpu& g) { return std::optional<double>(g.memory_bus_bits); }},
    {"memory_bandwidth_gbps",
     [](const Gpu& g) { return std::optional(in_gigabytes_per_second(g.memory_bandwidth)); }},
    {"l2_mib", [](const Gpu& g) { return std::optional(in_mebibytes(g.l2)); }},
    {"shared_mem_per_sm_kib",
     [](const Gpu& g) { return std::optional(in_kibibytes(g.shared_memory_per_sm)); }},
    {"registers_per_sm_kib", [](const Gpu& g) { return std::optional(in_kibibytes(g.registers_per_sm)); }},
    {"max_threads_per_sm", [](const Gpu& g) { return std::optional<double>(g.max_threads_per_sm); }},
    {"max_blocks_per_sm", [](const Gpu& g) -> std::optional<double> { return g.max_blocks_per_sm; }},
    {"nvlink_gbps_total",
     [](const Gpu& g) {
       return g.nvlink ? std::optional(in_gigabytes_per_second(*g.nvlink)) : std::nullopt;
     }},
    {"tdp_w", [](const Gpu& g) { return std::optional(g.tdp.value); }},
    {"launch_price_usd",
     [](const Gpu& g) { return g.launch_price ? std::optional(g.launch_price->value) : std::nullopt; }},
};

/// Figures that the base corrects, each with a note on the board.
const std::set<std::pair<std::string, std::string>> kCorrected = {
    {"jetson-orin-nx-16gb", "l2_mib"}, {"jetson-agx-orin-32gb", "l2_mib"}, {"a16", "tdp_w"}};

bool close(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)); }

}  // namespace

TEST_CASE("every board of the reference has the same figures in the base") {
  if (absent()) return;
  const auto rows = read_csv(kReference / "hardware" / "gpus.csv");
  CHECK(rows.size() >= 107);
  for (const Row& row : rows) {
    CAPTURE(row.at("slug"));
    const Gpu* gpu = base().find(row.at("slug"));
    REQUIRE(gpu != nullptr);
    for (const char* column :
         {"vendor", "architecture", "chip", "compute_capability", "family", "foundry", "memory_type"}) {
      CAPTURE(column);
      const std::map<std::string, std::string> ours{{"vendor", gpu->vendor},
                                                    {"architecture", gpu->architecture},
                                                    {"chip", gpu->chip},
                                                    {"compute_capability", gpu->compute_capability},
                                                    {"family", gpu->family},
                                                    {"foundry", gpu->foundry},
                                                    {"memory_type", gpu->memory_type}};
      CHECK(ours.at(column) == row.at(column));
    }
    for (const Figure& figure : kFigures) {
      CAPTURE(figure.column);
      const std::string& text = row.at(figure.column);
      const auto ours = figure.value(*gpu);
      if (kCorrected.contains({row.at("slug"), figure.column})) {
        CHECK_FALSE(close(*ours, std::stod(text)));
      } else if (text.empty()) {
        CHECK_FALSE(ours);
      } else {
        REQUIRE(ours);
        CHECK(close(*ours, std::stod(text)));
      }
    }
  }
}

TEST_CASE("every rate of the reference is the rate of the boards of its family") {
  if (absent()) return;
  const auto rows = read_csv(kReference / "hardware" / "throughput.csv");
  CHECK(rows.size() == 206);
  for (const Row& row : rows) {
    const Path path = row.at("path") == "cuda_core" ? Path::cuda_core : Path::tensor_core;
    const auto input = parse_number_format(row.at("input_type"));
    REQUIRE(input);
    for (const Gpu& gpu : base().gpus()) {
      if (gpu.family != row.at("family") || gpu.slug == "l40")
        continue;  // the L40 is the exception to its family
      const double ops = std::stod(row.at("dense_ops_per_clk_per_sm"));
      bool found = false;
      for (const Rate& rate : gpu.rates) {
        if (rate.path != path || rate.input != *input) continue;
        const bool same_sum = parse_number_format(row.at("accumulate_type")) == rate.accumulate;
        if (!same_sum && row.at("accumulate_type") != "-") continue;
        found = found ||
                (rate.ops_per_clock_per_sm == ops &&
                 rate.sparse_multiplier == std::stod(row.at("sparse_multiplier")) && !rate.source.empty());
      }
      CAPTURE(gpu.slug);
      CAPTURE(row.at("path"));
      CAPTURE(row.at("input_type"));
      CHECK(found);
    }
  }
}

TEST_CASE("every published peak of the reference agrees or carries an exception") {
  if (absent()) return;
  Hwdb with = base();
  with.add_published_peaks();
  const auto rows = read_csv(kReference / "hardware" / "published_peaks.csv");
  CHECK(rows.size() == 183);
  for (const Row& row : rows) {
    CAPTURE(row.at("slug"));
    CAPTURE(row.at("path"));
    CAPTURE(row.at("input_type"));
    CAPTURE(row.at("accumulate_type"));
    const Gpu* gpu = with.find(row.at("slug"));
    REQUIRE(gpu != nullptr);
    const PublishedPeak* claim = nullptr;
    for (const PublishedPeak& peak : with.published_peaks()) {
      if (peak.slug == row.at("slug") && name(peak.path) == row.at("path") &&
          name(peak.input) == row.at("input_type") && name(peak.accumulate) == row.at("accumulate_type")) {
        claim = &peak;
      }
    }
    REQUIRE(claim != nullptr);
    const auto same = [](const std::optional<FlopsPerSecond>& ours, const std::string& text) {
      return text.empty() ? !ours : ours && close(in_teraflops(*ours), std::stod(text));
    };
    CHECK(same(claim->dense, row.at("published_dense")));
    CHECK(same(claim->sparse, row.at("published_sparse")));
    for (const PeakComparison& comparison : compare(*gpu, *claim)) {
      REQUIRE(comparison.computed);
      CHECK(comparison.verdict != PeakVerdict::contradicts);
      CHECK(in_megahertz(comparison.computed->clock) ==
            doctest::Approx(std::stod(row.at("clock_mhz"))).epsilon(1e-9));
    }
  }
}

TEST_CASE("every device name of the reference resolves") {
  if (absent()) return;
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kReference)) {
    if (entry.path().extension() != ".csv") continue;
    std::ifstream in(entry.path());
    std::string line;
    std::getline(in, line);
    const auto header = test::fields(line);
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (header[i] != "device" && header[i] != "gpu" && header[i] != "slug" && header[i] != "alias")
        continue;
      std::ifstream again(entry.path());
      std::getline(again, line);
      while (std::getline(again, line)) {
        const auto cells = test::fields(line);
        if (cells.size() == header.size()) names.insert(cells[i]);
      }
    }
  }
  CHECK(names.size() > 100);
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK_NOTHROW(base().resolve(name));
  }
}

TEST_CASE("every alias of the reference stands for the same board") {
  if (absent()) return;
  for (const Row& row : read_csv(kReference / "hardware" / "aliases.csv")) {
    CAPTURE(row.at("alias"));
    CHECK(base().resolve(row.at("alias")).gpu.slug == row.at("slug"));
  }
}
