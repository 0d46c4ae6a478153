// Which tiles a library is taken to choose among.
// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/tile_menu.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/model/boards.h"

using namespace roofcast;
using roofcast::testing::board;

namespace {

std::string names(const Gpu& gpu, std::int64_t m, std::int64_t n, int libraries = kCurrentLibraries) {
  std::string result;
  for (const Tile& t : tile_menu(gpu, Numerics{}, {.m = m, .n = n, .k = 512, .bias = true}, libraries))
    result += (result.empty() ? "" : " ") + std::to_string(t.m) + "x" + std::to_string(t.n);
  return result;
}

}  // namespace

TEST_CASE("on Pascal cuBLASLt takes the tile of which a layer needs fewer blocks") {
  const Gpu p4 = board("tesla-p4");
  CHECK(names(p4, 128 * 40 + 64, 4096) == "64x64");  // half a tile less along m
  CHECK(names(p4, 4096, 64 * 40 + 32) == "128x32");
  CHECK(names(p4, 4096, 4096) == "64x64 128x32");  // as many: either
}

TEST_CASE("a P100's library takes the square tile only where it saves a tenth") {
  const Gpu p100 = board("tesla-p100-pcie-16gb");
  CHECK(names(p100, 128 * 40 + 64, 4096) == "128x32");
  CHECK(names(p100, 128 * 4 + 64, 16384) == "64x64");
  CHECK(names(p100, 4096, 4096) == "128x32");
}

TEST_CASE("the tall tile is for layers of few blocks") {
  const Gpu p4 = board("tesla-p4");
  CHECK(names(p4, 64, 1024) == "32x128 64x64");
  CHECK(names(p4, 128, 512) == "128x32 32x128 64x64");
}

TEST_CASE(
    "a product with a bias has tiles of its own where cuBLASLt adds it, whichever way the weight lies") {
  const Gpu p4 = board("tesla-p4");
  Gemm g{.m = 4096, .n = 4096, .k = 512, .bias = true};
  const auto first = [&](int libraries) { return tile_menu(p4, Numerics{}, g, libraries).data(); };
  const Tile* fused = first(2022);
  const Tile* before = first(2021);
  CHECK(fused != before);
  g.b_transposed = true;
  CHECK(first(2022) == fused);
  g.bias = false;
  CHECK(first(2022) == before);
}
