// Which tiles a library is taken to choose among.
// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/tile_menu.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/model/boards.h"

using namespace roofcast;
using roofcast::testing::board;

namespace {

std::string names(const Gpu& gpu, const Gemm& g, int libraries = kCurrentLibraries) {
  std::string result;
  for (const Tile& t : tile_menu(gpu, Numerics{}, g, libraries)) {
    result += (result.empty() ? "" : " ") + std::to_string(t.m) + "x" + std::to_string(t.n);
    if (t.slices > 1) result += "/" + std::to_string(t.slices);
  }
  return result;
}

std::string names(const Gpu& gpu, std::int64_t m, std::int64_t n) {
  return names(gpu, {.m = m, .n = n, .k = 512, .bias = true});
}

}  // namespace

TEST_CASE("on Pascal cuBLASLt takes the tile of which a layer needs fewer blocks") {
  const Gpu p4 = board("tesla-p4");
  CHECK(names(p4, 128 * 40 + 64, 4096) == "64x64");  // half a tile less along m
  CHECK(names(p4, 4096, 64 * 40 + 32) == "128x32/4");
  CHECK(names(p4, 4096, 4096) == "64x64 128x32/4");  // as many: either
}

TEST_CASE("a P100's library takes the square tile only where it saves a tenth") {
  const Gpu p100 = board("tesla-p100-pcie-16gb");
  CHECK(names(p100, 128 * 40 + 64, 4096) == "128x32/4");
  CHECK(names(p100, 128 * 4 + 64, 16384) == "64x64");
  CHECK(names(p100, 4096, 4096) == "128x32/4");
}

TEST_CASE("the tall tile is for layers of few blocks") {
  const Gpu p4 = board("tesla-p4");
  CHECK(names(p4, 64, 1024) == "32x128/4 64x64");
  CHECK(names(p4, 128, 512) == "128x32/4 32x128/4 64x64");
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

TEST_CASE("long reductions of Ampere's layers go to sliced tiles, before 2022 layers had every tile") {
  const Gpu a100 = board("a100-pcie-40gb");
  Gemm g{.m = 4096, .n = 4096, .k = 32768, .bias = true};
  CHECK(names(a100, g) == "64x128 32x128 128x32 32x128/4 32x64/4 32x32/4");
  CHECK(names(board("l4"), g) == names(a100, g));
  const std::string every = names(a100, g, 2021);
  CHECK(every.starts_with("128x128 "));
  g.k = 32769;
  CHECK(names(a100, g) == "32x128/4 32x64/4 32x32/4");
  CHECK(names(a100, g, 2021) == every);
  CHECK(names(board("mi210"), g) == every);
}
