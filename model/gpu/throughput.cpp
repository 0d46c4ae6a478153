// Peaks and their derivations. Formula: SMs × operations/clock/SM × clock, a fused multiply-add counting two.
// SPDX-License-Identifier: Apache-2.0
#include "model/gpu/throughput.h"

#include <fmt/format.h>

#include <algorithm>

namespace roofcast {
namespace {

/// Three significant digits, all of them above a thousand: "5.30", "25.5", "989", "0.0829", "1979".
std::string three_digits(double value) {
  if (value >= 99.95) return fmt::format("{:.0f}", value);
  return fmt::format("{:#.3g}", value);
}

}  // namespace

std::string_view name(Path path) { return path == Path::cuda_core ? "cuda_core" : "tensor_core"; }

FlopsPerSecond Peak::value() const { return Flops(sm_count * ops_per_clock_per_sm) * clock; }

std::string Peak::derivation(const Gpu& gpu) const {
  const bool lanes = path == Path::cuda_core && input == NumberFormat::fp32 &&
                     ops_per_clock_per_sm == 2.0 * gpu.fp32_lanes_per_sm;
  const std::string units = lanes ? fmt::format("{} cores", sm_count * gpu.fp32_lanes_per_sm)
                                  : fmt::format("{} {} × {:g} op/clock", sm_count,
                                                gpu.vendor == "AMD" ? "CUs" : "SMs", ops_per_clock_per_sm);
  return fmt::format("{} × {:.3f} GHz{} = {} {}", units, in_gigahertz(clock), lanes ? " × 2" : "",
                     three_digits(in_teraflops(value())), is_integer(input) ? "TOP/s" : "TFLOP/s");
}

const Rate* find_rate(const Gpu& gpu, Path path, NumberFormat input, NumberFormat accumulate) {
  const auto found = std::find_if(gpu.rates.begin(), gpu.rates.end(), [&](const Rate& rate) {
    return rate.path == path && rate.input == input && rate.accumulate == accumulate;
  });
  return found == gpu.rates.end() || found->ops_per_clock_per_sm <= 0 ? nullptr : &*found;
}

std::optional<Peak> peak(const Gpu& gpu, Path path, NumberFormat input, NumberFormat accumulate,
                         Sparsity sparsity) {
  const Rate* rate = find_rate(gpu, path, input, accumulate);
  if (rate == nullptr) return std::nullopt;
  const bool sparse = sparsity == Sparsity::structured_2_4;
  if (sparse && rate->sparse_multiplier <= 1) return std::nullopt;
  // Vendors that quote tensor peaks at another clock still quote the FP64 ones at the boost clock (H100: 66.9 TFLOPS).
  const bool tensor_clock = path == Path::tensor_core && input != NumberFormat::fp64;
  return Peak{path,
              input,
              accumulate,
              sparsity,
              gpu.sm_count,
              rate->ops_per_clock_per_sm * (sparse ? rate->sparse_multiplier : 1),
              tensor_clock ? gpu.tensor_peak_clock.value_or(gpu.boost_clock) : gpu.boost_clock};
}

FlopsPerByte ridge_point(const Gpu& gpu, const Peak& peak) { return peak.value() / gpu.memory_bandwidth; }

}  // namespace roofcast
