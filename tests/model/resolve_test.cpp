// Which path each precision takes on each generation, and what is said when the hardware lacks it.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "model/graph/lower.h"
#include "tests/model/boards.h"

using namespace roofcast;
using roofcast::testing::board;
using enum NumberFormat;

namespace {

struct Answer {
  Numerics numerics;
  std::string remark;
};
Answer ask(Precision precision, bool convolution, const char* slug) {
  Answer a;
  a.numerics = resolve_product(precision, convolution, board(slug), &a.remark);
  return a;
}

constexpr Numerics kFp32{fp32, fp32, fp32, Path::cuda_core};
constexpr Numerics kTf32{fp32, tf32, fp32, Path::tensor_core};

}  // namespace

TEST_CASE("by default an A100 runs convolutions in TF32 and matmul in FP32, as eager PyTorch does") {
  CHECK(ask(Precision::fp32, true, "a100-pcie-40gb").numerics == kTf32);
  CHECK(ask(Precision::fp32, false, "a100-pcie-40gb").numerics == kFp32);
  CHECK(ask(Precision::fp32, true, "a100-pcie-40gb").remark.empty());
  CHECK(ask(Precision::fp32_strict, true, "a100-pcie-40gb").numerics == kFp32);
  CHECK(ask(Precision::tf32, false, "a100-pcie-40gb").numerics == kTf32);
}

TEST_CASE("TF32 on Volta is FP32 with a remark, and FP32 says nothing") {
  CHECK(ask(Precision::tf32, false, "v100-sxm2-16gb").numerics == kFp32);
  CHECK(ask(Precision::tf32, false, "v100-sxm2-16gb").remark ==
        board("v100-sxm2-16gb").name + " has no TF32: FP32 instead");
  CHECK(ask(Precision::fp32, true, "v100-sxm2-16gb").remark.empty());
}

TEST_CASE("where TF32 is no faster than FP32, convolutions stay in FP32") {
  CHECK(ask(Precision::fp32, true, "rtx-3090").numerics == kFp32);
  CHECK(ask(Precision::tf32, true, "rtx-3090").numerics == kFp32);
  CHECK_FALSE(ask(Precision::tf32, true, "rtx-3090").remark.empty());
  CHECK(ask(Precision::tf32, false, "rtx-3090").numerics == kTf32);
}

TEST_CASE("mixed precision takes tensor cores on a T4 and only saves memory on a P4000") {
  CHECK(ask(Precision::amp_fp16, true, "tesla-t4").numerics == Numerics{fp16, fp16, fp32, Path::tensor_core});
  const Answer p4000 = ask(Precision::amp_fp16, true, "quadro-p4000");
  CHECK(p4000.numerics == Numerics{fp16, fp32, fp32, Path::cuda_core});
  CHECK(p4000.remark ==
        "Quadro P4000 has no tensor cores for FP16: FP16 in memory, FP32 arithmetic, so less traffic but no "
        "faster products");
}

TEST_CASE("BF16 before Ampere is FP32 arithmetic") {
  CHECK(ask(Precision::amp_bf16, false, "tesla-t4").numerics == Numerics{bf16, fp32, fp32, Path::cuda_core});
  CHECK_FALSE(ask(Precision::bf16, false, "tesla-t4").remark.empty());
  CHECK(ask(Precision::amp_bf16, false, "rtx-3060-12gb").numerics ==
        Numerics{bf16, bf16, fp32, Path::tensor_core});
}

TEST_CASE("FP8 needs Ada or later, convolutions fall back to BF16") {
  CHECK(ask(Precision::fp8, false, "rtx-4060-ti-16gb").numerics ==
        Numerics{fp8, fp8, fp32, Path::tensor_core});
  CHECK(ask(Precision::fp8, true, "rtx-4060-ti-16gb").numerics ==
        Numerics{bf16, bf16, fp32, Path::tensor_core});
  for (const char* slug : {"quadro-p4000", "rtx-3060-12gb", "a100-pcie-40gb"}) {
    CHECK_THROWS_WITH_AS(ask(Precision::fp8, false, slug), doctest::Contains("no FP8 on this board"),
                         std::domain_error);
    CHECK_THROWS_AS(ask(Precision::fp8, true, slug), std::domain_error);
  }
}

TEST_CASE("INT8 takes tensor cores, DP4A, or is refused") {
  CHECK(ask(Precision::int8, true, "tesla-t4").numerics == Numerics{int8, int8, int32, Path::tensor_core});
  const Answer p4000 = ask(Precision::int8, true, "quadro-p4000");
  CHECK(p4000.numerics == Numerics{int8, int8, int32, Path::cuda_core});
  CHECK(p4000.remark.find("DP4A") != std::string::npos);
  CHECK_THROWS_WITH_AS(ask(Precision::int8, true, "tesla-p100-pcie-16gb"),
                       doctest::Contains("use fp16 or fp32"), std::domain_error);
}

TEST_CASE("every precision on every board resolves to a rate the board has, or is refused in words") {
  for (const Gpu& gpu : roofcast::testing::base().gpus()) {
    for (const Precision precision : all_precisions()) {
      for (const bool convolution : {false, true}) {
        try {
          const Numerics n = resolve_product(precision, convolution, gpu, nullptr);
          bool found = false;
          for (const Rate& rate : gpu.rates) {
            found = found || (rate.path == n.path && rate.input == n.math &&
                              rate.accumulate == n.accumulate && rate.ops_per_clock_per_sm > 0);
          }
          INFO(gpu.slug << " " << name(precision));
          CHECK(found);
        } catch (const std::domain_error& e) {
          CHECK(std::string(e.what()).find("use ") != std::string::npos);
        }
      }
    }
  }
}
