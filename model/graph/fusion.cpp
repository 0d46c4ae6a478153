// Which nodes share a kernel under a compiling stack.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/graph/rewrite.h"
#include "model/graph/storage.h"

namespace roofcast {
namespace {

bool is_loss(const Op& op) {
  const auto* row = std::get_if<Rowwise>(&op);
  return row != nullptr && row->kind == Rowwise::Kind::cross_entropy;
}

/// What may follow in the kernel of `root`. Products belong to a library unless the stack opens them, and training keeps
/// them apart but for what needs no input of its own for backward (a bias): the statistics of a norm and the inputs of
/// an activation have to reach memory anyway.
bool accepts(const Node& root, const Node& node, const Execution& execution) {
  if (is_loss(root.op)) return false;
  const bool streams = std::holds_alternative<Pointwise>(root.op) ||
                       std::holds_alternative<BatchNorm>(root.op) || std::holds_alternative<Rowwise>(root.op);
  if (streams) return true;
  if (is_product(root.op) ? !execution.stack.fuses_products : !std::holds_alternative<Pool>(root.op))
    return false;
  return execution.mode == Mode::inference ||
         (node.inputs.size() == 1 && !node.saves_input && !node.saves_output);
}

}  // namespace

bool Fusion::internal(int node, const std::vector<std::vector<int>>& users) const {
  const auto i = static_cast<std::size_t>(node);
  if (users[i].empty()) return false;
  return std::all_of(users[i].begin(), users[i].end(),
                     [&](int user) { return root[static_cast<std::size_t>(user)] == root[i]; });
}

Fusion fuse(const Graph& graph, const Execution& execution) {
  Fusion fusion;
  const auto users = consumers(graph);
  fusion.root.resize(graph.nodes.size());
  fusion.members.resize(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    int root = static_cast<int>(i);
    if (execution.stack.fuses_pointwise && node.fusable && !node.view && !node.inputs.empty()) {
      int last = -1;
      for (const int input : node.inputs) last = std::max(last, behind_views(graph, input));
      const auto l = static_cast<std::size_t>(last);
      if (last >= 0 && users[l].size() == 1 && graph.nodes[l].output_elements == node.output_elements) {
        const int candidate = fusion.root[l];
        if (accepts(graph.nodes[static_cast<std::size_t>(candidate)], node, execution)) root = candidate;
      }
    }
    fusion.root[i] = root;
    fusion.members[static_cast<std::size_t>(root)].push_back(static_cast<int>(i));
  }
  return fusion;
}

}  // namespace roofcast
