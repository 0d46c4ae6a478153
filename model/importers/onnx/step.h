// One node of a model while it is translated: operands, attributes, results, and what operators have in common.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "model/importers/onnx/reader.h"
#include "model/importers/onnx/translator.h"
#include "model/workloads/pointwise_rule.h"

namespace roofcast::onnx {

class Step {
 public:
  Step(Translator& translator, Scope& scope, const NodeProto& node);

  const NodeProto& node() const { return node_; }
  const std::string& op() const { return node_.op_type; }
  const std::string& label() const { return label_; }
  Translator& translator() { return translator_; }
  GraphBuilder& builder() { return translator_.builder(); }
  const Scope& scope() const { return scope_; }
  std::int64_t opset() const { return translator_.opset(""); }
  bool training() const { return translator_.request().mode == Mode::training; }
  /// Throws Error "node 'x' (Op): reason".
  [[noreturn]] void fail(const std::string& reason) const;

  // Operands. in() fails where one is left out.
  std::size_t inputs() const { return node_.input.size(); }
  bool has(std::size_t i) const { return i < node_.input.size() && !node_.input[i].empty(); }
  const Value& in(std::size_t i) const;
  const std::string& input_name(std::size_t i) const { return node_.input[i]; }
  bool all_constant() const;
  /// Known integers of an operand; fails where they depend on data.
  std::vector<std::int64_t> integers(std::size_t i) const;
  /// Readers of an operand, this node included.
  int uses(std::size_t i) const;
  /// Whether every reader of an operand is one of `ops`.
  bool read_only_by(std::size_t i, std::initializer_list<std::string_view> ops) const;

  // Attributes, with ONNX's defaults.
  bool has_attribute(std::string_view name) const { return attribute(name) != nullptr; }
  std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  double real(std::string_view name, double otherwise) const;
  std::string word(std::string_view name, std::string otherwise) const;
  std::vector<std::int64_t> integer_list(std::string_view name) const;
  const AttributeProto* attribute(std::string_view name) const;
  /// Axes of an attribute or, from the operator set that moved them on, of an operand.
  std::optional<std::vector<std::int64_t>> axes(std::string_view name, std::size_t operand) const;
  /// An axis counted from either end; fails outside the rank.
  std::size_t axis(std::int64_t axis, std::int64_t rank) const;

  // Results.
  bool wants(std::size_t i) const { return i < node_.output.size() && !node_.output[i].empty(); }
  void out(std::size_t i, Value value);
  std::size_t outputs() const { return node_.output.size(); }
  const std::string& output_name(std::size_t i) const { return node_.output[i]; }
  /// A value of this shape, checked.
  Value make(DataType type, Dims dims) const;
  Value make(const Value& like, Dims dims) const { return make(like.type, std::move(dims)); }
  /// The same contents under another shape: no kernel runs.
  Value view(const Value& of, Dims dims) const;
  /// The shape the file says a result has.
  std::optional<Dims> declared(std::size_t i) const;

  // Nodes of the graph.
  int add(Node node, std::initializer_list<const Value*> operands);
  int add(Node node, const std::vector<const Value*>& operands);
  /// Where an operand lies in memory order, copied there if it does not yet.
  Value contiguous(const Value& value);
  /// An elementwise kernel over `dims`; `rule` says what it costs and what its backward launches.
  Value elementwise(DataType type, const Dims& dims, PointwiseRule rule,
                    const std::vector<const Value*>& operands);
  /// A kernel that moves `elements`; its backward moves them back where `learns`.
  Value copy(DataType type, const Dims& dims, double reads, const std::vector<const Value*>& operands);
  std::int64_t own(const Value& weight) { return translator_.own(weight); }

 private:
  Translator& translator_;
  Scope& scope_;
  const NodeProto& node_;
  std::string label_;
};

/// A rule that is not in pointwise_rule: reads and writes every element once, costs `flops`, and where
/// `differentiable` reads gradient and operand backward.
PointwiseRule plain_rule(std::int64_t elements, double flops, bool differentiable);

}  // namespace roofcast::onnx
