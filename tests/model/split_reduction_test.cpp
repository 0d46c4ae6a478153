// Which reductions are cut over blocks, and into how many parts.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <span>
#include <string>

#include "model/kernels/estimate.h"
#include "model/kernels/gemm.h"
#include "tests/model/boards.h"
#include "tests/model/half.h"
#include "tests/model/plain_board.h"

using namespace roofcast;
using roofcast::testing::frictionless;
using roofcast::testing::kHalf;
using roofcast::testing::kOne;
using roofcast::testing::plain_board;

namespace {

// The algorithm of a product in tiles of 128 x 128.
std::string algorithm(const Gemm& g, const Numerics& numerics = {}, GemmContext context = {},
                      const Calibration& c = frictionless()) {
  context.menu = kOne;
  context.compulsory = compulsory_elements(g);
  return gemm_demand(g, numerics, plain_board(), c, context).algorithm;
}

bool split(const std::string& algorithm) { return algorithm.find("split-K") != std::string::npos; }

}  // namespace

TEST_CASE("a long thin product is split along its reduction") {
  // One tile of C cannot occupy ten SMs; sixteen parts of the reduction can.
  Kernel k;
  k.op = Gemm{.m = 128, .n = 128, .k = 65536};
  CHECK(estimate(k, plain_board(), frictionless()).algorithm.find("split-K") != std::string::npos);
}

TEST_CASE("tensor cores split only reductions that leave each part 512 deep") {
  const auto splits = [&](std::int64_t k, const Numerics& numerics) {
    return split(algorithm({.m = 128, .n = 128, .k = k}, numerics));
  };
  CHECK_FALSE(splits(1000, kHalf));
  CHECK(splits(1000, Numerics{}));
  CHECK(splits(65536, kHalf));
}

TEST_CASE("tensor cores split no reduction beyond a block for every SM") {
  const auto splits = [&](std::int64_t m) { return split(algorithm({.m = m, .n = 128, .k = 65536}, kHalf)); };
  CHECK(splits(5 * 128));  // ten SMs
  CHECK_FALSE(splits(6 * 128));
}

TEST_CASE("tensor cores cut a reduction in thirds too where that leaves fewer SMs idle") {
  GemmContext context;
  context.split_until = 1;
  const auto of_tiles = [&](std::int64_t tiles, const Numerics& numerics) {
    return algorithm({.m = 128 * tiles, .n = 128, .k = 65536}, numerics, context);
  };
  CHECK(of_tiles(3, kHalf) == "128x128 split-K 3");  // nine blocks for ten SMs
  CHECK(of_tiles(1, kHalf) == "128x128 split-K 8");  // twelve would be more than ten
  CHECK(of_tiles(3, Numerics{}) == "128x128 split-K 2");
}

TEST_CASE("a product of many matrices is never split, however few blocks it has") {
  const Gemm few{.batch = 7, .m = 61, .n = 779, .k = 855};
  const Demand d =
      gemm_demand(few, Numerics{}, roofcast::testing::board("v100-pcie-32gb"), prior_calibration());
  CHECK(d.algorithm.find("split") == std::string::npos);
  Gemm one = few;
  one.batch = 1;
  CHECK(gemm_demand(one, Numerics{}, roofcast::testing::board("v100-pcie-32gb"), prior_calibration())
            .algorithm.find("split") != std::string::npos);
}

TEST_CASE("layers on Ampere cut their reduction over blocks in sliced tiles only") {
  constexpr Tile kSliced[] = {{32, 128, 4}};
  const Gemm layer{.m = 64, .n = 128, .k = 16384, .b_transposed = true, .bias = true};
  GemmContext context;
  context.compulsory = compulsory_elements(layer);
  const auto splits = [&](std::span<const Tile> menu, int slices) {
    context.menu = menu;
    context.least_slices_split = slices;
    const Demand d = gemm_demand(layer, Numerics{}, plain_board(), frictionless(), context);
    return d.algorithm.find("split-K") != std::string::npos;
  };
  CHECK(splits(kOne, 1));
  CHECK_FALSE(splits(kOne, 2));
  CHECK(splits(kSliced, 2));
  // 64 x 128 alone would be two parts of a tile, sliced ones are cut further
  CHECK(gemm_demand(layer, Numerics{}, plain_board(), frictionless()).algorithm.find("sliced 4 split-K") !=
        std::string::npos);
}

TEST_CASE("a reduction is cut until an SM has as many blocks as the library allows") {
  Calibration c = frictionless();
  c[Constant::gemm_saturating_warps] = 16;  // two blocks of 128 x 128
  GemmContext context;
  const auto of_tiles = [&](std::int64_t tiles, double until) {
    context.split_until = until;
    return algorithm({.m = 128 * tiles, .n = 128, .k = 16384}, {}, context, c);
  };
  CHECK(of_tiles(5, 2) == "128x128 split-K 4");  // ten SMs
  CHECK(of_tiles(5, 1) == "128x128 split-K 2");
  CHECK(of_tiles(11, 2) == "128x128");
}

TEST_CASE("cuBLASLt's layers on Pascal are cut until an SM has two blocks") {
  const Gpu p100 = roofcast::testing::board("tesla-p100-pcie-16gb");
  Calibration c = prior_calibration();
  c[Constant::gemm_saturating_warps] = 16;
  const auto parts = [&](std::int64_t tiles) {
    const Gemm g{.m = 32, .n = 128 * tiles, .k = 65536, .b_transposed = true, .bias = true};
    const std::string algorithm = gemm_demand(g, Numerics{}, p100, c).algorithm;
    REQUIRE(algorithm.find("32x128") == 0);
    const auto at = algorithm.find("split-K ");
    return at == std::string::npos ? 1 : std::stoi(algorithm.substr(at + 8));
  };
  CHECK(parts(28) == 4);  // 56 SMs
  CHECK(parts(20) == 4);
  CHECK(parts(56) == 1);
}
