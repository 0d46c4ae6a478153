// The number format every tensor of a graph has in memory: a matter of the framework, not of the GPU.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/graph/execution.h"
#include "model/graph/graph.h"

namespace roofcast {

/// A product is what tensor cores can take over.
bool is_product(const Op& op);

/// A product of two activations (attention) rather than of an activation and a weight.
bool multiplies_activations(const Node& node);

/// Example: under autocast a linear layer reads FP16 copies of its FP32 weight and of an FP32 layer norm's output and
/// writes FP16; a residual sum of FP16 and FP32 is FP32.
class Storage {
 public:
  Storage(const Graph& graph, const Execution& execution);

  /// Of a node's output; -1 is the model input.
  NumberFormat output(int node) const { return node < 0 ? input_ : outputs_[static_cast<std::size_t>(node)]; }
  /// In which the node's kernel reads its operands.
  NumberFormat operand(const Node& node, int index) const;
  /// Of weights as the module holds them.
  NumberFormat weights() const { return weights_; }
  /// The optimizer keeps FP32 copies of 16-bit weights.
  bool master_weights() const { return training_ && weights_ != NumberFormat::fp32; }
  /// FP32 weights are copied to a narrower format in every forward pass.
  bool casts_weights() const { return low_ != weights_ && weights_ == NumberFormat::fp32; }
  /// A change of format between ops is a kernel of its own (eager), not part of the producer (compiled).
  bool casts_activations() const { return casts_activations_; }
  /// Gradients are scaled so that FP16 holds them, and unscaled before the update.
  bool scales_loss() const { return scales_loss_; }
  /// Of cached keys and values.
  NumberFormat cache() const { return cache_; }
  /// What half-precision tensors of this run are in; FP32 where there are none.
  NumberFormat low() const { return low_; }

 private:
  NumberFormat of(const Node& node) const;

  Precision precision_;
  bool training_;
  bool autocast_ = false;
  bool casts_activations_ = false;
  bool scales_loss_ = false;
  NumberFormat low_ = NumberFormat::fp32;
  NumberFormat weights_ = NumberFormat::fp32;
  NumberFormat input_ = NumberFormat::fp32;
  NumberFormat cache_ = NumberFormat::fp32;
  std::vector<NumberFormat> outputs_;
};

}  // namespace roofcast
