// Bytes of quantised weights, and the mixes of llama.cpp against the sizes of the files it writes.
// SPDX-License-Identifier: Apache-2.0
#include "model/formats/weight_format.h"

#include <doctest/doctest.h>

#include "model/graph/lower.h"
#include "model/kernels/estimate.h"
#include "model/kernels/quantised_gemm.h"
#include "model/workloads/workload.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;

namespace {

double gigabytes(const char* name, WeightRecipe recipe) {
  WorkloadRequest r;
  r.name = name;
  r.mode = Mode::inference;
  r.sequence_length = 1;
  r.context = 0;
  Execution execution{Mode::inference, Precision::fp16, Optimizer::none, *find_stack("llama.cpp")};
  execution.weights = recipe;
  return memory_needed(build(r), execution, testing::board("a100-sxm4-80gb")).weights.value * 1e-9;
}

Estimate product(std::int64_t m, std::optional<WeightFormat> weights, const char* board = "rtx-3060-12gb") {
  Kernel k;
  k.op = Gemm{.m = m, .n = 14336, .k = 4096, .b_transposed = true};
  const Gpu& gpu = testing::board(board);
  k.numerics = resolve_product(Precision::fp16, false, gpu, nullptr);
  k.weights = weights;
  return estimate(k, gpu, prior_calibration());
}

}  // namespace

TEST_CASE("bits of a weight, scales included") {
  CHECK(weight_size(WeightFormat::q4_0).value * 32 == 18);
  CHECK(weight_size(WeightFormat::q8_0).value * 32 == 34);
  CHECK(weight_size(WeightFormat::q4_k).value * 256 == 144);
  CHECK(weight_size(WeightFormat::q6_k).value * 256 == 210);
  CHECK(weight_size(WeightFormat::int4).value * 128 == Approx(66.5));
}

TEST_CASE("recipes by name") {
  CHECK(parse_weight_recipe("Q4_K_M") == WeightRecipe::q4_k_m);
  CHECK(parse_weight_recipe("q4_k") == WeightRecipe::q4_k_m);
  CHECK(parse_weight_recipe("q8-0") == WeightRecipe::q8_0);
  CHECK_FALSE(parse_weight_recipe("q9_0").has_value());
  for (const WeightRecipe r : all_weight_recipes()) CHECK(parse_weight_recipe(name(r)) == r);
}

// Source: sizes of the GGUF files on the Hugging Face hub: 3.83, 4.08, 7.16 and 4.92 GB.
TEST_CASE("files of llama.cpp are as large as the mixes say, to 2 %") {
  CHECK(gigabytes("llama-2-7b", WeightRecipe::q4_0) == Approx(3.826).epsilon(0.02));
  CHECK(gigabytes("llama-2-7b", WeightRecipe::q4_k_m) == Approx(4.081).epsilon(0.02));
  CHECK(gigabytes("llama-2-7b", WeightRecipe::q8_0) == Approx(7.161).epsilon(0.02));
  CHECK(gigabytes("llama-3-8b", WeightRecipe::q4_k_m) == Approx(4.921).epsilon(0.02));
}

TEST_CASE("weight-only formats leave embedding and head alone") {
  const double bytes =
      2.0 * 2 * 32000 * 4096 + 32 * (4.0 * 4096 * 4096 + 3.0 * 4096 * 11008) + 2.0 * 65 * 4096;
  CHECK(gigabytes("llama-2-7b", WeightRecipe::int8) == Approx(bytes * 1e-9).epsilon(1e-9));
}

TEST_CASE("rows that no super-block divides take a format of smaller blocks") {
  CHECK(format_of(WeightRecipe::q4_k_m, {WeightPlace::Role::other, 5, 24, 896}) == WeightFormat::q5_0);
  CHECK(format_of(WeightRecipe::q4_k_m, {WeightPlace::Role::other, 5, 24, 1024}) == WeightFormat::q4_k);
  CHECK(format_of(WeightRecipe::q4_k_m, {WeightPlace::Role::down, 0, 24, 1024}) == WeightFormat::q6_k);
  CHECK(format_of(WeightRecipe::q4_0, {WeightPlace::Role::output, 0, 24, 1024}) == WeightFormat::q6_k);
}

TEST_CASE("one row takes the time of its bytes, many rows that of their operations") {
  const double full = product(1, {}).seconds.value, quarter = product(1, WeightFormat::q4_0).seconds.value;
  CHECK(quarter < 0.5 * full);
  CHECK(product(1, WeightFormat::q4_0).bound == Bound::dram);
  CHECK(product(1, WeightFormat::q4_0).dram_bytes.value < 0.3 * product(1, {}).dram_bytes.value);
  CHECK(product(2048, WeightFormat::q4_0).bound == Bound::compute);
  CHECK(product(2048, WeightFormat::int4).seconds > product(2048, {}).seconds);
}

TEST_CASE(
    "ggml's matrix-vector products wait for their loads where bandwidth is high for the SMs there are") {
  Calibration c = prior_calibration();
  c[Constant::quantised_sm_bytes] = 6;
  const auto vector = [&](const char* board, WeightFormat weights) {
    Kernel k;
    k.op = Gemm{.m = 1, .n = 14336, .k = 4096, .b_transposed = true};
    k.numerics = resolve_product(Precision::fp16, false, testing::board(board), nullptr);
    k.weights = weights;
    return estimate(k, testing::board(board), c);
  };
  CHECK(vector("a100-pcie-80gb", WeightFormat::f16).bound == Bound::latency);
  CHECK(vector("a100-pcie-80gb", WeightFormat::int4).bound == Bound::dram);  // others copy asynchronously
  CHECK(vector("rtx-4090", WeightFormat::f16).bound == Bound::dram);
  CHECK(vector("rtx-4090", WeightFormat::f16).dram_bytes.value == Approx(2.0 * 14336 * 4096));
}

TEST_CASE("ggml's loads bring less to an SM of Pascal") {
  Calibration c = prior_calibration();
  c[Constant::quantised_sm_bytes] = 40;
  const auto cycles = [&](const char* board, double bytes) {
    c[Constant::quantised_sm_bytes_pascal] = bytes;
    const Gemm g{.m = 1, .n = 14336, .k = 4096, .b_transposed = true};
    const Numerics n = resolve_product(Precision::fp32, false, testing::board(board), nullptr);
    return quantised_gemm_demand(g, WeightFormat::q8_0, n, testing::board(board), c).compute_cycles;
  };
  CHECK(cycles("tesla-p40", 3) == Approx(14336.0 * 4096 * 8.5 / 8 / (3 * 30)));
  CHECK(cycles("tesla-p40", 6) < cycles("tesla-p40", 3));
  CHECK(cycles("tesla-t4", 6) == cycles("tesla-t4", 3));
}

TEST_CASE("halves as they are multiply many rows like any product") {
  CHECK(product(512, WeightFormat::f16).seconds == product(512, {}).seconds);
  CHECK(product(512, WeightFormat::f16).algorithm == product(512, {}).algorithm);
}

TEST_CASE("more rows take no less time, but for what the kernels of few rows and of many overlap") {
  for (const WeightFormat weights : {WeightFormat::q4_k, WeightFormat::q8_0, WeightFormat::f16}) {
    for (const char* board : {"rtx-3060-12gb", "a100-sxm4-80gb", "h100-sxm5"}) {
      double before = 0;
      for (const std::int64_t m : {1, 2, 4, 8, 9, 64, 512, 4096}) {
        const double time = product(m, weights, board).seconds.value;
        CHECK(time >= 0.95 * before);
        before = time;
      }
    }
  }
}
