// SPDX-License-Identifier: Apache-2.0
#include "model/graph/graph.h"

namespace roofcast {

std::int64_t Graph::parameters() const {
  std::int64_t sum = 0;
  for (const Node& node : nodes) sum += node.parameters;
  return sum;
}

Flops Graph::forward_flops() const {
  Flops sum;
  for (const Node& node : nodes) {
    if (!node.view && !node.training_only) sum += flops(node.op) * static_cast<double>(node.repeats);
  }
  return sum;
}

namespace {

bool is_counted_product(const Node& node) {
  const bool product = std::holds_alternative<Gemm>(node.op) || std::holds_alternative<Conv2d>(node.op) ||
                       std::holds_alternative<Attention>(node.op);
  return product && !node.view && !node.training_only;
}

}  // namespace

double Graph::multiply_adds() const {
  double sum = 0;
  for (const Node& node : nodes) {
    if (is_counted_product(node)) sum += flops(node.op).value / 2 * static_cast<double>(node.repeats);
  }
  return sum;
}

double Graph::activations() const {
  double sum = 0;
  for (const Node& node : nodes) {
    if (is_counted_product(node)) sum += static_cast<double>(node.output_elements * node.repeats);
  }
  return sum;
}

}  // namespace roofcast
