// Matrix products: with weights, of activations, with integers.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/operators.h"
#include "model/importers/onnx/operators/gemm_node.h"
#include "model/workloads/elements.h"

namespace roofcast::onnx {

// Batched weights (one matrix per expert) and left-hand weights are single products of the same size.
Value gemm_node(Step& s, const Value& a, const Value& b, Gemm gemm, DataType type, Dims dims) {
  Value y = s.make(type, std::move(dims));
  elements(s.label(), {std::max<std::int64_t>(1, gemm.batch), std::max<std::int64_t>(1, gemm.m),
                       std::max<std::int64_t>(1, gemm.n)});
  elements(s.label(), {std::max<std::int64_t>(1, gemm.batch), std::max<std::int64_t>(1, gemm.n),
                       std::max<std::int64_t>(1, gemm.k)});
  elements(s.label(), {std::max<std::int64_t>(1, gemm.batch), std::max<std::int64_t>(1, gemm.m),
                       std::max<std::int64_t>(1, gemm.k)});
  if (a.constant && b.constant) {
    y.constant = true;
    return y;
  }
  if (y.elements() == 0 || gemm.k == 0) return y;
  Node node;
  node.op = gemm;
  node.output_elements = y.elements();
  node.parameters = (a.constant ? s.own(a) : 0) + (b.constant ? s.own(b) : 0);
  y.node = s.add(std::move(node), {&a, &b});
  return y;
}

namespace {

/// A batched product takes one stride per dimension, so a stack of rank 3 needs no copy, nor one whose matrices are
/// transposed. Stacks of more dimensions are first made one: heads beside tokens are copied. Source: at::matmul.
Value stacked(Step& s, const Value& x) { return x.rank() <= 3 || x.flipped ? x : s.contiguous(x); }

void multiply(Step& s, Value a, Value b, DataType type, bool swap_a, bool swap_b) {
  if (a.dims.empty() || b.dims.empty()) s.fail("multiplies a scalar");
  Dims left = a.dims, right = b.dims;
  const bool row = left.size() == 1, column = right.size() == 1;
  if (row) left = {1, left[0]};
  if (column) right.push_back(1);
  if (swap_a) std::swap(left[left.size() - 1], left[left.size() - 2]);
  if (swap_b) std::swap(right[right.size() - 1], right[right.size() - 2]);
  const std::int64_t m = left[left.size() - 2], k = left.back(), n = right.back();
  if (right[right.size() - 2] != k)
    s.fail(fmt::format("{} and {} do not multiply: {} against {}", text(a.dims), text(b.dims), k,
                       right[right.size() - 2]));
  const Dims outer_a(left.begin(), left.end() - 2), outer_b(right.begin(), right.end() - 2);
  const auto outer = broadcast(outer_a, outer_b);
  if (!outer) s.fail(fmt::format("{} and {} do not multiply", text(a.dims), text(b.dims)));
  Dims dims = *outer;
  if (!row) dims.push_back(m);
  if (!column) dims.push_back(n);
  elements_of(dims, s.label());
  const std::int64_t stack = product(*outer, 0, outer->size());
  Gemm gemm{1, m, n, k};
  if (b.constant && product(outer_b, 0, outer_b.size()) == 1) {
    gemm.m = stack * m;
    gemm.b_transposed = true;  // as frameworks store it; exporters write it the other way round
    a = s.contiguous(a);
  } else if (a.constant && product(outer_a, 0, outer_a.size()) == 1) {
    gemm = Gemm{1, stack * n, m, k};
    gemm.b_transposed = true;
    b = s.contiguous(b);
  } else {
    gemm.batch = stack;
    a = stacked(s, a);
    b = stacked(s, b);
  }
  s.out(0, gemm_node(s, a, b, gemm, type, dims));
}

void matmul(Step& s) {
  const Value& a = s.in(0);
  multiply(s, a, s.in(1), s.op() == "MatMulInteger" ? DataType::int32 : a.type, s.integer("transA", 0) != 0,
           s.integer("transB", 0) != 0);
}

/// a, scale, zero, b, scale, zero, ...: integers with their scales between.
void qlinear_matmul(Step& s) { multiply(s, s.in(0), s.in(3), s.in(0).type, false, false); }

void gemm(Step& s) {
  Value a = s.in(0);
  const Value b = s.in(1);
  if (a.rank() != 2 || b.rank() != 2)
    s.fail(fmt::format("{} and {} are not two matrices", text(a.dims), text(b.dims)));
  const bool swap_a = s.integer("transA", 0) != 0, swap_b = s.integer("transB", 0) != 0;
  const std::int64_t m = a.dims[swap_a ? 1 : 0], k = a.dims[swap_a ? 0 : 1], n = b.dims[swap_b ? 0 : 1];
  if (b.dims[swap_b ? 1 : 0] != k)
    s.fail(fmt::format("{} and {} do not multiply", text(a.dims), text(b.dims)));
  Gemm op{1, m, n, k};
  op.a_transposed = swap_a;
  op.b_transposed = swap_b;
  a = s.contiguous(a);
  Value y = gemm_node(s, a, b, op, a.type, {m, n});
  if (s.has(2) && y.node >= 0) {
    const Value bias = s.in(2);
    if (broadcast(bias.dims, y.dims) != y.dims)
      s.fail(fmt::format("a bias of {} does not fit {}", text(bias.dims), text(y.dims)));
    Node& node = s.builder().at(y.node);
    std::get<Gemm>(node.op).bias = true;
    node.parameters += s.own(bias);
  }
  s.out(0, std::move(y));
}

/// Weights of n bits in blocks, dequantised as they are read. Source: com.microsoft.MatMulNBits.
void matmul_n_bits(Step& s) {
  const Value a = s.contiguous(s.in(0));
  const std::int64_t k = s.integer("K", 0), n = s.integer("N", 0);
  if (k < 1 || n < 1 || a.dims.empty() || a.dims.back() != k)
    s.fail(fmt::format("{} does not multiply a weight of {}×{}", text(a.dims), k, n));
  Value weight = s.in(1);
  elements_of({k, n}, s.label());
  weight.weight_elements = k * n;
  if (weight.weight.empty()) weight.weight = s.input_name(1);
  Dims dims = a.dims;
  dims.back() = n;
  elements_of(dims, s.label());
  Gemm op{1, a.elements() / k, n, k};
  op.b_transposed = true;
  s.translator().remark("weights of 4 bits are counted in the precision of the run");
  s.out(0, gemm_node(s, a, weight, op, a.type, dims));
}

}  // namespace

void add_products(Operators& table) {
  for (const char* name :
       {"MatMul", "MatMulInteger", "FusedMatMul", "MatMulIntegerToFloat", "DynamicQuantizeMatMul"})
    table[name] = matmul;
  table["Gemm"] = table["FusedGemm"] = gemm;
  table["MatMulNBits"] = matmul_n_bits;
  table["QLinearMatMul"] = qlinear_matmul;
}

}  // namespace roofcast::onnx
