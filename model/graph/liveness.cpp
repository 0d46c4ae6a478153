// Life and death of tensors, by walking forward and, in training, back.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/liveness.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "model/graph/checkpoint.h"
#include "model/graph/lowering.h"

namespace roofcast {
namespace {

/// Bytes alive now and the most there ever were.
class Meter : public Heap {
 public:
  Handle take(Bytes size) override {
    taken_.push_back(size);
    now_ += size;
    peak_ = std::max(peak_, now_);
    return taken_.size() - 1;
  }
  void release(Handle handle) override { now_ = now_ - taken_[handle]; }
  Bytes peak() const { return peak_; }

 private:
  std::vector<Bytes> taken_;
  Bytes now_{}, peak_{};
};

bool is_softmax(const Op& op) {
  const auto* row = std::get_if<Rowwise>(&op);
  return row != nullptr && row->kind == Rowwise::Kind::softmax;
}

/// The memory of a tensor, where it has any.
using Held = std::optional<Heap::Handle>;

class Walk {
 public:
  Walk(const Graph& graph, const Execution& execution, Heap& heap)
      : graph_(graph),
        heap_(heap),
        storage_(graph, execution),
        fusion_(fuse(graph, execution)),
        users_(consumers(graph)),
        flows_(gradient_flow(graph)),
        training_(execution.mode == Mode::training),
        keeps_softmax_input_(execution.stack.keeps_softmax_input),
        segments_(checkpointed(graph, execution)),
        segment_of_(graph.nodes.size(), -1),
        outputs_(graph.nodes.size() + 1),
        owned_(graph.nodes.size()),
        gradients_(graph.nodes.size()) {
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      std::fill(segment_of_.begin() + segments_[s].begin, segment_of_.begin() + segments_[s].end,
                static_cast<int>(s));
    }
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

  void run() {
    find_saved();
    find_dropped();
    take(output(-1), bytes(-1));
    forward({0, 0, static_cast<int>(graph_.nodes.size())}, false);
    if (training_) backward();
    for (Held& held : outputs_) release(held);
  }

 private:
  const Node& node(int i) const { return graph_.nodes[static_cast<std::size_t>(i)]; }
  int memory_of(int i) const { return i < 0 ? -1 : alias_[static_cast<std::size_t>(i)]; }
  int source(int input) const { return behind_views(graph_, input); }
  int segment_of(int i) const { return i < 0 ? -1 : segment_of_[static_cast<std::size_t>(i)]; }
  Bytes bytes(int i) const {
    const auto elements = static_cast<double>(i < 0 ? graph_.input_elements : node(i).output_elements);
    return storage_size(storage_.output(i)) * elements;
  }
  bool stored(int i) const { return !node(i).view && memory_of(i) == i && !fusion_.internal(i, users_); }
  Held& output(int i) { return outputs_[static_cast<std::size_t>(i) + 1]; }  // the model input is -1

  void take(Held& held, Bytes size) {
    if (!held && size.value > 0) held = heap_.take(size);
  }
  void release(Held& held) {
    if (held) heap_.release(*held);
    held.reset();
  }

  // Which tensors backward needs, and the first node, so the last in backward, that does. A cast operand is kept as
  // its copy, for the one product that made it.
  void find_saved() {
    own_.assign(graph_.nodes.size(), Bytes(0));
    if (!training_) return;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& n = graph_.nodes[i];
      if (n.view || !flows_[i]) continue;
      own_[i] = Bytes(4) * static_cast<double>(n.saved_elements);
      const auto keep = [&](int tensor) { last_use_.try_emplace(tensor, static_cast<int>(i)); };
      if (n.saves_output && stored(memory_of(static_cast<int>(i)))) keep(memory_of(static_cast<int>(i)));
      if (!n.saves_input && !(keeps_softmax_input_ && is_softmax(n.op))) continue;
      const std::vector<int> inputs = n.inputs.empty() ? std::vector<int>{-1} : n.inputs;
      for (const int input : inputs) {
        const int from = source(input);
        const Bytes have = storage_size(storage_.output(from));
        const Bytes want = storage_size(storage_.operand(n, from));
        if (storage_.casts_activations() && have != want) {
          own_[i] += bytes(from) * (want / have);
        } else if (from < 0 || stored(memory_of(from))) {
          keep(memory_of(from));
        }
      }
    }
  }

