// What every op is called.
// SPDX-License-Identifier: Apache-2.0
#include "model/ops/op.h"

namespace roofcast {
namespace {

struct Kind {
  KernelKind operator()(const Gemm& op) const {
    if (op.recurrence) return KernelKind::recurrence;
    return op.batch > 1 ? KernelKind::batched_gemm : KernelKind::gemm;
  }
  KernelKind operator()(const Conv2d&) const { return KernelKind::conv; }
  KernelKind operator()(const Pointwise&) const { return KernelKind::pointwise; }
  KernelKind operator()(const Rowwise&) const { return KernelKind::rowwise; }
  KernelKind operator()(const Reduction&) const { return KernelKind::reduction; }
  KernelKind operator()(const BatchNorm&) const { return KernelKind::batch_norm; }
  KernelKind operator()(const Pool&) const { return KernelKind::pool; }
  KernelKind operator()(const Embedding&) const { return KernelKind::embedding; }
  KernelKind operator()(const Attention&) const { return KernelKind::attention; }
  KernelKind operator()(const Copy&) const { return KernelKind::copy; }
  KernelKind operator()(const OptimizerStep&) const { return KernelKind::optimizer; }
};

}  // namespace

KernelKind kind(const Op& op) { return std::visit(Kind{}, op); }

std::string_view name(KernelKind kind) {
  switch (kind) {
    case KernelKind::gemm: return "gemm";
    case KernelKind::batched_gemm: return "batched_gemm";
    case KernelKind::recurrence: return "recurrence";
    case KernelKind::conv: return "conv";
    case KernelKind::pointwise: return "pointwise";
    case KernelKind::rowwise: return "rowwise";
    case KernelKind::reduction: return "reduction";
    case KernelKind::batch_norm: return "batch_norm";
    case KernelKind::pool: return "pool";
    case KernelKind::embedding: return "embedding";
    case KernelKind::attention: return "attention";
    case KernelKind::copy: return "copy";
    case KernelKind::optimizer: return "optimizer";
  }
  return "?";
}

std::string_view name(Pass pass) {
  switch (pass) {
    case Pass::forward: return "forward";
    case Pass::backward_data: return "backward_data";
    case Pass::backward_filter: return "backward_filter";
  }
  return "?";
}

}  // namespace roofcast
