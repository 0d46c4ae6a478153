// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/gemm.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "model/kernels/estimate.h"
#include "model/kernels/strided_rows.h"
#include "tests/model/boards.h"
#include "tests/model/half.h"
#include "tests/model/plain_board.h"

using namespace roofcast;
using roofcast::testing::frictionless;
using roofcast::testing::kHalf;
using roofcast::testing::kOne;
using roofcast::testing::plain_board;

namespace {

Demand one_tile(std::int64_t m, std::int64_t n, std::int64_t k) {
  const Gemm g{.m = m, .n = n, .k = k};
  GemmContext context;
  context.menu = kOne;
  context.compulsory = compulsory_elements(g);
  context.largest_split = 1;
  return gemm_demand(g, Numerics{}, plain_board(), frictionless(), context);
}

}  // namespace

TEST_CASE("a product that fills every SM with whole tiles runs at the issue rate") {
  // 20 tiles of 128 × 128 on 10 SMs, two resident: 2 · 2·128·128·1024 / 128 operations per clock = 524,288 cycles
  const Demand d = one_tile(128 * 5, 128 * 4, 1024);
  CHECK(d.compute_cycles == doctest::Approx(524288));
  CHECK(d.ideal_cycles == doctest::Approx(524288));
}

TEST_CASE("one tile more than a wave costs the tail a whole tile") {
  // 21 tiles: a full wave of 20 and one more block alone, 262,144 cycles
  const Demand d = one_tile(128 * 7, 128 * 3, 1024);
  CHECK(d.compute_cycles == doctest::Approx(524288 + 262144));
}

TEST_CASE("an edge tile costs as much as a whole one") {
  CHECK(one_tile(129, 128, 1024).compute_cycles == one_tile(256, 128, 1024).compute_cycles);
}

TEST_CASE("operations are two per multiply-add") {
  CHECK(one_tile(1000, 1000, 1000).flops.value == doctest::Approx(2e9));
}

TEST_CASE("for tensor cores an SM draws up to twice its share of L2 where others idle") {
  GemmContext context;
  context.menu = kOne;
  context.largest_split = 1;
  const auto cycles = [&](std::int64_t tiles, const Numerics& numerics) {
    const Gemm g{.m = 128 * tiles, .n = 128, .k = 4096};
    context.compulsory = compulsory_elements(g);
    return gemm_demand(g, numerics, plain_board(), frictionless(), context).l2_cycles;
  };
  CHECK(cycles(10, kHalf) == doctest::Approx(2 * cycles(5, kHalf)));  // as many tiles as SMs
  CHECK(cycles(1, kHalf) == doctest::Approx(cycles(5, kHalf)));
  CHECK(cycles(10, Numerics{}) == doctest::Approx(cycles(5, Numerics{})));
}

TEST_CASE("every tile fetches its rows and columns out of L2") {
  const auto fetched = [](Tile tile, const Gemm& g) {
    GemmContext context;
    const std::array menu{tile};
    context.menu = menu;
    context.compulsory = compulsory_elements(g);
    return gemm_demand(g, Numerics{}, plain_board(), frictionless(), context).fetched.value;
  };
  const Gemm g{.m = 1280, .n = 1280, .k = 512};
  CHECK(fetched({128, 128}, g) == 10 * 10 * (128 + 128) * 512 * 4);
  CHECK(fetched({64, 64}, g) == 2 * fetched({128, 128}, g));
  CHECK(fetched({128, 128}, Gemm{.batch = 3, .m = 1280, .n = 1280, .k = 512}) == 3 * fetched({128, 128}, g));
}

TEST_CASE(
    "operands copied past the registers, as Ampere's tensor cores have them, cost the way to L1 alone") {
  GemmContext context;
  context.menu = kOne;
  const Gemm g{.m = 1280, .n = 1280, .k = 512};
  context.compulsory = compulsory_elements(g);
  const auto fetched = [&](const char* gpu, const Numerics& numerics) {
    return gemm_demand(g, numerics, roofcast::testing::board(gpu), prior_calibration(), context)
        .fetched.value;
  };
  CHECK(fetched("v100-pcie-32gb", kHalf) == 10 * 10 * (128 + 128) * 512 * 2);
  CHECK(fetched("a100-pcie-40gb", kHalf) == doctest::Approx(0.58 * fetched("v100-pcie-32gb", kHalf)));
  CHECK(fetched("a100-pcie-40gb", Numerics{}) == fetched("v100-pcie-32gb", Numerics{}));
}

