// The peak of live tensors, by walking forward and, in training, back.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/liveness.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "model/graph/lowering.h"

namespace roofcast {
namespace {

/// Bytes alive now and the most there ever were.
struct Meter {
  double now = 0, peak = 0;
  void take(double bytes) {
    now += bytes;
    peak = std::max(peak, now);
  }
  void release(double bytes) { now -= bytes; }
};

class Walk {
 public:
  Walk(const Graph& graph, const Execution& execution)
      : graph_(graph),
        storage_(graph, execution),
        fusion_(fuse(graph, execution)),
        users_(consumers(graph)),
        flows_(gradient_flow(graph)),
        training_(execution.mode == Mode::training) {
    alias_.resize(graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& n = graph.nodes[i];
      const int source = n.inputs.empty() ? -1 : behind_views(graph, n.inputs.front());
      // A fused node writes its kernel's only output; what it would overwrite never reached memory.
      const bool overwrites = n.in_place && fusion_.root[i] == static_cast<int>(i);
      alias_[i] = (n.view || overwrites) && source >= 0 ? alias_[static_cast<std::size_t>(source)]
                                                        : static_cast<int>(i);
    }
  }

  double peak() {
    find_saved();
    forward();
    if (training_) backward();
    return meter_.peak;
  }

 private:
  const Node& node(int i) const { return graph_.nodes[static_cast<std::size_t>(i)]; }
  int memory_of(int i) const { return i < 0 ? -1 : alias_[static_cast<std::size_t>(i)]; }
  int source(int input) const { return behind_views(graph_, input); }
  double bytes(int i) const {
    const auto elements = static_cast<double>(i < 0 ? graph_.input_elements : node(i).output_elements);
    return elements * storage_size(storage_.output(i)).value;
  }
  bool stored(int i) const { return !node(i).view && memory_of(i) == i && !fusion_.internal(i, users_); }

  // Which tensors backward needs, and the first node, so the last in backward, that does. A cast operand is kept as
  // its copy, for the one product that made it.
  void find_saved() {
    own_.assign(graph_.nodes.size(), 0);
    if (!training_) return;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& n = graph_.nodes[i];
      if (n.view || !flows_[i]) continue;
      own_[i] = static_cast<double>(n.saved_elements) * 4;
      const auto keep = [&](int tensor) { last_use_.try_emplace(tensor, static_cast<int>(i)); };
      if (n.saves_output && stored(memory_of(static_cast<int>(i)))) keep(memory_of(static_cast<int>(i)));
      if (!n.saves_input) continue;
      const std::vector<int> inputs = n.inputs.empty() ? std::vector<int>{-1} : n.inputs;
      for (const int input : inputs) {
        const int from = source(input);
        const double have = storage_size(storage_.output(from)).value;
        const double want = storage_size(storage_.operand(n, from)).value;
        if (storage_.casts_activations() && have != want) {
          own_[i] += bytes(from) / have * want;
        } else if (from < 0 || stored(memory_of(from))) {
          keep(memory_of(from));
        }
      }
    }
  }

  void forward() {
    std::map<int, int> last_reader;  // of each piece of memory
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].view) continue;
      const int self = static_cast<int>(i);
      last_reader[memory_of(self)] = self;
      if (graph_.nodes[i].inputs.empty()) last_reader[-1] = self;
      for (const int input : graph_.nodes[i].inputs) last_reader[memory_of(source(input))] = self;
    }
    std::vector<std::vector<int>> released(graph_.nodes.size());
    for (const auto& [tensor, reader] : last_reader)
      released[static_cast<std::size_t>(reader)].push_back(tensor);

    meter_.take(bytes(-1));
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const int self = static_cast<int>(i);
      if (stored(self)) meter_.take(bytes(self));
      meter_.take(own_[i]);
      for (const int tensor : released[i]) {
        const bool output = tensor >= 0 && users_[static_cast<std::size_t>(tensor)].empty();
        if (!last_use_.contains(tensor) && !output && (tensor < 0 || stored(tensor)))
          meter_.release(bytes(tensor));
      }
    }
  }

  // A gradient lives from the first reader of its tensor, last in order, until the node that made the tensor has used
  // it. Where it passes through unchanged it is the same memory.
  void backward() {
    std::map<int, std::vector<int>> freed;
    for (const auto& [tensor, user] : last_use_) freed[user].push_back(tensor);
    std::vector<bool> has_gradient(graph_.nodes.size());
    const auto start = [&](int i, bool shared) {
      if (i < 0 || !flows_[static_cast<std::size_t>(i)] || has_gradient[static_cast<std::size_t>(i)]) return;
      has_gradient[static_cast<std::size_t>(i)] = true;
      if (!shared) meter_.take(bytes(i));
      owns_[i] = !shared;
    };
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      const Node& n = graph_.nodes[i];
      const int self = static_cast<int>(i);
      if (n.view || !flows_[i]) continue;
      const bool passes = std::holds_alternative<Pointwise>(n.op) && n.backward.empty();
      for (std::size_t k = 0; k < n.inputs.size(); ++k) start(source(n.inputs[k]), passes && k == 0);
      if (passes && !n.inputs.empty() && source(n.inputs[0]) >= 0) {
        // The gradient is handed on with its memory.
        const int heir = source(n.inputs[0]);
        if (!owns_[heir] && owns_[self]) owns_[heir] = true, owns_[self] = false;
      }
      if (owns_[self]) meter_.release(bytes(self));
      meter_.release(own_[i]);
      for (const int tensor : freed[self]) meter_.release(bytes(tensor));
    }
  }

  const Graph& graph_;
  Storage storage_;
  Fusion fusion_;
  std::vector<std::vector<int>> users_;
  std::vector<bool> flows_;
  bool training_;
  std::vector<int> alias_;       // whose memory a node's output lies in
  std::vector<double> own_;      // bytes a node keeps for itself: statistics, masks, cast operands
  std::map<int, int> last_use_;  // of saved memory, in backward
  std::map<int, bool> owns_;     // gradients with memory of their own
  Meter meter_;
};

}  // namespace

Bytes peak_activations(const Graph& graph, const Execution& execution) {
  return Bytes(Walk(graph, execution).peak());
}

}  // namespace roofcast
