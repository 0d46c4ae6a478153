// Appends nodes to a graph in execution order: the ops every network shares.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/graph/graph.h"
#include "model/workloads/workload.h"

namespace roofcast {

/// The tensor that is the model's input, as an input of a node.
inline constexpr int kModelInput = -1;

class GraphBuilder {
 public:
  GraphBuilder(std::string name, std::string description, const WorkloadRequest& request);

  std::int64_t batch() const { return graph_.batch * copies_; }
  bool training() const { return training_; }
  /// Tensors are NHWC whatever the stack, see Graph::channels_last.
  void keep_channels_last() { graph_.channels_last = true; }
  /// From here on every sample is there `copies` times (guidance runs with and without a prompt), every node runs
  /// `repeats` times.
  void set_repetition(std::int64_t copies, std::int64_t repeats) {
    copies_ = copies;
    repeats_ = repeats;
  }
  void set_input(std::int64_t elements) { graph_.input_elements = elements; }
  /// What a decoder keeps between steps and how many logits it is sampled from, in elements.
  void keep(std::int64_t cache, std::int64_t logits) {
    graph_.cache_elements = cache;
    graph_.logits = logits;
  }
  Graph take() { return std::move(graph_); }

  /// The index of the new node. kModelInput among `inputs` is left out.
  int add(Node node, std::vector<int> inputs);

  /// y = x Wᵀ (+ b), x of rows × in. `tied` weights belong to another node; `stored` says how the weight lies.
  struct Linear {
    bool bias = true;
    bool tied = false;
    bool weight_in_out = false;  // stored in × out (GPT-2's Conv1D) instead of out × in
  };
  int linear(std::string name, int x, std::int64_t rows, std::int64_t in, std::int64_t out, Linear options);
  int linear(std::string name, int x, std::int64_t rows, std::int64_t in, std::int64_t out) {
    return linear(std::move(name), x, rows, in, out, Linear{});
  }

  /// C[m,n] = A[m,k] · B[k,n] of two activations, `batch` times, all contiguous.
  int matmul(std::string name, int a, int b, std::int64_t batch, std::int64_t m, std::int64_t n,
             std::int64_t k);

  /// The node writes over its first input's memory.
  void overwrite(int node) { at(node).in_place = true; }

  /// A named elementwise function of `elements` outputs, see pointwise_rule. Small operands need no entry in `inputs`.
  int pointwise(std::string name, std::string_view function, std::int64_t elements, std::vector<int> inputs);

  /// x plus a smaller tensor repeated over it; its gradient is a sum.
  int add_broadcast(std::string name, int x, std::int64_t count, int small, std::int64_t small_count);

  /// Readers take disjoint parts of this output.
  void split(int node) { at(node).splits = true; }

  int softmax(std::string name, int x, std::int64_t rows, std::int64_t cols, bool causal = false);
  int layer_norm(std::string name, int x, std::int64_t rows, std::int64_t cols);
  /// T5's, as eager code spells it: pow, mean, add, rsqrt, two products.
  int rms_norm(const std::string& name, int x, std::int64_t rows, std::int64_t cols);
  /// The same as one node; an interpreter launches its parts.
  int fused_rms_norm(std::string name, int x, std::int64_t rows, std::int64_t cols);
  /// Training only; in inference the input itself.
  int dropout(std::string name, int x, std::int64_t elements);
  /// A contiguous copy of a rearranged tensor.
  int rearrange(std::string name, int x, std::int64_t elements);
  int embedding(std::string name, std::int64_t tokens, std::int64_t width, std::int64_t vocabulary,
                bool tied = false);
  /// Tensors copied one behind the other into a new one, `elements` in all.
  int joined(std::string name, std::vector<int> parts, std::int64_t elements);
  /// A key-value cache with what is new behind it, `elements` in all: torch.cat copies all of it, engines write in place.
  int append(std::string name, int x, std::int64_t elements);
  /// Keys or values that an earlier step left: they take no time, and count as the cache.
  int kept(std::string name, std::int64_t elements);
  /// Log-softmax and its negative log-likelihood; training only.
  int cross_entropy(std::string name, int x, std::int64_t rows, std::int64_t classes);

  int node_count() const { return static_cast<int>(graph_.nodes.size()); }
  /// A node already added, to adjust.
  Node& at(int node) { return graph_.nodes[static_cast<std::size_t>(node)]; }

 private:
  Graph graph_;
  bool training_;
  std::int64_t copies_ = 1, repeats_ = 1;
};

}  // namespace roofcast