TEST_CASE("a dimension that breaks 16-byte rows slows tensor cores") {
  Kernel even, odd;
  even.numerics =
      odd.numerics = {NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32, Path::tensor_core};
  even.op = Gemm{.m = 4096, .n = 4096, .k = 4096};
  odd.op = Gemm{.m = 4096, .n = 4096, .k = 4095};
  const Calibration c = prior_calibration();
  CHECK(estimate(odd, plain_board(), c).seconds > estimate(even, plain_board(), c).seconds);
}

TEST_CASE("cut sectors and translations add their cycles to a product's own, where its operands are rows") {
  const Gemm g{.m = 640, .n = 512, .k = 32767, .b_transposed = true};
  const Calibration c = prior_calibration();
  GemmContext context;
  context.menu = kOne;
  context.compulsory = compulsory_elements(g);
  context.largest_split = 1;
  const double plain = gemm_demand(g, Numerics{}, plain_board(), c, context).compute_cycles;
  context.rows_in_memory = true;
  const double cut = cut_sector_cycles(g, Numerics{}, kOne[0], 20, 32768, plain_board(), c);
  const double far = translation_cycles(g, Numerics{}, kOne[0], 20, 32768, plain_board(), c);
  CHECK(cut > 0);
  CHECK(far > 0);
  CHECK(gemm_demand(g, Numerics{}, plain_board(), c, context).compute_cycles ==
        doctest::Approx(plain + cut + far));
}

TEST_CASE("results in rows that start off a sector cost DRAM more than their bytes, other results do not") {
  const Gemm g{.batch = 900, .m = 640, .n = 973, .k = 8};
  GemmContext context;
  context.menu = kOne;
  context.compulsory = compulsory_elements(g);
  const auto bytes = [&] {
    const Demand d =
        gemm_demand(g, Numerics{}, roofcast::testing::board("v100-pcie-32gb"), prior_calibration(), context);
    return d.dram_bytes + d.serial_dram_bytes;
  };
  const Bytes plain = bytes();
  context.rows_in_memory = true;
  CHECK((bytes() - plain).value == doctest::Approx(900.0 * 640 * 973 * 4 * 0.5 * 7 / 8).epsilon(0.01));
}

TEST_CASE("two schedulers, as a P100's SM has, take twice as long to fill and drain a wave") {
  Calibration c = frictionless();
  c[Constant::gemm_block_cycles] = 1000;
  GemmContext context;
  context.menu = kOne;
  const Gemm g{.m = 1280, .n = 128, .k = 1024};
  context.compulsory = compulsory_elements(g);
  context.largest_split = 1;
  const auto cycles = [&](const char* capability, int lanes) {
    Gpu gpu = plain_board();
    gpu.compute_capability = capability;
    gpu.fp32_lanes_per_sm = lanes;
    return gemm_demand(g, Numerics{}, gpu, c, context).compute_cycles;
  };
  const double arithmetic = 128.0 * 128 * 1024 / 64;
  CHECK(cycles("7.0", 64) == doctest::Approx(arithmetic + 1000));
  CHECK(cycles("6.0", 64) == doctest::Approx(arithmetic + 2000));
  CHECK(cycles("6.1", 128) == doctest::Approx(arithmetic + 1000));
}

TEST_CASE("layers whose rows lie apart wait for pages of DRAM where cuBLASLt runs them on Pascal") {
  const Gpu p4 = roofcast::testing::board("tesla-p4");
  // No row of blocks shares the weight with the next: 64 of the wide tile's 32 columns a row, 80 in flight.
  Gemm layer{.m = 4096, .n = 4096, .k = 1024, .b_transposed = true, .bias = true};
  const auto time = [&](const Gemm& g, int libraries) {
    return finish(gemm_demand(g, Numerics{}, p4, prior_calibration(), libraries), p4, prior_calibration());
  };
  const Estimate fused = time(layer, kCurrentLibraries), plain = time(layer, 2021);
  CHECK(fused.bound == Bound::dram);
  CHECK(fused.seconds.value > 1.5 * plain.seconds.value);
  layer.b_transposed = false;  // GPT-2's Conv1D
  CHECK(time(layer, kCurrentLibraries).seconds < fused.seconds * 0.7);
}

