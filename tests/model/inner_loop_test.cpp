// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/inner_loop.h"

#include <doctest/doctest.h>

#include <cmath>

#include "model/kernels/gemm.h"
#include "tests/model/half.h"
#include "tests/model/plain_board.h"

using namespace roofcast;
using roofcast::testing::frictionless;
using roofcast::testing::kHalf;
using roofcast::testing::plain_board;

TEST_CASE("half a shared-memory port, as Turing's, slows the inner loop of either kind of core") {
  const Gemm g{.m = 4096, .n = 4096, .k = 4096};
  Calibration c = frictionless();
  c[Constant::gemm_feed_overlap] = 3;
  c[Constant::gemm_tensor_async_overlap] = 1.5;
  Gpu narrow = plain_board();
  narrow.shared_memory_per_clock = Bytes(64);
  for (const Numerics& numerics : {Numerics{}, kHalf}) {
    CHECK(gemm_demand(g, numerics, narrow, c).compute_cycles >
          1.1 * gemm_demand(g, numerics, plain_board(), c).compute_cycles);
  }
}

TEST_CASE("the smallest block on tensor cores has a warp for each of an SM's four") {
  Calibration c = frictionless();
  c[Constant::gemm_tensor_async_overlap] = 12;  // as good as perfect
  c[Constant::gemm_tensor_block_cycles] = 0;
  c[Constant::gemm_tensor_saturating_warps] = 8;
  constexpr Tile kSmall[] = {{64, 64}};
  const Gemm one{.m = 64, .n = 64, .k = 1024};
  GemmContext context;
  context.menu = kSmall;
  context.compulsory = compulsory_elements(one);
  context.largest_split = 1;
  // 2·64·64·1024 operations at 1,024 a clock, at half speed with four warps where eight hide latency
  CHECK(gemm_demand(one, kHalf, plain_board(), c, context).compute_cycles ==
        doctest::Approx(16384).epsilon(0.01));
}

TEST_CASE("a block of 64 x 64 results a warp needs company, a smaller tile reads its operands more often") {
  Calibration c = frictionless();
  c[Constant::gemm_tensor_block_cycles] = 0;
  c[Constant::gemm_tensor_saturating_warps] = 8;
  c[Constant::gemm_tensor_async_overlap] = 1.1;
  const auto cycles = [&](const Tile& tile, int tiles, const char* capability) {
    const Gemm g{.m = tile.m * tiles, .n = tile.n, .k = 8192};
    Gpu gpu = plain_board();
    gpu.compute_capability = capability;
    GemmContext context;
    context.menu = {&tile, 1};
    context.compulsory = compulsory_elements(g);
    context.largest_split = 1;
    return gemm_demand(g, kHalf, gpu, c, context).compute_cycles;
  };
  const Tile square{128, 128}, small{64, 64};
  // Four warps alone on an SM of Ampere take as long as eight; Volta's tile has eight.
  CHECK(cycles(square, 10, "8.0") == doctest::Approx(cycles(square, 20, "8.0")));
  CHECK(cycles(square, 20, "7.0") == doctest::Approx(2 * cycles(square, 10, "7.0")));
  // As many results, in tiles whose warps hold 64 x 64 (feed 0.25) and 32 x 32 (0.5)
  const double more = std::pow((1 + std::pow(0.5, 1.1)) / (1 + std::pow(0.25, 1.1)), 1 / 1.1);
  CHECK(cycles(small, 80, "8.0") == doctest::Approx(more * cycles(square, 20, "8.0")));
}

TEST_CASE("slices cost nothing from Ampere on") {
  const Gemm g{.m = 320, .n = 1280, .k = 4096};
  constexpr Tile kSliced[] = {{32, 128, 4}};
  Calibration c = frictionless();
  c[Constant::gemm_sliced] = 0.8;
  const auto cycles = [&](const char* capability) {
    Gpu gpu = plain_board();
    gpu.compute_capability = capability;
    GemmContext context;
    context.menu = kSliced;
    context.compulsory = compulsory_elements(g);
    return gemm_demand(g, Numerics{}, gpu, c, context).compute_cycles;
  };
  CHECK(cycles("8.0") == doctest::Approx(0.8 * cycles("7.0")));
}
