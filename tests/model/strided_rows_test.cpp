// Rows that lie apart: cut sectors, translations of addresses, pages of DRAM.
// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/strided_rows.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "tests/model/boards.h"
#include "tests/model/half.h"

using namespace roofcast;
using roofcast::testing::board;
using roofcast::testing::kHalf;

namespace {

constexpr Tile kTile{128, 128};

// Of ten SMs.
template <class Cycles>
double cycles(Cycles of, const Gemm& g, const Calibration& c, const char* capability) {
  Gpu gpu;
  gpu.compute_capability = capability;
  gpu.sm_count = 10;
  const double blocks = static_cast<double>((g.m + 127) / 128 * ((g.n + 127) / 128));
  return of(g, Numerics{}, kTile, blocks, static_cast<double>((g.k + 7) / 8 * 8), gpu, c);
}
double cut(const Gemm& g, const Calibration& c) { return cycles(cut_sector_cycles, g, c, "8.0"); }
double translations(const Gemm& g, const Calibration& c, const char* capability = "8.0") {
  return cycles(translation_cycles, g, c, capability);
}

Gemm layer(std::int64_t m, std::int64_t n, std::int64_t k) {
  return {.m = m, .n = n, .k = k, .b_transposed = true};
}

constexpr double kElement = 4;

// Reads of a P4's square tiles with `in_flight` blocks, of an L2 that holds nothing from before.
ScatteredReads reads(const Gemm& g, double in_flight, Bytes l2 = gibibytes(1000),
                     const char* gpu = "tesla-p4") {
  return scattered_reads(g, Bytes(kElement), {64, 64}, in_flight, 0, l2, board(gpu));
}

}  // namespace

TEST_CASE("rows that start off a sector cost every operand element of a tile where they lie k apart") {
  Calibration c = prior_calibration();
  c[Constant::gemm_ragged_rows] = 0.1;
  // 20 blocks fetch 2 · 128 elements at each of 1,024 steps (1,023 rounded up); a tenth of a cycle each over ten SMs
  CHECK(cut(layer(640, 512, 1023), c) == doctest::Approx(20.0 * 256 * 1024 * 0.1 / 10));
  CHECK(cut(layer(640, 512, 1024), c) == 0);
}

TEST_CASE("a row that runs along the tile is cut once, by its own length") {
  Calibration c = prior_calibration();
  c[Constant::gemm_ragged_rows] = 0.1;
  const Gemm nn{.m = 640, .n = 511, .k = 1024};
  CHECK(cut(nn, c) ==
        doctest::Approx(20.0 * 8 * 1024 * 0.1 / 10));  // of B alone: a step's sector, not its 128 columns
  const Gemm both{.m = 639, .n = 511, .k = 1024, .a_transposed = true};
  CHECK(cut(both, c) == doctest::Approx(2 * cut(nn, c)));
  CHECK(cut({.m = 639, .n = 512, .k = 1024}, c) == 0);
  Numerics halves{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32, Path::tensor_core};
  CHECK(cut_sector_cycles(nn, halves, kTile, 20, 1024, board("tesla-t4"), c) == 0);
}

TEST_CASE("halves of sectors that Volta and Turing write are read once and written twice") {
  const auto transfers = [](std::int64_t n, const char* gpu, const Numerics& numerics = {}) {
    return result_transfers({.batch = 9, .m = 640, .n = n, .k = 5}, numerics, board(gpu));
  };
  CHECK(transfers(480, "v100-pcie-32gb") == 1);
  CHECK(transfers(973, "v100-pcie-32gb") == 1 + 0.5 * 7 / 8);  // one row in eight starts on a sector
  CHECK(transfers(636, "tesla-t4") == 1 + 0.5 / 2);
  CHECK(transfers(973, "a100-pcie-40gb") == 1);
  CHECK(transfers(973, "tesla-p100-pcie-16gb") == 1);
  const Numerics plain_halves{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp16, Path::cuda_core};
  CHECK(transfers(973, "v100-pcie-32gb", plain_halves) == 1 + 1.0 * 15 / 16);  // 32 results are two sectors
  CHECK(transfers(973, "v100-pcie-32gb", kHalf) == 1);
}

TEST_CASE("translations of long rows are served one after another, whatever the number of SMs") {
  Calibration c = prior_calibration();
  c[Constant::gemm_far_pages] = 20;
  c[Constant::gemm_far_row_cycles] = 0.01;
  c[Constant::gemm_far_reach] = 50;
  // 128 rows of 160 KiB are ten pages, none straddled: 20 under a tile, so that half of its translations miss. Of those half
  // of A's miss again, which has 50 pages, and 40 of 90 of B's. 20 blocks ask for 128 of each at each of 40,960 / 8 steps.
  CHECK(translations(layer(640, 512, 40960), c) ==
        doctest::Approx(20.0 * 128 * (0.5 + 40.0 / 90) * 40960 / 8 * 0.01 / 2));
}

