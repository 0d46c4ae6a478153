// Forward kernels, node by node, with the copies that mixed precision inserts.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/graph/lowering.h"

namespace roofcast {

void Lowering::forward() {
  std::int64_t cast_once = 0;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& n = graph_.nodes[i];
    if (n.view || fusion_.root[i] != static_cast<int>(i)) continue;
    if (is_product(n.op) && has_weights(n) && n.steps > 0 && !storage_.casts_activations())
      cast_once += weight_elements(n);
    forward_node(static_cast<int>(i));
  }
  // A compiled step copies all FP32 weights in one multi-tensor kernel.
  if (cast_once > 0 && storage_.casts_weights()) {
    cast("weights.cast", cast_once, storage_.weights(), storage_.low(), Phase::forward);
  }
}

void Lowering::cast_operands(int i) {
  const Node& n = node(i);
  if (!storage_.casts_activations()) return;
  const std::vector<int> from = sources(n);
  for (std::size_t k = 0; k < from.size(); ++k) {
    const std::int64_t elements = from[k] < 0 ? graph_.input_elements : node(from[k]).output_elements;
    const NumberFormat have = storage_.output(from[k]);
    const NumberFormat want = storage_.operand(n, from[k]);
    if (have != want && elements > 0) cast(n.name + ".input_cast", elements, have, want, Phase::forward);
  }
  if (!is_product(n.op) || !has_weights(n) || !storage_.casts_weights() || n.steps == 0) return;
  cast(n.name + ".weight_cast", weight_elements(n), storage_.weights(), storage_.operand(n, from.front()),
       Phase::forward);
  const auto* gemm = std::get_if<Gemm>(&n.op);
  if (gemm != nullptr && gemm->bias)
    cast(n.name + ".bias_cast", gemm->n, storage_.weights(), storage_.low(), Phase::forward);
}

void Lowering::forward_node(int i) {
  const Node& n = node(i);
  repeats_ = n.repeats;
  in_call_ = n.in_call;
  cast_operands(i);
  const auto run = [&](const Op& op) {
    emit(n.name, op, is_product(op) ? product(n) : streaming(storage_.output(i)), Phase::forward);
    if (!is_product(op)) return;
    out_.kernels.back().weights = weight_format(n, execution_);
    if (has_weights(n)) read_weights(Phase::forward);
  };
  if (!n.composed.empty() && !execution_.stack.fuses_pointwise) {
    for (const Op& op : n.composed) run(op);
    return;
  }
  if (std::holds_alternative<Pointwise>(n.op)) {
    forward_pointwise(i);
    return;
  }
  if (const auto* conv = std::get_if<Conv2d>(&n.op)) {
    convolution(n.name, *conv, product(n), Phase::forward);
  } else if (const auto* attention = std::get_if<Attention>(&n.op)) {
    Attention reading = *attention;
    if (graph_.cache_elements > 0)
      reading.cache_width = storage_size(storage_.cache()) / storage_size(storage_.low());
    emit(n.name, reading, product(n), Phase::forward);
  } else {
    run(n.op);
  }
  const auto* gemm = std::get_if<Gemm>(&n.op);
  if (gemm != nullptr && gemm->bias && execution_.stack.bias_apart && !multiplies_activations(n))
    emit(n.name + ".bias", Pointwise{n.output_elements, 1, 1, 1}, streaming(storage_.output(i)),
         Phase::forward);
  // What follows in the same kernel adds only the other operands it reads and the masks it keeps.
  Pointwise extra{n.output_elements, 0, 0, 0};
  for (const int m : fusion_.members[static_cast<std::size_t>(i)]) {
    if (m == i || !std::holds_alternative<Pointwise>(node(m).op)) continue;
    const Pointwise p = as_it_runs(m);
    extra.reads += p.reads - 1;
    extra.writes += p.writes - 1;
    extra.flops_per_element += p.flops_per_element;
  }
  if (extra.reads + extra.writes > 0)
    emit(n.name + ".fused", extra, streaming(storage_.output(i)), Phase::forward);
}

// Operands count in the output's width; a dropout writes a byte of mask per element besides.
Pointwise Lowering::as_it_runs(int i) const {
  const Node& n = node(i);
  Pointwise p = std::get<Pointwise>(n.op);
  const double width = storage_size(storage_.output(i)).value;
  double full_size = 0;
  double read = 0;
  for (const int source : sources(n)) {
    if (source >= 0 && node(source).output_elements != p.elements) continue;
    ++full_size;
    read += storage_size(storage_.operand(n, source)).value / width;
  }
  if (full_size == p.reads) p.reads = read;
  p.writes += static_cast<double>(n.saved_elements) * 4 / (static_cast<double>(p.elements) * width);
  return p;
}

void Lowering::forward_pointwise(int i) {
  Pointwise all = as_it_runs(i);
  for (const int m : fusion_.members[static_cast<std::size_t>(i)]) {
    if (m == i) continue;
    if (!std::holds_alternative<Pointwise>(node(m).op)) continue;
    const Pointwise p = as_it_runs(m);
    all.reads += p.reads - 1;
    all.writes += p.writes - 1;
    all.flops_per_element += p.flops_per_element;
  }
  emit(node(i).name, all, streaming(storage_.output(i)), Phase::forward);
}

}  // namespace roofcast