  // A checkpointed segment keeps what it reads until it has run again, and nothing that only its own backward needs.
  void find_dropped() {
    dropped_.assign(graph_.nodes.size(), false);
    if (segments_.empty()) return;
    for (const auto& [tensor, user] : last_use_)
      if (tensor >= 0) dropped_[static_cast<std::size_t>(tensor)] = segment_of(tensor) >= 0;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const int segment = segment_of(static_cast<int>(i));
      if (graph_.nodes[i].view) continue;
      for (const int input : graph_.nodes[i].inputs) {
        const int tensor = memory_of(source(input));
        if (tensor < 0 || segment_of(tensor) == segment) continue;
        if (segment >= 0) {
          const int begin = segments_[static_cast<std::size_t>(segment)].begin;
          const auto [at, fresh] = last_use_.try_emplace(tensor, begin);
          at->second = std::min(at->second, begin);
        }
        if (last_use_.contains(tensor)) dropped_[static_cast<std::size_t>(tensor)] = false;
      }
    }
  }

  // Runs the nodes of a segment. The first time round (the whole graph) what backward needs stays, but for what
  // checkpointing drops; a segment that runs again just before its backward keeps all of it.
  void forward(const Segment& run, bool again) {
    const int end = again ? run.recomputed : run.end;
    std::map<int, int> last_reader;  // of each piece of memory
    for (int i = run.begin; i < end; ++i) {
      if (node(i).view) continue;
      last_reader[memory_of(i)] = i;
      if (node(i).inputs.empty()) last_reader[-1] = i;
      for (const int input : node(i).inputs) last_reader[memory_of(source(input))] = i;
    }
    std::map<int, std::vector<int>> readers;
    for (const auto& [tensor, reader] : last_reader) readers[reader].push_back(tensor);
    const auto saved = [&](int tensor) {
      return last_use_.contains(tensor) &&
             (again || tensor < 0 || !dropped_[static_cast<std::size_t>(tensor)]);
    };
    for (int i = run.begin; i < end; ++i) {
      if (stored(i)) take(output(i), bytes(i));
      if (again || segment_of(i) < 0)
        take(owned_[static_cast<std::size_t>(i)], own_[static_cast<std::size_t>(i)]);
      for (const int tensor : readers[i]) {
        const bool result = tensor >= 0 && users_[static_cast<std::size_t>(tensor)].empty();
        if (!saved(tensor) && !result) release(output(tensor));
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
      const auto at = static_cast<std::size_t>(i);
      if (i < 0 || !flows_[at] || has_gradient[at]) return;
      has_gradient[at] = true;
      if (!shared) take(gradients_[at], bytes(i));
    };
    auto next = segments_.rbegin();
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      const Node& n = graph_.nodes[i];
      const int self = static_cast<int>(i);
      if (next != segments_.rend() && self + 1 == next->end) forward(*next++, true);
      if (!n.view && flows_[i]) {
        const bool passes = std::holds_alternative<Pointwise>(n.op) && n.backward.empty();
        for (std::size_t k = 0; k < n.inputs.size(); ++k) start(source(n.inputs[k]), passes && k == 0);
        if (passes && !n.inputs.empty() && source(n.inputs[0]) >= 0) {
          // The gradient is handed on with its memory.
          Held& heir = gradients_[static_cast<std::size_t>(source(n.inputs[0]))];
          if (!heir) heir = std::exchange(gradients_[i], std::nullopt);
        }
        release(gradients_[i]);
        heap_.learned(n);
      }
      release(owned_[i]);
      for (const int tensor : freed[self]) release(output(tensor));
    }
  }

  const Graph& graph_;
  Heap& heap_;
  Storage storage_;
  Fusion fusion_;
  std::vector<std::vector<int>> users_;
  std::vector<bool> flows_;
  bool training_;
  bool keeps_softmax_input_;
  std::vector<Segment> segments_;
  std::vector<int> segment_of_;  // -1 outside of all
  std::vector<int> alias_;       // whose memory a node's output lies in
  std::vector<Bytes> own_;       // that a node keeps for itself: statistics, masks, cast operands
  std::map<int, int> last_use_;  // of saved memory, in backward
  std::vector<bool> dropped_;    // saved, but made again by a checkpointed segment
  std::vector<Held> outputs_;    // of node i at i + 1; the model input at 0
  std::vector<Held> owned_;
  std::vector<Held> gradients_;
};

}  // namespace

void play(const Graph& graph, const Execution& execution, Heap& heap) { Walk(graph, execution, heap).run(); }

Bytes peak_activations(const Graph& graph, const Execution& execution) {
  Meter meter;
  play(graph, execution, meter);
  return meter.peak();
}

}  // namespace roofcast
