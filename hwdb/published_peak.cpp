// Published against computed.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/published_peak.h"

#include <fmt/format.h>

#include <cmath>

namespace roofcast {
namespace {

constexpr double kTolerance = 0.02;

/// Half a unit of the last digit of the shortest spelling: 0.005 for 0.08, 0.05 for 5.3, 0.5 for 125.
double half_unit(double tera) {
  const std::string text = fmt::format("{:.10g}", tera);
  const std::size_t point = text.find('.');
  if (point == std::string::npos || text.find('e') != std::string::npos) return 0.5;
  return 0.5 * std::pow(10.0, -static_cast<double>(text.size() - point - 1));
}

}  // namespace

std::string_view name(PeakVerdict verdict) {
  switch (verdict) {
    case PeakVerdict::agrees: return "agrees";
    case PeakVerdict::explained: return "explained";
    case PeakVerdict::contradicts: break;
  }
  return "contradicts";
}

bool agrees(FlopsPerSecond published, FlopsPerSecond computed) {
  const double difference = std::abs(in_teraflops(published - computed));
  return difference <= kTolerance * in_teraflops(published) ||
         difference <= half_unit(in_teraflops(published)) + 1e-12;
}

std::vector<PeakComparison> compare(const Gpu& gpu, const PublishedPeak& claim) {
  std::vector<PeakComparison> result;
  for (const Sparsity sparsity : {Sparsity::dense, Sparsity::structured_2_4}) {
    const auto& published = sparsity == Sparsity::dense ? claim.dense : claim.sparse;
    if (!published) continue;
    auto computed = peak(gpu, claim.path, claim.input, claim.accumulate, sparsity);
    if (computed && claim.clock) computed->clock = *claim.clock;
    const bool agreed = computed && agrees(*published, computed->value());
    result.push_back({sparsity, *published, computed,
                      agreed                    ? PeakVerdict::agrees
                      : claim.exception.empty() ? PeakVerdict::contradicts
                                                : PeakVerdict::explained});
  }
  return result;
}

std::string explain(const Gpu& gpu, const PublishedPeak& claim, const PeakComparison& comparison) {
  const bool dense = comparison.sparsity == Sparsity::dense;
  const std::string_view unit = is_integer(claim.input) ? "TOP/s" : "TFLOP/s";
  const std::string says =
      fmt::format("says {} {:g} {}", dense ? "dense" : "sparse", in_teraflops(comparison.published), unit);
  if (!comparison.computed) {
    return fmt::format("{}, but the board has no {}{} rate for {} -> {}", says, dense ? "" : "sparse ",
                       name(claim.path), name(claim.input), name(claim.accumulate));
  }
  const double ratio = comparison.published.value / comparison.computed->value().value;
  const bool doubled = std::abs(ratio - 2) < 0.1;
  return fmt::format("{}, but {}{}", says, comparison.computed->derivation(gpu),
                     !doubled ? ""
                     : dense  ? ": is it the sparse figure?"
                              : ": is sparsity counted twice?");
}

}  // namespace roofcast