TEST_CASE("blocks of two warps overlap less with the pages that a layer waits for") {
  const Gpu p100 = roofcast::testing::board("tesla-p100-pcie-16gb");
  Calibration c = prior_calibration();
  c[Constant::gemm_overlap] = 5;
  c[Constant::gemm_overlap_two_warps] = 2;
  // Three rows of squares against 141 / 128 of the wide tile: squares of 64 threads. Twice as high, wide tiles fill up.
  const Gemm few{.m = 141, .n = 52614, .k = 1281, .b_transposed = true, .bias = true};
  const Demand square = gemm_demand(few, Numerics{}, p100, c, kCurrentLibraries);
  CHECK(square.algorithm == "64x64");
  CHECK(square.overlap == 2);
  const Gemm many{.m = 4096, .n = 4096, .k = 1024, .b_transposed = true, .bias = true};
  CHECK(gemm_demand(many, Numerics{}, p100, c, kCurrentLibraries).overlap == 5);
  CHECK(gemm_demand(few, Numerics{}, p100, c, 2021).overlap == 5);  // kernels that read in another order
  c[Constant::gemm_overlap_two_warps] = 5;
  CHECK(finish(square, p100, c).seconds >
        finish(gemm_demand(few, Numerics{}, p100, c, kCurrentLibraries), p100, c).seconds * 1.1);
}

TEST_CASE("cold weights come from DRAM, whatever L2 could hold") {
  Gpu g = plain_board();
  g.l2 = mebibytes(1000);
  const Gemm vector{.m = 1, .n = 4096, .k = 1024};
  const Demand warm = gemm_demand(vector, Numerics{}, g, prior_calibration(), kCurrentLibraries);
  const Demand cold = gemm_demand(vector, Numerics{}, g, prior_calibration(), kCurrentLibraries, true);
  CHECK(warm.dram_bytes.value == 0);
  CHECK(cold.dram_bytes.value == doctest::Approx(4096.0 * 1024 * 4));
  CHECK(cold.compulsory_bytes.value == doctest::Approx(4096.0 * 1024 * 4));
  // Where L2 holds nothing they were read once already.
  g.l2 = mebibytes(0.001);
  CHECK(gemm_demand(vector, Numerics{}, g, prior_calibration(), kCurrentLibraries, true).dram_bytes.value ==
        doctest::Approx(
            gemm_demand(vector, Numerics{}, g, prior_calibration(), kCurrentLibraries).dram_bytes.value));
}

TEST_CASE(
    "SMs of a cluster hand each other operands: two of Hopper a half of one side, four of Blackwell a half "
    "of both") {
  constexpr Tile kWide[] = {{256, 128}};
  const auto l2 = [&](const char* capability) {
    Gpu g = plain_board();
    g.compute_capability = capability;
    const Gemm product{.m = 4096, .n = 4096, .k = 4096};
    GemmContext context;
    context.menu = kWide;
    context.compulsory = compulsory_elements(product);
    context.largest_split = 1;
    return gemm_demand(product, kHalf, g, prior_calibration(), context).l2_cycles;
  };
  CHECK(l2("9.0") == doctest::Approx(l2("8.0") * 256 / 384));
  CHECK(l2("10.0") == doctest::Approx(l2("8.0") / 2));
  CHECK(l2("12.0") == l2("8.0"));
}

TEST_CASE("a path the hardware lacks is an error that names it") {
  Numerics fp8{NumberFormat::fp8, NumberFormat::fp8, NumberFormat::fp32, Path::tensor_core};
  CHECK_THROWS_WITH_AS(issue_rate(plain_board(), fp8),
                       "board has no tensor-core fp8 path with fp32 accumulation", std::domain_error);
}

TEST_CASE("a shape that is not positive is an error that names the field") {
  Kernel k;
  k.op = Gemm{.m = 0};
  CHECK_THROWS_WITH_AS(estimate(k, plain_board(), prior_calibration()), "gemm: m must be at least 1, is 0",
                       std::invalid_argument);
}
