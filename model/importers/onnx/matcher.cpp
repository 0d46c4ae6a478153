// Lookups over names.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/matcher.h"

#include <algorithm>
#include <cmath>

#include "model/importers/onnx/prepare.h"

namespace roofcast::onnx {

Matcher::Matcher(const GraphProto& graph) : graph_(graph) {
  for (std::size_t i = 0; i < graph.node.size(); ++i) {
    const NodeProto& node = graph.node[i];
    for (const std::string& name : node.output) producer_[name] = static_cast<int>(i);
    std::vector<std::string> read = reads(node);
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    for (const std::string& name : read) users_[name].push_back(static_cast<int>(i));
  }
  for (const ValueInfo& output : graph.output) ++captured_[output.name];
}

bool Matcher::is(int node, std::string_view op) const {
  return node >= 0 && at(node).domain.empty() && at(node).op_type == op && !at(node).input.empty() &&
         !at(node).output.empty();
}

bool Matcher::transparent(int node) const {
  return (is(node, "Cast") || is(node, "Identity")) && at(node).input.size() == 1;
}

std::string Matcher::source(const std::string& value) const {
  std::string name = value;
  for (std::size_t steps = 0; steps < size(); ++steps) {
    const auto found = producer_.find(name);
    if (found == producer_.end() || !transparent(found->second)) break;
    name = at(found->second).input.front();
  }
  return name;
}

int Matcher::producer(const std::string& value) const {
  const auto found = producer_.find(source(value));
  return found == producer_.end() ? -1 : found->second;
}

int Matcher::only_user(int node) const {
  for (std::size_t steps = 0; steps <= size(); ++steps) {
    if (node < 0 || at(node).output.empty()) return -1;
    const std::string& name = at(node).output.front();
    const auto found = users_.find(name);
    if (captured_.contains(name) || found == users_.end() || found->second.size() != 1) return -1;
    if (!transparent(found->second.front())) return found->second.front();
    node = found->second.front();
  }
  return -1;
}

bool Matcher::used_only_by(int node, std::initializer_list<int> nodes) const {
  std::vector<int> open{node};
  for (std::size_t k = 0; k < open.size() && k <= size(); ++k) {
    for (const std::string& name : at(open[k]).output) {
      if (captured_.contains(name)) return false;
      const auto found = users_.find(name);
      if (found == users_.end()) continue;
      for (const int user : found->second) {
        if (std::find(nodes.begin(), nodes.end(), user) != nodes.end()) continue;
        if (!transparent(user)) return false;
        open.push_back(user);
      }
    }
  }
  return true;
}

const TensorProto* Matcher::constant(const std::string& value) const {
  const auto found = graph_.initializer.find(source(value));
  return found == graph_.initializer.end() ? nullptr : &found->second;
}

std::optional<double> Matcher::scalar(const std::string& value) const {
  const TensorProto* tensor = constant(value);
  if (tensor == nullptr || !tensor->values || tensor->values->size() != 1) return std::nullopt;
  return tensor->values->front();
}

bool Matcher::is_scalar(const std::string& value, double wanted) const {
  const auto found = scalar(value);
  return found && std::abs(*found - wanted) <= 2e-3 * std::abs(wanted);
}

std::string Matcher::besides(int node, double wanted) const {
  if (node < 0 || at(node).input.size() != 2) return "";
  const auto& in = at(node).input;
  if (is_scalar(in[1], wanted)) return source(in[0]);
  return is_scalar(in[0], wanted) ? source(in[1]) : "";
}

std::string Matcher::operand_besides(int node, const std::string& known) const {
  if (node < 0 || at(node).input.size() != 2) return "";
  const auto& in = at(node).input;
  const std::string wanted = source(known);
  if (source(in[0]) == wanted) return in[1];
  return source(in[1]) == wanted ? in[0] : "";
}

std::string Matcher::other(int node, const std::string& known) const {
  const std::string operand = operand_besides(node, known);
  return operand.empty() ? operand : source(operand);
}

}  // namespace roofcast::onnx
