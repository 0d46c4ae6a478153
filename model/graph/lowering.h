// The work of `lower`: one object per call, its parts in forward.cpp, backward.cpp and update.cpp.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/graph/checkpoint.h"
#include "model/graph/lower.h"
#include "model/graph/rewrite.h"
#include "model/graph/storage.h"

namespace roofcast {

/// Whether weights are learnt by this node: layers, not products of activations.
bool has_weights(const Node& node);
/// The format of a node's weights where a recipe quantises them alone, or where ggml reads halves as they are.
std::optional<WeightFormat> weight_format(const Node& node, const Execution& execution);
/// Elements of a product's weight operand, the bias apart.
std::int64_t weight_elements(const Node& node);
/// Weight, bias, scale and shift are tensors of their own, which optimizers and casts launch kernels for.
std::int64_t parameter_tensors(const Node& node);

/// Whether the hardware multiplies weights pruned 2:4 at a higher rate.
bool has_sparse_path(const Numerics& numerics, const Gpu& gpu);

/// Which outputs gradients flow to: what learns, or passes on to what learns, and leads to the loss.
std::vector<bool> gradient_flow(const Graph& graph);

class Lowering {
 public:
  Lowering(Graph graph, const Gpu& gpu, const Execution& execution);

  /// Hosts send FP32: pixels as the pipeline made them, or token numbers.
  void input(std::int64_t elements, std::int64_t samples) {
    out_.samples = samples;
    out_.input = storage_size(NumberFormat::fp32) * static_cast<double>(elements);
  }
  void remark(const std::vector<std::string>& texts) {
    out_.remarks.insert(out_.remarks.end(), texts.begin(), texts.end());
  }
  void forward();
  void backward();
  void update();
  /// What the host samples from.
  void logits(std::int64_t count) { out_.host_logits = count; }
  Lowered take() { return std::move(out_); }

 private:
  const Node& node(int i) const { return graph_.nodes[static_cast<std::size_t>(i)]; }
  Numerics streaming(NumberFormat format) const {
    return {format, NumberFormat::fp32, NumberFormat::fp32, Path::cuda_core};
  }
  Numerics product(const Node& node);
  bool learns(int source) const { return source < 0 || flows_[static_cast<std::size_t>(source)]; }
  bool input_learns(const Node& node, int input) const;
  /// The source nodes a node reads; {-1} for the model input.
  std::vector<int> sources(const Node& node) const;

  void emit(std::string name, Op op, const Numerics& numerics, Phase phase);
  void read_weights(Phase phase);
  void cast(const std::string& name, std::int64_t elements, NumberFormat from, NumberFormat to, Phase phase);
  void convolution(const std::string& name, const Conv2d& conv, const Numerics& numerics, Phase phase);

  // forward.cpp
  void forward_node(int i);
  void forward_pointwise(int i);
  void cast_operands(int i);
  Pointwise as_it_runs(int i) const;
  // backward.cpp
  void recompute(const Segment& segment);
  void backward_node(int i);
  void accumulate(int i);
  void products_backward(int i, const Gemm& gemm);
  void products_backward(int i, const Conv2d& conv);
  void streaming_backward(int i);
  void cast_gradients(int i);
  void weight_gradient_cast(int i);

  Graph graph_;
  const Gpu& gpu_;
  const Execution& execution_;
  Storage storage_;
  std::vector<std::vector<int>> users_;
  Fusion fusion_;
  std::vector<bool> flows_;
  Lowered out_;
  bool recomputing_ = false;  // forward kernels run for backward
  std::int64_t repeats_ = 1;  // of the node whose kernels are emitted
  bool in_call_ = false;      // ... by the host's call for an earlier one
  bool early_ = false;        // the stack's libraries are no older than the GPU's generation
  bool cold_ = false;         // all weights together outgrow L2: none is there from its last use
};

}  // namespace roofcast
