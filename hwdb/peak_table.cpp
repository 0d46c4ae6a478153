// Reading published peaks.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/peak_table.h"

#include <fmt/format.h>

#include "hwdb/rate_table.h"

namespace roofcast {
namespace {

constexpr double kMostTera = 1e9;

/// Integer figures are TOPS, the others TFLOPS: a figure under the wrong unit is an unknown key.
LocatedPeak read_peak(const TomlTable& entry, const std::string& slug, Path path,
                      std::pair<NumberFormat, NumberFormat> formats) {
  const bool integer = is_integer(formats.first);
  const std::string_view dense = integer ? "dense_tops" : "dense_tflops";
  const std::string_view sparse = integer ? "sparse_tops" : "sparse_tflops";
  const std::string_view known[] = {dense, sparse, "clock_mhz", "source", "basis", "note", "exception"};
  entry.allow(known);
  PublishedPeak peak;
  peak.slug = slug;
  peak.path = path;
  peak.input = formats.first;
  peak.accumulate = formats.second;
  if (entry.has(dense)) peak.dense = teraflops(entry.number(dense, 1e-6, kMostTera));
  if (entry.has(sparse)) peak.sparse = teraflops(entry.number(sparse, 1e-6, kMostTera));
  if (!peak.dense && !peak.sparse) entry.fail("", fmt::format("{} or {} is missing", dense, sparse));
  if (entry.has("clock_mhz")) peak.clock = megahertz(entry.number("clock_mhz", 50, 10000, "MHz"));
  peak.source = entry.text("source");
  if (entry.has("basis")) peak.basis = entry.text("basis");
  if (entry.has("note")) peak.note = entry.text("note");
  if (entry.has("exception")) peak.exception = entry.text("exception");
  return {peak, entry};
}

}  // namespace

std::vector<LocatedPeak> read_peaks(const TomlTable& claims, const std::string& slug) {
  constexpr std::string_view known[] = {"cuda_core", "tensor_core"};
  claims.allow(known);
  std::vector<LocatedPeak> peaks;
  for (const Path path : {Path::cuda_core, Path::tensor_core}) {
    if (!claims.has(name(path))) continue;
    const std::string where = fmt::format("{}: {}", slug, name(path));
    const TomlTable table = claims.table(name(path), where);
    for (const std::string& key : table.keys()) {
      peaks.push_back(read_peak(table.table(key, where + " " + key), slug, path, read_formats(table, key)));
    }
  }
  return peaks;
}

}  // namespace roofcast
