// Operations and compulsory elements, worked by hand.
// SPDX-License-Identifier: Apache-2.0
#include "model/ops/op.h"

#include <doctest/doctest.h>

#include <string_view>

using namespace roofcast;
using doctest::Approx;

namespace {

/// ResNet-50's first layer on one image: 3 × 224 × 224, 64 filters of 7 × 7, stride 2, padding 3.
Conv2d conv1() {
  Conv2d v;
  v.c = 3;
  v.h = v.w = 224;
  v.k = 64;
  v.r = v.s = 7;
  v.pad_h = v.pad_w = 3;
  v.stride_h = v.stride_w = 2;
  return v;
}

double attention_flops(std::int64_t length) {
  Attention a;
  a.batch = 8;
  a.heads = 16;
  a.query_length = a.key_length = length;
  a.head_dim = 64;
  return flops(a).value;
}

}  // namespace

TEST_CASE("ResNet-50's first convolution is 112 × 112 × 64 outputs of 147 multiply-adds") {
  CHECK(conv1().out_h() == 112);
  CHECK(flops(conv1()).value == 2.0 * 112 * 112 * 64 * 147);  // 236,027,904
  const Elements e = compulsory_elements(conv1());
  CHECK(e.read == 3.0 * 224 * 224 + 64.0 * 147);
  CHECK(e.written == 64.0 * 112 * 112);
}

TEST_CASE("the three passes of a convolution do the same work on different tensors") {
  Conv2d v = conv1();
  const double forward = flops(v).value;
  v.pass = Pass::backward_data;
  CHECK(flops(v).value == forward);
  CHECK(compulsory_elements(v).written == 3.0 * 224 * 224);
  v.pass = Pass::backward_filter;
  CHECK(flops(v).value == forward);
  CHECK(compulsory_elements(v).written == 64.0 * 147);
}

TEST_CASE("a stride of two through a 1 × 1 filter reads every second row") {
  Conv2d v;
  v.c = 256;
  v.h = v.w = 56;
  v.k = 512;
  v.stride_h = v.stride_w = 2;
  CHECK(compulsory_elements(v).read == 256.0 * 56 * 28 + 512.0 * 256);
}

TEST_CASE("groups divide a convolution's work") {
  Conv2d v = conv1();
  v.c = v.k = 64;
  const double whole = flops(v).value;
  v.groups = 32;
  CHECK(flops(v).value == whole / 32);
}

TEST_CASE("a product is 2·batch·m·n·k and its bias one addition per result") {
  CHECK(flops(Gemm{1, 1000, 1000, 1000}).value == 2e9);
  CHECK(flops(Gemm{16, 10, 20, 30}).value == 2.0 * 16 * 6000);
  Gemm biased{1, 10, 20, 30};
  biased.bias = true;
  CHECK(flops(biased).value == 2.0 * 6000 + 200);
  CHECK(compulsory_elements(Gemm{2, 10, 20, 30}).read == 2.0 * (300 + 600));
  CHECK(compulsory_elements(Gemm{2, 10, 20, 30}).written == 2.0 * 200);
}

TEST_CASE(
    "attention quadruples when the sequence doubles, a causal mask halves it, backward is 2.5 times "
    "forward") {
  CHECK(attention_flops(1024) == 4 * attention_flops(512));
  CHECK(attention_flops(512) == 4.0 * 8 * 16 * 512 * 512 * 64);
  Attention a{1, 1, 128, 128, 64};
  const double full = flops(a).value;
  a.causal = true;
  CHECK(flops(a).value == full / 2);
  a.causal = false;
  a.backward = true;
  CHECK(flops(a).value == 2.5 * full);
}

TEST_CASE("a dense embedding gradient writes the whole table") {
  const Embedding forward{512, 1024, 30522};
  CHECK(compulsory_elements(forward).written == 512.0 * 1024);
  Embedding backward = forward;
  backward.backward = true;
  CHECK(compulsory_elements(backward).written == (30522.0 + 512) * 1024);
  CHECK(compulsory_elements(backward).read == 2 * 512.0 * 1024);
}

TEST_CASE("SGD with momentum reads three words and writes two, fused Adam four and three") {
  const Elements sgd = compulsory_elements(OptimizerStep{10, Bytes(20)});
  CHECK(sgd.read == 30);
  CHECK(sgd.written == 20);
  const Elements adam = compulsory_elements(OptimizerStep{10, Bytes(28)});
  CHECK(adam.read == 40);
  CHECK(adam.written == 30);
}

TEST_CASE("streaming ops count operands and results") {
  CHECK(compulsory_elements(Pointwise{100, 2, 1, 1}).read == 200);
  CHECK(compulsory_elements(Copy{100, 0.5, 1, false}).read == 50);
  CHECK(compulsory_elements(Rowwise{Rowwise::Kind::softmax, 4, 5}).written == 20);
  CHECK(compulsory_elements(Rowwise{Rowwise::Kind::softmax_backward, 4, 5}).read == 40);
  CHECK(compulsory_elements(BatchNorm{BatchNorm::Kind::backward, 2, 3, 4}).read == 48);
  CHECK(compulsory_elements(Reduction{100, 5}).written == 5);
  const Pool pool{Pool::Kind::max, 1, 1, 4, 4, 2, 2, 2};
  CHECK(flops(pool).value == 16);  // 4 outputs of 4 taps
  CHECK(compulsory_elements(pool).read == 16);
}

TEST_CASE("a product of several matrices is a kind of its own") {
  CHECK(kind(Gemm{1, 2, 3, 4}) == KernelKind::gemm);
  CHECK(kind(Gemm{2, 2, 3, 4}) == KernelKind::batched_gemm);
  CHECK(kind(Gemm{.m = 2, .n = 3, .k = 4, .recurrence = 5}) == KernelKind::recurrence);
  CHECK(name(KernelKind::batched_gemm) == "batched_gemm");
  CHECK(kind(OptimizerStep{}) == KernelKind::optimizer);
}
