// Ops in words.
// SPDX-License-Identifier: Apache-2.0
#include "cli/describe.h"

#include <doctest/doctest.h>

using namespace roofcast;
using namespace roofcast::cli;

TEST_CASE("shapes are named as the field names them") {
  CHECK(describe(Gemm{1, 512, 1024, 2048}) == "gemm 512×1024×2048");
  CHECK(describe(Gemm{128, 384, 384, 64}) == "bgemm 128×(384×384×64)");
  Conv2d conv{64, 256, 56, 56, 64, 3, 3, 1, 1, 2, 2};
  CHECK(describe(conv) == "conv 64×256×56² k64 3×3 s2");
  conv.pass = Pass::backward_filter;
  conv.w = 28;
  conv.groups = 32;
  CHECK(describe(conv) == "wgrad 64×256×56×28 k64 3×3 s2 g32");
  CHECK(describe(Pointwise{12'845'056}) == "pointwise 12.8 M");
  CHECK(describe(Rowwise{Rowwise::Kind::softmax_backward, 8192, 512}) == "softmax' 8192×512");
  CHECK(describe(OptimizerStep{25'557'032, Bytes(20)}) == "update 25.6 M");
}

TEST_CASE("a cut text ends in an ellipsis and never in half a character") {
  CHECK(cut("short", 5) == "short");
  CHECK(cut("longer", 5) == "long…");
  CHECK(cut("3×3×3×3", 4) == "3×3…");
  CHECK(cut_front("encoder.query", 8) == "…r.query");
  CHECK(cut_front("3×3×3×3", 4) == "…3×3");
  CHECK(cut_front("query", 5) == "query");
}