TEST_CASE("rows that straddle pages miss more than longer ones that do not") {
  const auto per_step = [](std::int64_t k) {
    return translations(layer(32768, 2048, k), prior_calibration(), "6.1") / static_cast<double>(k);
  };
  CHECK(per_step(4608) > 1.2 * per_step(4096));
  CHECK(per_step(7680) > per_step(8192));
  CHECK(per_step(32768) > per_step(8192));
}

TEST_CASE("an operand whose rows one block alone reads is walked once, and costs nothing more") {
  const Calibration c = prior_calibration();
  CHECK(translations(layer(128, 128, 1 << 20), c) == 0);
  CHECK(translations(layer(128, 256, 1 << 20), c) > 0);
  CHECK(translations({.m = 128, .n = 256, .k = 1 << 20}, c) == 0);  // no linear layer
}

TEST_CASE("blocks that walk along C's rows read the weight once for every row of blocks") {
  const Gemm g{.m = 640, .n = 4096, .k = 1024};
  // 64 blocks a row; as many in flight share A alone, four times as many the weight between four rows.
  CHECK(reads(g, 64).bytes.value == doctest::Approx((640 + 10 * 4096.0) * 1024 * kElement));
  CHECK(reads(g, 16).bytes == reads(g, 64).bytes);
  CHECK(reads(g, 256).bytes.value ==
        doctest::Approx((640 + 10 * 4096.0 / 4) * 1024 * kElement).epsilon(1e-4));
  CHECK(reads(g, 1e6).bytes.value == doctest::Approx((640 + 4096.0) * 1024 * kElement).epsilon(1e-3));
}

TEST_CASE("what L2 keeps is read once all the same") {
  Gemm g{.batch = 7, .m = 640, .n = 4096, .k = 1024};
  const ScatteredReads kept =
      scattered_reads(g, Bytes(kElement), {64, 64}, 64, 1, gibibytes(1), board("tesla-p4"));
  CHECK(kept.bytes.value == doctest::Approx(7 * (640 + 4096.0) * 1024 * kElement));
}

TEST_CASE("rows of blocks that drift further apart than L2 holds share nothing") {
  const Gemm g{.m = 640, .n = 4096, .k = 8192};
  CHECK(reads(g, 256, Bytes(1)).bytes.value == doctest::Approx(reads(g, 64).bytes.value).epsilon(1e-3));
  CHECK(reads(g, 256, mebibytes(1)).bytes < reads(g, 256, mebibytes(0.5)).bytes);
}

TEST_CASE("a page of DRAM is opened for every sector, or for as many rows as it holds") {
  // Eight channels of GDDR5, a page every 6.5 ns in each.
  const ScatteredReads deep = reads({.m = 640, .n = 4096, .k = 1024, .b_transposed = true}, 64);
  CHECK(deep.opening.value == doctest::Approx(deep.bytes.value / 32 * 6.5e-9 / 8));
  const Gemm layer{.m = 640, .n = 4096, .k = 128, .b_transposed = true};  // rows of 512 bytes, pages of 2,048
  const ScatteredReads shallow = reads(layer, 64);
  CHECK(shallow.opening.value == doctest::Approx(shallow.bytes.value / 32 * 6.5e-9 / 8 / 4));
  const auto opening = [&](std::int64_t k) {  // in a P100's pages of 1,024, for an element of a row
    Gemm g = layer;
    g.k = k;
    return reads(g, 64, gibibytes(1000), "tesla-p100-pcie-16gb").opening.value / static_cast<double>(k);
  };
  CHECK(opening(128) == doctest::Approx(opening(1024) / 2));
}

TEST_CASE(
    "only operands whose rows lie apart open pages, and only two of them keep a channel from transferring") {
  Gemm g{.m = 640, .n = 4096, .k = 1024};
  const auto opening = [&](bool a, bool b) {
    g.a_transposed = a;
    g.b_transposed = b;
    return reads(g, 64).opening.value;
  };
  CHECK(opening(true, false) == 0);
  CHECK(opening(false, true) == doctest::Approx(opening(false, false) + opening(true, true)));

  const BytesPerSecond rate = gigabytes_per_second(100);
  const ScatteredReads some{Bytes(1e8), Seconds(2e-3)};
  CHECK(read_time(some, {.b_transposed = true}, rate).value == doctest::Approx(3e-3));
  CHECK(read_time(some, {}, rate).value == doctest::Approx(2e-3));
  CHECK(read_time(some, {.a_transposed = true, .b_transposed = true}, rate).value == doctest::Approx(2e-3));
}

TEST_CASE("HBM has more channels that open pages sooner, the sooner the faster its clock") {
  const Gemm g{.m = 640, .n = 4096, .k = 1024};
  const auto opening = [&](const char* gpu) { return reads(g, 64, gibibytes(1000), gpu).opening.value; };
  // 32 channels every three clocks of 0.715 GHz against eight every 6.5 ns
  CHECK(opening("tesla-p4") / opening("tesla-p100-pcie-16gb") ==
        doctest::Approx(32.0 / (3 / 0.715) / (8.0 / 6.5)).epsilon(0.001));
  CHECK(opening("tesla-p100-pcie-16gb") / opening("v100-pcie-32gb") ==
        doctest::Approx(0.877 / 0.715).epsilon(0.005));
}
