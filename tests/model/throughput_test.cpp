// Peaks and their derivations, by hand.
// SPDX-License-Identifier: Apache-2.0
#include "model/gpu/throughput.h"

#include <doctest/doctest.h>

#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;
using roofcast::testing::base;
using roofcast::testing::board;
using enum NumberFormat;

namespace {

/// Four SMs of 64 lanes at 1 GHz.
Gpu small() {
  Gpu gpu;
  gpu.vendor = "NVIDIA";
  gpu.sm_count = 4;
  gpu.fp32_lanes_per_sm = 64;
  gpu.boost_clock = gigahertz(1);
  gpu.memory_bandwidth = gigabytes_per_second(100);
  gpu.rates = {{Path::cuda_core, fp32, fp32, 128, 1, "", ""},
               {Path::tensor_core, fp16, fp32, 1000, 2, "", ""},
               {Path::tensor_core, fp64, fp64, 100, 1, "", ""},
               {Path::tensor_core, fp8, fp32, 0, 1, "", ""}};
  return gpu;
}

}  // namespace

TEST_CASE("a peak is SMs × operations per clock per SM × clock: 4 × 128 × 1 GHz = 0.512 TFLOP/s") {
  const auto p = peak(small(), Path::cuda_core, fp32, fp32);
  REQUIRE(p);
  CHECK(in_teraflops(p->value()) == Approx(0.512));
}

TEST_CASE("2:4 sparsity doubles a tensor-core peak and is nothing where the hardware lacks it") {
  const Gpu gpu = small();
  CHECK(in_teraflops(peak(gpu, Path::tensor_core, fp16, fp32)->value()) == Approx(4));
  CHECK(in_teraflops(peak(gpu, Path::tensor_core, fp16, fp32, Sparsity::structured_2_4)->value()) ==
        Approx(8));
  CHECK_FALSE(peak(gpu, Path::cuda_core, fp32, fp32, Sparsity::structured_2_4));
}

TEST_CASE("a rate of 0 and a missing rate both mean that the hardware lacks it") {
  const Gpu gpu = small();
  CHECK(find_rate(gpu, Path::tensor_core, fp8, fp32) == nullptr);
  CHECK(find_rate(gpu, Path::tensor_core, bf16, fp32) == nullptr);
  CHECK_FALSE(peak(gpu, Path::tensor_core, fp8, fp32));
}

TEST_CASE("the tensor peak clock holds for tensor cores except FP64") {
  Gpu gpu = small();
  gpu.tensor_peak_clock = megahertz(800);
  CHECK(peak(gpu, Path::tensor_core, fp16, fp32)->clock == megahertz(800));
  CHECK(peak(gpu, Path::tensor_core, fp64, fp64)->clock == gigahertz(1));
  CHECK(peak(gpu, Path::cuda_core, fp32, fp32)->clock == gigahertz(1));
}

TEST_CASE("the ridge point is peak over bandwidth: 0.512 TFLOP/s over 100 GB/s is 5.12 FLOP/byte") {
  const Gpu gpu = small();
  CHECK(ridge_point(gpu, *peak(gpu, Path::cuda_core, fp32, fp32)).value == Approx(5.12));
}

TEST_CASE("derivations read as on a blackboard") {
  const Gpu& p4000 = board("quadro-p4000");
  CHECK(peak(p4000, Path::cuda_core, fp32, fp32)->derivation(p4000) ==
        "1792 cores × 1.480 GHz × 2 = 5.30 TFLOP/s");
  CHECK(peak(p4000, Path::cuda_core, fp16, fp16)->derivation(p4000) ==
        "14 SMs × 4 op/clock × 1.480 GHz = 0.0829 TFLOP/s");
  CHECK(peak(p4000, Path::cuda_core, int8, int32)->derivation(p4000) ==
        "14 SMs × 1024 op/clock × 1.480 GHz = 21.2 TOP/s");
  const Gpu& rtx = board("rtx-3060-12gb");
  CHECK(peak(rtx, Path::tensor_core, fp16, fp32)->derivation(rtx) ==
        "28 SMs × 512 op/clock × 1.777 GHz = 25.5 TFLOP/s");
  const Gpu& h100 = board("h100-sxm5");
  CHECK(peak(h100, Path::tensor_core, fp8, fp32)->derivation(h100) ==
        "132 SMs × 8192 op/clock × 1.830 GHz = 1979 TFLOP/s");
  CHECK(peak(h100, Path::tensor_core, fp64, fp64)->derivation(h100) ==
        "132 SMs × 256 op/clock × 1.980 GHz = 66.9 TFLOP/s");
  const Gpu& mi100 = board("mi100");
  CHECK(peak(mi100, Path::tensor_core, fp16, fp32)->derivation(mi100) ==
        "120 CUs × 1024 op/clock × 1.502 GHz = 185 TFLOP/s");
}

TEST_CASE("the four boards of the usual comparison have these dense peaks") {
  struct Row {
    const char* slug;
    double fp32, fp16, tf32, int8;
  };
  for (const Row& row :
       {Row{"rtx-3060-12gb", 12.74, 25.5, 12.7, 101.9}, Row{"rtx-4060-ti-16gb", 22.06, 44.1, 22.1, 176.5},
        Row{"jetson-orin-nano-8gb-15w", 1.28, 10.2, 5.1, 20.5},
        Row{"jetson-orin-nano-8gb-super", 2.09, 16.7, 8.4, 33.4}}) {
    CAPTURE(row.slug);
    const Gpu& gpu = board(row.slug);
    const auto tera = [&](Path path, NumberFormat in, NumberFormat acc) {
      return in_teraflops(peak(gpu, path, in, acc)->value());
    };
    CHECK(tera(Path::cuda_core, NumberFormat::fp32, NumberFormat::fp32) == Approx(row.fp32).epsilon(0.005));
    CHECK(tera(Path::tensor_core, NumberFormat::fp16, NumberFormat::fp32) == Approx(row.fp16).epsilon(0.005));
    CHECK(tera(Path::tensor_core, NumberFormat::tf32, NumberFormat::fp32) == Approx(row.tf32).epsilon(0.006));
    CHECK(tera(Path::tensor_core, NumberFormat::int8, NumberFormat::int32) ==
          Approx(row.int8).epsilon(0.005));
  }
}

TEST_CASE("the L40 is cut to half rate with FP32 accumulation, its siblings are not") {
  const auto ops = [](const char* slug) {
    return find_rate(board(slug), Path::tensor_core, fp16, fp32)->ops_per_clock_per_sm;
  };
  CHECK(ops("l40") == 512);
  CHECK(ops("l40s") == 1024);
  CHECK(ops("l4") == 1024);
  CHECK(ops("rtx-6000-ada") == 1024);
}

TEST_CASE("paths have the names that files use") {
  CHECK(name(Path::cuda_core) == "cuda_core");
  CHECK(name(Path::tensor_core) == "tensor_core");
}
