// Order and reachability.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/prepare.h"

#include <fmt/format.h>

#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "model/importers/onnx/patterns.h"
#include "model/importers/onnx/reader.h"
#include "model/importers/onnx/value.h"

namespace roofcast::onnx {
namespace {

void collect_free(const GraphProto& graph, std::vector<std::string>& out) {
  std::unordered_set<std::string> own;
  for (const auto& [name, tensor] : graph.initializer) own.insert(name);
  for (const ValueInfo& input : graph.input) own.insert(input.name);
  for (const NodeProto& node : graph.node) own.insert(node.output.begin(), node.output.end());
  const auto use = [&](const std::string& name) {
    if (!name.empty() && !own.contains(name)) out.push_back(name);
  };
  for (const NodeProto& node : graph.node) {
    for (const std::string& name : reads(node)) use(name);
  }
  for (const ValueInfo& output : graph.output) use(output.name);
}

std::optional<TensorProto> constant(const NodeProto& node) {
  TensorProto tensor;
  if (const auto* a = find_attribute(node, "value"); a != nullptr && a->t) {
    tensor = *a->t;
  } else if (const auto* i = find_attribute(node, "value_int"); i != nullptr && i->i) {
    tensor.type = DataType::int64;
    tensor.values = {static_cast<double>(*i->i)};
  } else if (const auto* f = find_attribute(node, "value_float"); f != nullptr && f->f) {
    tensor.type = DataType::float32;
    tensor.values = {*f->f};
  } else if (const auto* many = find_attribute(node, "value_ints")) {
    tensor.type = DataType::int64;
    tensor.dims = {static_cast<std::int64_t>(many->ints.size())};
    tensor.values.emplace(many->ints.begin(), many->ints.end());
  } else if (const auto* reals = find_attribute(node, "value_floats")) {
    tensor.type = DataType::float32;
    tensor.dims = {static_cast<std::int64_t>(reals->floats.size())};
    tensor.values = reals->floats;
  } else {
    return std::nullopt;
  }
  tensor.name = node.output.front();
  return tensor;
}

void lift_constants(GraphProto& graph) {
  std::erase_if(graph.node, [&](const NodeProto& node) {
    if (node.op_type != "Constant" || !node.domain.empty() || node.output.empty()) return false;
    auto tensor = constant(node);
    if (!tensor) return false;
    const std::string name = tensor->name;
    if (!graph.initializer.emplace(name, std::move(*tensor)).second)
      throw Error(fmt::format("{}: '{}' is produced twice", called(node), printable(name)));
    return true;
  });
}

using Producers = std::unordered_map<std::string, std::size_t>;

Producers producers(const GraphProto& graph) {
  Producers found;
  for (std::size_t i = 0; i < graph.node.size(); ++i) {
    for (const std::string& name : graph.node[i].output) {
      if (name.empty()) continue;
      if (!found.emplace(name, i).second || graph.initializer.contains(name))
        throw Error(fmt::format("{}: '{}' is produced twice", called(graph.node[i]), printable(name)));
    }
  }
  return found;
}

/// Kahn's algorithm; among nodes that are ready the file's order holds.
void sort_nodes(GraphProto& graph) {
  const Producers from = producers(graph);
  std::vector<std::vector<std::size_t>> users(graph.node.size());
  std::vector<std::size_t> missing(graph.node.size());
  for (std::size_t i = 0; i < graph.node.size(); ++i) {
    std::set<std::size_t> before;
    for (const std::string& name : reads(graph.node[i])) {
      if (const auto found = from.find(name); found != from.end()) before.insert(found->second);
    }
    missing[i] = before.size();
    for (const std::size_t b : before) users[b].push_back(i);
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (missing[i] == 0) ready.push(i);
  }
  std::vector<NodeProto> sorted;
  sorted.reserve(graph.node.size());
  while (!ready.empty()) {
    const std::size_t i = ready.top();
    ready.pop();
    for (const std::size_t u : users[i]) {
      if (--missing[u] == 0) ready.push(u);
    }
    sorted.push_back(std::move(graph.node[i]));
  }
  if (sorted.size() < graph.node.size()) {
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (missing[i] > 0)
        throw Error(
            fmt::format("{}: depends on its own output: the graph has a cycle", called(graph.node[i])));
    }
  }
  graph.node = std::move(sorted);
}

void drop_dead(GraphProto& graph) {
  std::unordered_set<std::string> wanted;
  for (const ValueInfo& output : graph.output) wanted.insert(output.name);
  std::vector<NodeProto> kept;
  for (std::size_t i = graph.node.size(); i-- > 0;) {
    NodeProto& node = graph.node[i];
    bool live = false;
    for (const std::string& name : node.output) live = live || wanted.contains(name);
    if (!live) continue;
    for (std::string& name : reads(node)) wanted.insert(std::move(name));
    kept.push_back(std::move(node));
  }
  graph.node.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

}  // namespace

const AttributeProto* find_attribute(const NodeProto& node, std::string_view name) {
  for (const AttributeProto& attribute : node.attribute) {
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

std::string called(const NodeProto& node) {
  const std::string op = printable(node.op_type);
  if (!node.name.empty()) return fmt::format("node '{}' ({})", printable(node.name), op);
  const std::string made = node.output.empty() ? "" : node.output.front();
  return fmt::format("the {} that makes '{}'", op, printable(made));
}

std::vector<std::string> reads(const NodeProto& node) {
  std::vector<std::string> names;
  for (const std::string& name : node.input) {
    if (!name.empty()) names.push_back(name);
  }
  for (const AttributeProto& attribute : node.attribute) {
    if (attribute.g) collect_free(*attribute.g, names);
  }
  return names;
}

void prepare(GraphProto& graph) {
  for (NodeProto& node : graph.node) {
    for (AttributeProto& attribute : node.attribute) {
      if (attribute.g) prepare(*attribute.g);
    }
  }
  lift_constants(graph);
  sort_nodes(graph);
  fuse_patterns(graph);
  sort_nodes(graph);
  drop_dead(graph);
}

void prepare(FunctionProto& function) {
  GraphProto graph;
  graph.node = std::move(function.node);
  for (const std::string& name : function.output) graph.output.push_back({name, {}, {}});
  sort_nodes(graph);
  drop_dead(graph);
  function.node = std::move(graph.node);
}

}  // namespace roofcast::onnx
