// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/early_gemm.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "model/kernels/estimate.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;
using roofcast::testing::board;

namespace {

constexpr int kCublas75 = 2015, kCublas8 = 2016, kLateCublas8 = 2017;

Gemm product(std::int64_t rows) { return {.m = rows, .n = 4096, .k = 4096}; }

std::string algorithm(std::int64_t rows, std::string_view slug, int libraries) {
  return early_gemm_demand(product(rows), Numerics{}, board(slug), prior_calibration(), libraries).algorithm;
}

}  // namespace

TEST_CASE("cuBLAS 8 and older have kernels for few rows on Maxwell and Pascal, in FP32 and one product") {
  const Gpu titan = board("titan-xp");
  CHECK(has_early_kernel(product(16), Numerics{}, titan, kLateCublas8));
  CHECK(has_early_kernel(product(64), Numerics{}, titan, kCublas8));
  CHECK_FALSE(has_early_kernel(product(17), Numerics{}, titan, kLateCublas8));
  CHECK_FALSE(has_early_kernel(product(65), Numerics{}, titan, kCublas8));
  CHECK_FALSE(has_early_kernel(product(16), Numerics{}, titan, kCublas9));
  CHECK_FALSE(has_early_kernel(product(16), Numerics{}, board("v100-pcie-32gb"), kCublas8));
  Gemm many = product(16);
  many.batch = 2;
  CHECK_FALSE(has_early_kernel(many, Numerics{}, titan, kCublas8));
  CHECK_THROWS_AS(early_gemm_demand(many, Numerics{}, titan, prior_calibration(), kCublas8),
                  std::invalid_argument);
}

TEST_CASE("the narrow kernel holds 16 rows, 32 on Maxwell in the time of 16") {
  CHECK(algorithm(16, "titan-xp", kCublas8) == "narrow");
  CHECK(algorithm(17, "titan-xp", kCublas8) == "32x128");
  const auto cycles = [](std::int64_t rows) {
    return early_gemm_demand(product(rows), Numerics{}, board("tesla-m40-12gb"), prior_calibration(),
                             kCublas75)
        .compute_cycles;
  };
  CHECK(cycles(32) == Approx(cycles(16)));
  CHECK(cycles(8) == Approx(cycles(16) / 2));
}

TEST_CASE("a walk along the reduction takes as long for any number of columns that SMs have room for") {
  const Gpu titan = board("titan-xp");
  const auto cycles = [&](std::int64_t columns) {
    Gemm wide = product(32);
    wide.n = columns;
    return early_gemm_demand(wide, Numerics{}, titan, prior_calibration(), kCublas8).compute_cycles;
  };
  CHECK(cycles(1024) == Approx(cycles(4096)));
}

TEST_CASE("a kernel estimate takes the kernels of its libraries' year") {
  Kernel kernel;
  kernel.op = product(16);
  kernel.libraries = kCublas8;
  CHECK(estimate(kernel, board("titan-xp"), prior_calibration()).algorithm == "narrow");
  kernel.libraries = kCublas9;
  CHECK(estimate(kernel, board("titan-xp"), prior_calibration()).algorithm != "narrow");
}
