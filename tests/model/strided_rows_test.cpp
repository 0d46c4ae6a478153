// Rows that lie apart: cut sectors, translations of addresses, pages of DRAM.
// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/strided_rows.h"

#include <doctest/doctest.h>

#include "tests/model/boards.h"

using namespace roofcast;
using roofcast::testing::board;

namespace {

constexpr Tile kTile{128, 128};

// Of ten SMs and one tile, where nothing but what a test sets costs anything.
double cycles(const Gemm& g, const Calibration& c, const char* capability = "8.0") {
  Gpu gpu;
  gpu.compute_capability = capability;
  gpu.sm_count = 10;
  const double blocks = static_cast<double>((g.m + 127) / 128 * ((g.n + 127) / 128));
  return strided_row_cycles(g, Numerics{}, kTile, blocks, static_cast<double>((g.k + 7) / 8 * 8), gpu, c);
}

constexpr double kElement = 4;

// Reads of a P4's square tiles with `in_flight` blocks, of an L2 that holds nothing from before.
ScatteredReads reads(const Gemm& g, double in_flight, Bytes l2 = gibibytes(1000),
                     const char* gpu = "tesla-p4") {
  return scattered_reads(g, Bytes(kElement), {64, 64}, in_flight, 0, l2, board(gpu));
}

}  // namespace

TEST_CASE("rows that start off a sector cost every operand element of a tile") {
  Calibration c = prior_calibration();
  c[Constant::gemm_ragged_rows] = 0.1;
  // 20 blocks fetch 2 · 128 elements at each of 1,024 steps (1,023 rounded up); a tenth of a cycle each over ten SMs
  CHECK(cycles({.m = 640, .n = 512, .k = 1023}, c) == doctest::Approx(20.0 * 256 * 1024 * 0.1 / 10));
  CHECK(cycles({.m = 640, .n = 512, .k = 1024}, c) < 0.01);  // but for a translation or so
}

TEST_CASE("translations of long rows are served one after another, whatever the number of SMs") {
  Calibration c = prior_calibration();
  c[Constant::gemm_far_pages] = 20;
  c[Constant::gemm_far_row_cycles] = 0.01;
  c[Constant::gemm_far_blocks] = 20 / 1.64;
  // 128 rows of 160 KiB are ten pages, none straddled: 20 under a tile, so that half of its translations miss. 20 blocks,
  // with 1 + (16/20)² = 1.64 far_blocks, share half of those. They ask for 256 translations at each of 40,960 / 8 steps.
  CHECK(cycles({.m = 640, .n = 512, .k = 40960}, c) == doctest::Approx(20.0 * 256 * 40960 / 8 * 0.01 / 4));
}

TEST_CASE("rows that straddle pages miss more than longer ones that do not") {
  const auto per_step = [](std::int64_t k) {
    return cycles({.m = 32768, .n = 2048, .k = k}, prior_calibration(), "6.1") / static_cast<double>(k);
  };
  CHECK(per_step(4608) > 1.2 * per_step(4096));
  CHECK(per_step(7680) > per_step(8192));
  CHECK(per_step(32768) > per_step(8192));
}

TEST_CASE("an operand whose rows one block alone reads is walked once, and costs nothing more") {
  const Calibration c = prior_calibration();
  CHECK(cycles({.m = 128, .n = 128, .k = 1 << 20}, c) == 0);
  CHECK(cycles({.m = 128, .n = 256, .k = 1 << 20}, c) > 0);
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
  const ScatteredReads shallow = reads({.m = 640, .n = 4096, .k = 128, .b_transposed = true}, 64);
  CHECK(shallow.opening.value ==
        doctest::Approx(shallow.bytes.value / 32 * 6.5e-9 / 8 / 4));  // rows of 512 bytes
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

TEST_CASE("HBM has more channels that open pages sooner") {
  const Gemm g{.m = 640, .n = 4096, .k = 1024};
  // 32 channels every 3.5 ns against eight every 6.5
  CHECK(reads(g, 64).opening / reads(g, 64, gibibytes(1000), "tesla-p100-pcie-16gb").opening ==
        doctest::Approx(32.0 / 3.5 / (8.0 / 6.5)));
}
