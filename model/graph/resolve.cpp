// Which path and formats a product takes on a GPU, and what to say when it is not what was asked for.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>
#include <stdexcept>

#include "model/gpu/throughput.h"
#include "model/graph/lower.h"

namespace roofcast {
namespace {

using enum NumberFormat;

std::optional<Numerics> on(const Gpu& gpu, Path path, NumberFormat storage, NumberFormat math,
                           NumberFormat accumulate) {
  if (find_rate(gpu, path, math, accumulate) == nullptr) return std::nullopt;
  return Numerics{storage, math, accumulate, path};
}

void say(std::string* remark, std::string text) {
  if (remark != nullptr) *remark = std::move(text);
}

// AMD's matrix cores multiply FP32 operands in full precision and their libraries use them.
Numerics strict(const Gpu& gpu, NumberFormat storage = fp32) {
  return on(gpu, Path::tensor_core, storage, fp32, fp32)
      .value_or(Numerics{storage, fp32, fp32, Path::cuda_core});
}

// Frameworks ask for FP32 accumulation, so packed FP16 arithmetic of CUDA cores (P100, Volta) is not used.
Numerics half(NumberFormat format, const Gpu& gpu, std::string* remark) {
  if (const auto tensor = on(gpu, Path::tensor_core, format, format, fp32)) return *tensor;
  const char* spelled = format == fp16 ? "FP16" : "BF16";
  say(remark, fmt::format("{} has no tensor cores for {}: {} in memory, FP32 arithmetic, so less traffic but "
                          "no faster products",
                          gpu.name, spelled, spelled));
  return strict(gpu, format);
}

/// Where TF32 has no higher rate (GeForce since Ampere), FP32 convolutions are faster: they have Winograd kernels.
bool tf32_is_faster(const Gpu& gpu) {
  const Rate* tensor = find_rate(gpu, Path::tensor_core, tf32, fp32);
  const Rate* lanes = find_rate(gpu, Path::cuda_core, fp32, fp32);
  return tensor != nullptr &&
         (lanes == nullptr || tensor->ops_per_clock_per_sm > lanes->ops_per_clock_per_sm);
}

Numerics with_tf32(bool convolution, const Gpu& gpu, std::string* remark) {
  if (const auto tensor = on(gpu, Path::tensor_core, fp32, tf32, fp32)) {
    if (!convolution || tf32_is_faster(gpu)) return *tensor;
    say(remark, fmt::format("TF32 has the rate of FP32 on {}: convolutions take the library's FP32 kernels",
                            gpu.name));
    return strict(gpu);
  }
  say(remark, fmt::format("{} has no TF32: FP32 instead", gpu.name));
  return strict(gpu);
}

Numerics quarter(bool convolution, const Gpu& gpu, std::string* remark) {
  const auto tensor = on(gpu, Path::tensor_core, fp8, fp8, fp32);
  if (!tensor) {
    throw std::domain_error(
        fmt::format("no FP8 on this board: {} has no tensor cores for it (Ada, Hopper, Blackwell and "
                    "CDNA 3 have); use amp_fp16, amp_bf16 or fp32",
                    gpu.name));
  }
  if (!convolution) return *tensor;
  say(remark, "frameworks run no convolution in FP8: BF16 instead");
  return half(bf16, gpu, nullptr);
}

Numerics quantised(const Gpu& gpu, std::string* remark) {
  if (const auto tensor = on(gpu, Path::tensor_core, int8, int8, int32)) return *tensor;
  if (const auto dp4a = on(gpu, Path::cuda_core, int8, int8, int32)) {
    say(remark,
        fmt::format("{} has no INT8 tensor cores: four-way dot products (DP4A) on its CUDA cores", gpu.name));
    return *dp4a;
  }
  throw std::domain_error(
      fmt::format("no INT8 on this board: {} has neither INT8 tensor cores nor DP4A (compute "
                  "capability 6.1 and later have); use fp16 or fp32",
                  gpu.name));
}

}  // namespace

// Source of the defaults: PyTorch's backends.cudnn.allow_tf32 = True and backends.cuda.matmul.allow_tf32 = False.
Numerics resolve_product(Precision precision, bool convolution, const Gpu& gpu, std::string* remark) {
  switch (precision) {
    case Precision::fp32: return convolution ? with_tf32(true, gpu, nullptr) : strict(gpu);
    case Precision::fp32_strict: return strict(gpu);
    case Precision::tf32: return with_tf32(convolution, gpu, remark);
    case Precision::amp_fp16:
    case Precision::fp16: return half(fp16, gpu, remark);
    case Precision::amp_bf16:
    case Precision::bf16: return half(bf16, gpu, remark);
    case Precision::fp8: return quarter(convolution, gpu, remark);
    case Precision::int8: return quantised(gpu, remark);
  }
  throw std::logic_error("unknown precision");
}

}  // namespace roofcast
