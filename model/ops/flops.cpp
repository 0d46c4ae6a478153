// Operations of the direct algorithm of every op. A multiply-add is two.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/ops/op.h"

namespace roofcast {
namespace {

double d(std::int64_t value) { return static_cast<double>(value); }

// Per element of a row: softmax = max, subtract, exp, sum, divide; layer norm = mean (1), variance (2), normalise (2),
// scale and shift (2) and one for the square root spread over the row; backward recomputes the normalised value.
double operations_per_element(Rowwise::Kind kind) {
  switch (kind) {
    case Rowwise::Kind::softmax: return 5;
    case Rowwise::Kind::layer_norm: return 8;
    case Rowwise::Kind::rms_norm: return 4;
    case Rowwise::Kind::softmax_backward: return 4;  // y·dy, sum, subtract, multiply
    case Rowwise::Kind::layer_norm_backward: return 14;
    case Rowwise::Kind::cross_entropy: return 5;
  }
  return 0;
}

// Scale and shift (2); training adds mean and variance (3); backward the two parameter gradients (4) and the data
// gradient (4). Source: Ioffe and Szegedy (2015), algorithm 1 and the derivatives below it.
double operations_per_element(BatchNorm::Kind kind) {
  switch (kind) {
    case BatchNorm::Kind::inference: return 2;
    case BatchNorm::Kind::training: return 5;
    case BatchNorm::Kind::backward: return 8;
  }
  return 0;
}

struct Operations {
  double operator()(const Gemm& op) const {
    return 2 * d(op.batch) * d(op.m) * d(op.n) * d(op.k) + (op.bias ? d(op.batch) * d(op.m) * d(op.n) : 0);
  }
  // The three passes of a convolution are the same sum of products, grouped differently.
  double operator()(const Conv2d& op) const {
    return 2 * d(op.n) * d(op.k) * d(op.out_h()) * d(op.out_w()) * (d(op.c) / d(op.groups)) * d(op.r) *
           d(op.s);
  }
  double operator()(const Pointwise& op) const { return d(op.elements) * op.flops_per_element; }
  double operator()(const Rowwise& op) const {
    return d(op.rows) * d(op.cols) * operations_per_element(op.kind);
  }
  double operator()(const Reduction& op) const { return d(op.elements); }
  double operator()(const BatchNorm& op) const {
    return d(op.n) * d(op.c) * d(op.spatial) * operations_per_element(op.kind);
  }
  // One comparison or addition per tap; backward of a maximum only moves values.
  double operator()(const Pool& op) const {
    const double outputs = d(op.n) * d(op.c) * d(op.out_h) * d(op.out_w);
    return outputs * (op.backward && op.kind == Pool::Kind::max ? 1 : d(op.window) * d(op.window));
  }
  // A gather computes nothing; its backward adds.
  double operator()(const Embedding& op) const { return op.backward ? d(op.tokens) * d(op.width) : 0; }
  // Two products of 2·Lq·Lk·D forward, five backward (the scores once more). Source: Dao et al., FlashAttention (2022).
  double operator()(const Attention& op) const {
    return 4 * d(op.batch) * d(op.heads) * op.pairs() * d(op.head_dim) * (op.backward ? 2.5 : 1);
  }
  double operator()(const Copy&) const { return 0; }
  double operator()(const OptimizerStep& op) const { return d(op.parameters) * op.flops_per_parameter; }
};

}  // namespace

// The integral of min(position, window) over the positions of the queries: half a square without a window.
double Attention::pairs() const {
  if (!causal) return d(query_length) * d(key_length);
  const double reach = window ? d(*window) : d(key_length);
  const auto up_to = [&](double position) {
    return position < reach ? position * position / 2 : reach * reach / 2 + reach * (position - reach);
  };
  return up_to(d(key_length)) - up_to(d(key_length - query_length));
}

std::int64_t Attention::keys_read() const {
  return window ? std::min(key_length, *window + query_length - 1) : key_length;
}

Flops flops(const Op& op) { return Flops(std::visit(Operations{}, op)); }

}  // namespace roofcast
