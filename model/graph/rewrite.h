// What a software stack makes of a graph before any kernel runs: modes, fused attention, fused elementwise chains.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/graph/execution.h"
#include "model/graph/graph.h"

namespace roofcast {

/// The graph as it runs: nodes of the other mode become views, batch norms take the mode's kind, and where the stack
/// fuses attention, products, softmax and what lies between them become one node.
Graph rewrite(Graph graph, const Execution& execution);

/// The first input that is not a view, walking back; -1 is the model input.
int behind_views(const Graph& graph, int node);

/// Nodes that read each node's output, views looked through.
std::vector<std::vector<int>> consumers(const Graph& graph);

/// Which nodes share a kernel. root[i] is the node whose kernel does the work of node i; i itself where it has its own.
struct Fusion {
  std::vector<int> root;
  std::vector<std::vector<int>> members;  // of each root, itself first, in order; empty for others
  bool internal(int node,
                const std::vector<std::vector<int>>& users) const;  // its output never reaches memory
};

/// Every node its own kernel unless the stack fuses. A fusable node joins the kernel of its last-computed input when it
/// alone reads it: elementwise chains, norms followed by elementwise ops, and in inference epilogues of products.
Fusion fuse(const Graph& graph, const Execution& execution);

}  // namespace roofcast
