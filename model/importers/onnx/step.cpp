// Operands, attributes and results.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/step.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/prepare.h"

namespace roofcast::onnx {

Step::Step(Translator& translator, Scope& scope, const NodeProto& node)
    : translator_(translator), scope_(scope), node_(node) {
  label_ = printable(node.name.empty() && !node.output.empty() ? node.output.front() : node.name);
  if (label_.starts_with("/")) label_.erase(0, 1);
  if (node.name.empty()) label_ = printable(node.op_type) + "." + label_;
  label_ = scope.prefix + label_;
}

void Step::fail(const std::string& reason) const { throw Error(called(node_) + ": " + reason); }

const Value& Step::in(std::size_t i) const {
  if (!has(i)) fail(fmt::format("operand {} is missing", i + 1));
  const Value* found = scope_.find(node_.input[i]);
  if (found == nullptr) fail(fmt::format("reads '{}', which nothing makes", printable(node_.input[i])));
  return *found;
}

bool Step::all_constant() const {
  for (std::size_t i = 0; i < inputs(); ++i) {
    if (has(i) && !in(i).constant) return false;
  }
  return true;
}

std::vector<std::int64_t> Step::integers(std::size_t i) const {
  const Value& value = in(i);
  if (!value.known)
    throw DataDependent(fmt::format("{}: '{}' depends on data, so the shape is not known", called(node_),
                                    printable(node_.input[i])));
  return to_integers(*value.known);
}

int Step::uses(std::size_t i) const {
  const auto found = scope_.uses.find(node_.input[i]);
  return found == scope_.uses.end() ? 2 : found->second;  // a value of an outer graph may have more readers
}

bool Step::read_only_by(std::size_t i, std::initializer_list<std::string_view> ops) const {
  const auto found = scope_.readers.find(node_.input[i]);
  if (found == scope_.readers.end()) return false;
  return std::all_of(found->second.begin(), found->second.end(), [&](const std::string& op) {
    return std::find(ops.begin(), ops.end(), op) != ops.end();
  });
}

const AttributeProto* Step::attribute(std::string_view name) const {
  const AttributeProto* found = find_attribute(node_, name);
  if (found == nullptr || found->reference.empty()) return found;
  if (scope_.arguments == nullptr) return nullptr;
  for (const AttributeProto& argument : *scope_.arguments) {
    if (argument.name == found->reference) return &argument;
  }
  return nullptr;
}

std::int64_t Step::integer(std::string_view name, std::int64_t otherwise) const {
  const AttributeProto* found = attribute(name);
  if (found == nullptr) return otherwise;
  if (!found->i) fail(fmt::format("attribute {} is no integer", name));
  return *found->i;
}

double Step::real(std::string_view name, double otherwise) const {
  const AttributeProto* found = attribute(name);
  if (found == nullptr) return otherwise;
  if (!found->f) fail(fmt::format("attribute {} is no number", name));
  return *found->f;
}

std::string Step::word(std::string_view name, std::string otherwise) const {
  const AttributeProto* found = attribute(name);
  if (found == nullptr) return otherwise;
  if (!found->s) fail(fmt::format("attribute {} is no string", name));
  return *found->s;
}

std::vector<std::int64_t> Step::integer_list(std::string_view name) const {
  const AttributeProto* found = attribute(name);
  if (found == nullptr) return {};
  if (found->ints.size() > 64) fail(fmt::format("attribute {} has {} entries", name, found->ints.size()));
  for (const std::int64_t value : found->ints) {
    if (value > (std::int64_t{1} << 40) && value != INT64_MAX)
      fail(fmt::format("attribute {} is {}", name, value));
  }
  return found->ints;
}

std::optional<std::vector<std::int64_t>> Step::axes(std::string_view name, std::size_t operand) const {
  if (has_attribute(name)) return integer_list(name);
  if (has(operand)) return integers(operand);
  return std::nullopt;
}

std::size_t Step::axis(std::int64_t axis, std::int64_t rank) const {
  if (axis < -rank || axis >= rank)
    fail(fmt::format("axis {} is outside a shape of {} dimensions", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

void Step::out(std::size_t i, Value value) {
  if (!wants(i)) return;
  scope_.values.insert_or_assign(node_.output[i], std::move(value));
}

Value Step::make(DataType type, Dims dims) const {
  Value value;
  value.type = type;
  value.dims = std::move(dims);
  elements_of(value.dims, called(node_));
  return value;
}

Value Step::view(const Value& of, Dims dims) const {
  Value value = of;
  value.dims = std::move(dims);
  if (elements_of(value.dims, called(node_)) != of.elements()) {
    fail(fmt::format("{} has {} elements, {} has {}", text(of.dims), of.elements(), text(value.dims),
                     value.elements()));
  }
  return value;
}

std::optional<Dims> Step::declared(std::size_t i) const {
  if (!wants(i) || scope_.graph == nullptr) return std::nullopt;
  const auto found = scope_.graph->value_info.find(node_.output[i]);
  if (found == scope_.graph->value_info.end()) return std::nullopt;
  return bind(found->second, translator_.prepared().interface, translator_.request());
}

int Step::add(Node node, std::initializer_list<const Value*> operands) {
  return add(std::move(node), std::vector<const Value*>(operands));
}

int Step::add(Node node, const std::vector<const Value*>& operands) {
  if (node.output_elements < 1) return kModelInput;  // an empty tensor
  if (node.name.empty()) node.name = label_;
  std::vector<int> from;
  for (const Value* operand : operands) {
    if (!operand->constant && operand->node != kModelInput) from.push_back(operand->node);
  }
  if (from.empty()) node.needs_input_gradient = false;
  return builder().add(std::move(node), std::move(from));
}

Value Step::contiguous(const Value& value) {
  if (!value.permuted) return value;
  Value dense = value;
  dense.permuted = dense.flipped = false;
  if (value.constant || value.elements() == 0) return dense;
  Node node;
  const Copy copy{value.elements(), 1, 1, true};
  node.name = label_ + ".copy";
  node.op = copy;
  node.backward = {copy};
  node.output_elements = value.elements();
  node.saves_input = false;
  dense.node = add(std::move(node), {&value});
  return dense;
}

Value Step::elementwise(DataType type, const Dims& dims, PointwiseRule rule,
                        const std::vector<const Value*>& operands) {
  Value result = make(type, dims);
  const std::int64_t count = result.elements();
  if (count == 0) return result;
  // Operands that are repeated over the result are read once; what is constant and tiny sits in a register.
  double reads = 0;
  for (const Value* operand : operands) {
    if (operand->elements() > 1 || !operand->constant)
      reads += static_cast<double>(operand->elements()) / static_cast<double>(count);
    result.permuted = result.permuted || (operand->permuted && operand->elements() == count);
  }
  rule.forward.elements = count;
  rule.forward.reads = reads;
  Node node;
  node.op = rule.forward;
  node.output_elements = count;
  node.saves_input = rule.saves_input;
  node.saves_output = rule.saves_output;
  node.fusable = true;
  node.backward = std::move(rule.backward);
  if (!is_floating(type)) {
    node.backward.clear();
    node.saves_input = node.saves_output = node.needs_input_gradient = false;
  }
  result.node = add(std::move(node), operands);
  return result;
}

Value Step::copy(DataType type, const Dims& dims, double reads, const std::vector<const Value*>& operands) {
  Value result = make(type, dims);
  const std::int64_t count = result.elements();
  Node node;
  node.op = Copy{count, reads, 1, false};
  node.output_elements = count;
  node.saves_input = false;
  if (is_floating(type)) node.backward = {Copy{count, 1, reads, false}};
  if (!is_floating(type)) node.needs_input_gradient = false;
  result.node = add(std::move(node), operands);
  return result;
}

PointwiseRule plain_rule(std::int64_t elements, double flops, bool differentiable) {
  PointwiseRule rule;
  rule.forward = Pointwise{elements, 1, 1, flops};
  if (differentiable) {
    rule.backward = {Pointwise{elements, 2, 1, flops + 1}};
    rule.saves_input = true;
  }
  return rule;
}

}  // namespace roofcast::onnx
