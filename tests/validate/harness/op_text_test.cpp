// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/op_text.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "hwdb/hwdb.h"
#include "validate/harness/plan.h"

using namespace roofcast;

TEST_CASE("an op is its kind and the fields that differ from the default") {
  Gemm g{1, 1024, 512, 768};
  g.b_transposed = true;
  CHECK(op_text(g) == "gemm:m=1024,n=512,k=768,bt=1");
  CHECK(op_text(Pointwise{4096, 1.25, 1, 2}) == "pointwise:elements=4096,reads=1.25,flops=2");
  CHECK(op_text(Rowwise{Rowwise::Kind::softmax_backward, 4, 8}) ==
        "rowwise:kind=softmax_backward,rows=4,cols=8");
  CHECK(op_text(BatchNorm{BatchNorm::Kind::training, 1, 2, 3}, true) == "batch_norm:c=2,spatial=3,nhwc=1");
}

TEST_CASE("every op of the full plan reads back as it was") {
  for (const char* board : {"quadro-p4000", "h200-sxm"}) {
    const Gpu gpu = Hwdb::embedded().resolve(board).gpu;
    std::size_t ops = 0;
    for (const auto& c : harness::plan(harness::Suite::full, gpu, embedded_calibration()).cases) {
      const auto check = [&](const harness::OpCase& o) {
        const ParsedOp parsed = parse_op_text(op_text(o.op, o.channels_last));
        const bool same = parsed.op == o.op && parsed.channels_last == o.channels_last;
        if (!same) FAIL(op_text(o.op));
        if (!(parse_numerics_text(numerics_text(o.numerics)) == o.numerics)) FAIL(numerics_text(o.numerics));
        ++ops;
      };
      if (const auto* o = std::get_if<harness::OpCase>(&c.subject)) check(*o);
      if (const auto* s = std::get_if<harness::StepCase>(&c.subject)) {
        for (const auto& o : s->kernels) check(o);
      }
    }
    CHECK(ops > 500);
  }
}

TEST_CASE("attention reads back with all its fields") {
  Attention a{2, 32, 1, 4096, 128, true};
  a.queries_per_key = 4;
  a.window = 1024;
  a.cache_width = 0.5;
  CHECK(op_text(a) ==
        "attention:batch=2,heads=32,key=4096,dim=128,causal=1,queries_per_key=4,window=1024,cache_width=0.5");
  CHECK(std::get<Attention>(parse_op_text(op_text(a)).op) == a);
}

TEST_CASE("a bad op names its field") {
  CHECK_THROWS_WITH_AS(parse_op_text("gemm"), "expected kind:field=value,...", std::invalid_argument);
  CHECK_THROWS_WITH_AS(parse_op_text("gem:m=1"), "'gem' is no kind of op", std::invalid_argument);
  CHECK_THROWS_WITH_AS(parse_op_text("gemm:m=-4"), "m: '-4' is not a value of this field",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parse_op_text("gemm:m=4,m=5"), "m is given twice", std::invalid_argument);
  CHECK_THROWS_WITH_AS(parse_op_text("gemm:rows=4"), "gemm has no field 'rows'", std::invalid_argument);
  CHECK_THROWS_WITH_AS(parse_op_text("rowwise:kind=max"), "kind: 'max' is not a value of this field",
                       std::invalid_argument);
  CHECK_THROWS_AS(parse_numerics_text("fp16/fp16/tensor_core"), std::invalid_argument);
}
