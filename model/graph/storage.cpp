// Formats of tensors. Source: PyTorch, "Automatic Mixed Precision package", op lists of autocast on CUDA.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/storage.h"

namespace roofcast {
namespace {

using enum NumberFormat;

NumberFormat low_format(Precision precision) {
  switch (precision) {
    case Precision::amp_fp16:
    case Precision::fp16: return fp16;
    case Precision::amp_bf16:
    case Precision::bf16:
    case Precision::fp8: return bf16;
    case Precision::int8: return fp16;  // what is not quantised
    default: return fp32;
  }
}

bool is_autocast(Precision precision) {
  return precision == Precision::amp_fp16 || precision == Precision::amp_bf16 || precision == Precision::fp8;
}

}  // namespace

bool is_product(const Op& op) {
  return std::holds_alternative<Gemm>(op) || std::holds_alternative<Conv2d>(op) ||
         std::holds_alternative<Attention>(op);
}

bool multiplies_activations(const Node& node) {
  const auto* gemm = std::get_if<Gemm>(&node.op);
  return std::holds_alternative<Attention>(node.op) ||
         (gemm != nullptr && (gemm->batch > 1 || node.inputs.size() == 2));
}

Storage::Storage(const Graph& graph, const Execution& execution)
    : precision_(execution.precision), training_(execution.mode == Mode::training) {
  low_ = low_format(precision_);
  // A compiled engine for inference holds everything in the format it multiplies. Autocast keeps FP32 weights and
  // widens the ops that need it; where the graph is compiled its casts are part of the kernels around them.
  const bool compiled = execution.stack.fuses_pointwise;
  autocast_ = is_autocast(precision_) && (training_ || !compiled);
  weights_ = autocast_ ? fp32 : low_;
  if (precision_ == Precision::int8) weights_ = int8;
  input_ = autocast_ && !compiled ? fp32 : low_;
  casts_activations_ = autocast_ && !compiled;
  scales_loss_ = training_ && low_ == fp16;
  outputs_.reserve(graph.nodes.size());
  for (const Node& node : graph.nodes) outputs_.push_back(of(node));
}

NumberFormat Storage::of(const Node& node) const {
  if (node.view) return output(node.inputs.empty() ? -1 : node.inputs.front());
  if (precision_ == Precision::int8 && std::holds_alternative<Conv2d>(node.op)) return int8;
  if (is_product(node.op)) return low_;
  if (std::holds_alternative<Embedding>(node.op)) return autocast_ ? fp32 : low_;
  if (node.fp32_under_amp) return autocast_ ? fp32 : low_;
  // A learnt operand in FP32 widens the rest (positions, layer scale); written in place, a result keeps its format.
  if (node.in_place && !node.inputs.empty()) return output(node.inputs.front());
  const bool mixes = std::holds_alternative<Pointwise>(node.op) || std::holds_alternative<Copy>(node.op);
  if (autocast_ && mixes && node.parameters > 0) return fp32;
  if (node.inputs.empty()) return input_;
  NumberFormat widest = output(node.inputs.front());
  for (const int input : node.inputs) {
    if (storage_size(output(input)) > storage_size(widest)) widest = output(input);
  }
  return widest;
}

NumberFormat Storage::operand(const Node& node, int index) const {
  // Softmax reads half and writes FP32 in one kernel; other ops that autocast widens get a copy.
  const auto* row = std::get_if<Rowwise>(&node.op);
  const bool widens_itself =
      row != nullptr && (row->kind == Rowwise::Kind::softmax || row->kind == Rowwise::Kind::cross_entropy);
  if (!is_product(node.op)) return node.fp32_under_amp && autocast_ && !widens_itself ? fp32 : output(index);
  if (precision_ == Precision::fp8 && std::holds_alternative<Gemm>(node.op) && !multiplies_activations(node))
    return fp8;
  if (precision_ == Precision::int8 && !multiplies_activations(node)) return int8;
  return low_;
}

}  // namespace roofcast
