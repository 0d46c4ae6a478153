// From the graph as written to the graph as it runs.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/rewrite.h"

#include <algorithm>
#include <optional>
#include <variant>

namespace roofcast {
namespace {

void make_view(Node& node) {
  node.view = true;
  node.in_place = node.saves_input = node.saves_output = false;
  node.saved_elements = 0;
  node.backward.clear();
  if (node.inputs.size() > 1) node.inputs.resize(1);
}

void take_mode(Graph& graph, Mode mode) {
  for (Node& node : graph.nodes) {
    if (mode == Mode::inference ? node.training_only : node.inference_only) make_view(node);
    if (auto* norm = std::get_if<BatchNorm>(&node.op)) {
      norm->kind = mode == Mode::training ? BatchNorm::Kind::training : BatchNorm::Kind::inference;
    }
  }
}

bool is_activation_product(const Node& node) {
  return !node.view && std::holds_alternative<Gemm>(node.op) && node.inputs.size() == 2;
}

/// The product of queries and keys above a softmax, and the product with the values below it.
struct Eager {
  int scores, softmax, context;
  std::vector<int> between;  // scale, mask, dropout
};

std::optional<Eager> attention_around(const Graph& graph, int softmax,
                                      const std::vector<std::vector<int>>& users) {
  const auto node = [&](int i) -> const Node& { return graph.nodes[static_cast<std::size_t>(i)]; };
  Eager found{-1, softmax, -1, {}};
  int i = node(softmax).inputs.empty() ? -1 : behind_views(graph, node(softmax).inputs.front());
  while (i >= 0 && std::holds_alternative<Pointwise>(node(i).op) && !node(i).inputs.empty()) {
    if (!node(i).fusable) return std::nullopt;  // code that spells its attention out
    found.between.push_back(i);
    i = behind_views(graph, node(i).inputs.front());
  }
  if (i < 0 || !is_activation_product(node(i))) return std::nullopt;
  found.scores = i;
  i = softmax;
  while (users[static_cast<std::size_t>(i)].size() == 1) {
    i = users[static_cast<std::size_t>(i)].front();
    if (is_activation_product(node(i))) {
      found.context = i;
      return found;
    }
    if (!std::holds_alternative<Pointwise>(node(i).op)) break;
    found.between.push_back(i);
  }
  return std::nullopt;
}

/// The kernel reads heads with a stride and scales queries itself: what only rearranges or scales is gone.
int without_copy(Graph& graph, int input, const std::vector<std::vector<int>>& users) {
  for (int i = behind_views(graph, input); i >= 0; i = behind_views(graph, input)) {
    Node& node = graph.nodes[static_cast<std::size_t>(i)];
    const auto* scale = std::get_if<Pointwise>(&node.op);
    const bool scales = scale != nullptr && node.inputs.size() == 1 && node.parameters == 0 &&
                        scale->reads == 1 && scale->flops_per_element == 1 && !node.saves_input &&
                        !node.saves_output;
    const auto* copy = std::get_if<Copy>(&node.op);
    const bool moves = copy != nullptr && node.inputs.size() == 1;
    if (!(scales || moves) || users[static_cast<std::size_t>(i)].size() != 1) break;
    make_view(node);
  }
  return input;
}

void fuse_attention(Graph& graph) {
  const auto users = consumers(graph);
  for (std::size_t s = 0; s < graph.nodes.size(); ++s) {
    const auto* row = std::get_if<Rowwise>(&graph.nodes[s].op);
    if (row == nullptr || row->kind != Rowwise::Kind::softmax || graph.nodes[s].view) continue;
    const auto found = attention_around(graph, static_cast<int>(s), users);
    if (!found) continue;
    const Node scores = graph.nodes[static_cast<std::size_t>(found->scores)];
    Node& context = graph.nodes[static_cast<std::size_t>(found->context)];
    const Gemm g = std::get<Gemm>(scores.op);
    const std::int64_t rows = g.batch * g.m;
    Attention attention;
    attention.batch = g.batch;
    attention.query_length = g.m;
    attention.key_length = g.n;
    attention.head_dim = g.k;
    attention.causal = graph.nodes[s].causal;
    const int values = context.inputs[1];
    context.op = attention;
    context.inputs = {without_copy(graph, scores.inputs[0], users),
                      without_copy(graph, scores.inputs[1], users), without_copy(graph, values, users)};
    context.saves_output = true;
    context.saved_elements = rows;  // log-sum-exp of every row
    context.fusable = false;
    // It writes the heads of a token side by side: nothing is left to merge.
    const auto& readers = users[static_cast<std::size_t>(found->context)];
    if (readers.size() == 1) {
      Node& merge = graph.nodes[static_cast<std::size_t>(readers.front())];
      const auto* copy = std::get_if<Copy>(&merge.op);
      if (copy != nullptr && copy->transposing && merge.inputs.size() == 1) make_view(merge);
    }
    make_view(graph.nodes[static_cast<std::size_t>(found->scores)]);
    make_view(graph.nodes[s]);
    for (const int between : found->between) make_view(graph.nodes[static_cast<std::size_t>(between)]);
  }
}

}  // namespace

int behind_views(const Graph& graph, int node) {
  while (node >= 0 && graph.nodes[static_cast<std::size_t>(node)].view) {
    const Node& view = graph.nodes[static_cast<std::size_t>(node)];
    node = view.inputs.empty() ? -1 : view.inputs.front();
  }
  return node;
}

std::vector<std::vector<int>> consumers(const Graph& graph) {
  std::vector<std::vector<int>> users(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].view) continue;
    for (const int input : graph.nodes[i].inputs) {
      const int source = behind_views(graph, input);
      if (source >= 0) users[static_cast<std::size_t>(source)].push_back(static_cast<int>(i));
    }
  }
  return users;
}

Graph rewrite(Graph graph, const Execution& execution) {
  take_mode(graph, execution.mode);
  if (execution.stack.fused_attention) fuse_attention(graph);
  return graph;
}

}  // namespace roofcast
