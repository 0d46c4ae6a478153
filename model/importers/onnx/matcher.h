// Walking a graph from a node to those around it, for patterns.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/importers/onnx/proto.h"

namespace roofcast::onnx {

class Matcher {
 public:
  explicit Matcher(const GraphProto& graph);

  std::size_t size() const { return graph_.node.size(); }
  const NodeProto& at(int node) const { return graph_.node[static_cast<std::size_t>(node)]; }
  /// Whether a node is this standard operator, with an operand and a result to follow.
  bool is(int node, std::string_view op) const;

  /// Who makes a value, looking through casts and identities; -1 for an input or a constant.
  int producer(const std::string& value) const;
  /// The value itself, seen through casts and identities.
  std::string source(const std::string& value) const;
  /// The one node that reads a node's first output, through casts and identities; -1 where there are more or none.
  int only_user(int node) const;
  /// Whether all who read a node's outputs are in `nodes`, casts and identities apart.
  bool used_only_by(int node, std::initializer_list<int> nodes) const;

  /// The single number a constant holds.
  std::optional<double> scalar(const std::string& value) const;
  bool is_scalar(const std::string& value, double wanted) const;
  const TensorProto* constant(const std::string& value) const;

  /// A binary node's operand besides a constant that equals `wanted`; "" where it has none.
  std::string besides(int node, double wanted) const;
  /// A binary node's operand besides the value `known`; "" where it reads no such value.
  std::string other(int node, const std::string& known) const;
  /// ... under the name the node reads it by: a weight that an identity renames stays a weight of its own.
  std::string operand_besides(int node, const std::string& known) const;

 private:
  bool transparent(int node) const;

  const GraphProto& graph_;
  std::unordered_map<std::string, int> producer_;
  std::unordered_map<std::string, std::vector<int>> users_;
  std::unordered_map<std::string, int> captured_;  // by subgraphs, or outputs of the graph
};

}  // namespace roofcast::onnx
