// Sustained clocks of representative work.
// SPDX-License-Identifier: Apache-2.0
#include "cli/gpu_clock.h"

#include <fmt/format.h>

#include "cli/format.h"
#include "model/gpu/throughput.h"
#include "model/kernels/estimate.h"

namespace roofcast::cli {
namespace {

constexpr std::int64_t kSide = 8192;  // compute-bound on every board of the base

Kernel square_product(const Numerics& numerics) {
  Kernel kernel;
  kernel.name = "gemm";
  kernel.op = Gemm{1, kSide, kSide, kSide};
  kernel.numerics = numerics;
  return kernel;
}

std::string reason(const Gpu& gpu, Hertz clock) {
  constexpr double slack = 1e-3;
  if (gpu.application_clock && clock >= *gpu.application_clock * (1 - slack))
    return "the driver's highest clock: power stays within " + text(gpu.tdp);
  if (clock > gpu.boost_clock * (1 + slack))
    return "above the listed boost clock: power stays within " + text(gpu.tdp);
  if (clock >= gpu.boost_clock * (1 - slack)) return "the boost clock: power stays within " + text(gpu.tdp);
  if (gpu.base_clock && clock <= *gpu.base_clock * (1 + slack)) {
    return fmt::format("the base clock, which the vendor guarantees at {}", text(gpu.tdp));
  }
  return fmt::format("held below the boost clock by the {} limit", text(gpu.tdp));
}

KeptClock keep(const Gpu& gpu, const Calibration& calibration, std::string work, const Numerics& numerics) {
  const Estimate result = estimate(square_product(numerics), gpu, calibration);
  return {std::move(work), result.clock, result.power, reason(gpu, result.clock)};
}

}  // namespace

std::vector<KeptClock> kept_clocks(const Gpu& gpu, const Calibration& calibration) {
  using enum NumberFormat;
  std::vector<KeptClock> clocks;
  clocks.push_back(keep(gpu, calibration, "FP32 GEMM", {fp32, fp32, fp32, Path::cuda_core}));
  if (find_rate(gpu, Path::tensor_core, fp16, fp32) != nullptr) {
    clocks.push_back(keep(gpu, calibration, "FP16 tensor GEMM", {fp16, fp16, fp32, Path::tensor_core}));
  }
  return clocks;
}

}  // namespace roofcast::cli
