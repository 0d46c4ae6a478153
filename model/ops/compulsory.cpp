// Elements each op must read and write once, whatever the algorithm.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/ops/op.h"

namespace roofcast {
namespace {

double d(std::int64_t value) { return static_cast<double>(value); }

struct Moved {
  Elements operator()(const Gemm& op) const {
    const double batch = d(op.batch);
    return {batch * (d(op.m) * d(op.k) + d(op.k) * d(op.n)) + (op.bias ? d(op.n) : 0),
            batch * d(op.m) * d(op.n)};
  }

  // A stride beyond the filter's height skips whole image rows; skipped columns share cache lines with used ones.
  Elements operator()(const Conv2d& op) const {
    const double rows = std::min(1.0, d(op.r) / d(op.stride_h));
    const double image = d(op.n) * d(op.c) * d(op.h) * d(op.w);
    const double output = d(op.n) * d(op.k) * d(op.out_h()) * d(op.out_w());
    const double filter = d(op.k) * (d(op.c) / d(op.groups)) * d(op.r) * d(op.s);
    switch (op.pass) {
      case Pass::backward_data: return {output + filter, image};
      case Pass::backward_filter: return {image * rows + output, filter};
      case Pass::forward: break;
    }
    return {image * rows + filter, output};
  }

  Elements operator()(const Pointwise& op) const {
    return {d(op.elements) * op.reads, d(op.elements) * op.writes};
  }

  // Backward kernels read the gradient and the saved output (softmax) or input (norms).
  Elements operator()(const Rowwise& op) const {
    const double n = d(op.rows) * d(op.cols);
    const bool backward =
        op.kind == Rowwise::Kind::softmax_backward || op.kind == Rowwise::Kind::layer_norm_backward;
    return {backward ? 2 * n : n, n};
  }

  Elements operator()(const Reduction& op) const { return {d(op.elements), d(op.outputs)}; }

  Elements operator()(const BatchNorm& op) const {
    const double n = d(op.n) * d(op.c) * d(op.spatial);
    return {op.kind == BatchNorm::Kind::backward ? 2 * n : n, n};
  }

  // Backward of a maximum also reads which element won.
  Elements operator()(const Pool& op) const {
    const double in = d(op.n) * d(op.c) * d(op.h) * d(op.w);
    const double out = d(op.n) * d(op.c) * d(op.out_h) * d(op.out_w);
    if (op.backward) return {op.kind == Pool::Kind::max ? 2 * out : out, in};
    return {in, out};
  }

  // Backward writes a dense gradient: the whole table zeroed, then one row read and added to per token.
  Elements operator()(const Embedding& op) const {
    const double gathered = d(op.tokens) * d(op.width);
    const double rows_touched = std::min(d(op.tokens), d(op.vocabulary)) * d(op.width);
    if (op.backward) return {gathered + rows_touched, d(op.vocabulary) * d(op.width) + rows_touched};
    return {gathered, gathered};
  }

  // Forward: Q, K, V in, O out. Backward: Q, K, V, O, dO in, dQ, dK, dV out.
  Elements operator()(const Attention& op) const {
    const double head = d(op.batch) * d(op.heads) * d(op.head_dim);
    const double query = head * d(op.query_length);
    const double key = head * d(op.keys_read()) / d(op.queries_per_key) * op.cache_width;
    if (op.backward) return {3 * query + 2 * key, query + 2 * key};
    return {query + 2 * key, query};
  }

  Elements operator()(const Copy& op) const {
    return {d(op.elements) * op.reads, d(op.elements) * op.writes};
  }

  // In FP32 words: every state is read and written, the gradient only read; 5 words are 2 states and a gradient.
  Elements operator()(const OptimizerStep& op) const {
    const double words = op.bytes_per_parameter.value / 4;
    const double states = std::max(0.0, (words - 1) / 2);
    return {d(op.parameters) * (words - states), d(op.parameters) * states};
  }
};

}  // namespace

Elements compulsory_elements(const Op& op) { return std::visit(Moved{}, op); }

}  // namespace roofcast
