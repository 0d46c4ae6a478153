// The walk itself, and what is said about it in the end.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/translator.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/operators.h"
#include "model/importers/onnx/prepare.h"
#include "model/importers/onnx/reader.h"
#include "model/importers/onnx/step.h"
#include "model/workloads/elements.h"

namespace roofcast::onnx {
namespace {

constexpr int kDeepest = 24;
constexpr std::int64_t kMostSteps = 400'000;  // nodes visited, those of unrolled loops again and again

bool may_be_weight(DataType type) {
  return type != DataType::int64 && type != DataType::boolean && type != DataType::string;
}

Value initial(const TensorProto& tensor) {
  Value value;
  value.type = tensor.type;
  value.dims = tensor.dims;
  value.known = tensor.values;
  value.constant = true;
  if (may_be_weight(tensor.type) && value.elements() > 1) {
    value.weight = tensor.name;
    value.weight_elements = value.elements();
  }
  return value;
}

void count_uses(const std::vector<NodeProto>& nodes, Scope& scope) {
  for (const NodeProto& node : nodes) {
    for (const std::string& name : reads(node)) {
      ++scope.uses[name];
      scope.readers[name].insert(node.op_type);
    }
  }
}

/// Operations and compulsory element traffic of some nodes.
std::pair<double, double> work(const Node& node) {
  const Elements traffic = compulsory_elements(node.op);
  return {flops(node.op).value, traffic.read + traffic.written};
}

/// Whether the file says what shape each result has.
bool all_declared(const Step& step) {
  for (std::size_t i = 0; i < step.outputs(); ++i) {
    if (step.wants(i) && !step.declared(i)) return false;
  }
  return true;
}

std::string percent_of(double part, double whole) {
  return fmt::format("{:.2g} %", whole > 0 ? 100 * part / whole : 0);
}

}  // namespace

const Value* Scope::find(const std::string& name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    if (const auto found = scope->values.find(name); found != scope->values.end()) return &found->second;
  }
  return nullptr;
}

Translator::Translator(const Prepared& prepared, const WorkloadRequest& request, const WorkloadInfo& info,
                       const Shapes* baked)
    : prepared_(prepared), request_(request), baked_(baked), builder_(info.name, info.description, request) {}

std::int64_t Translator::opset(const std::string& domain) const {
  const auto found = prepared_.model.opset.find(domain);
  return found == prepared_.model.opset.end() ? 1 : found->second;
}

const Dims* Translator::baked(const std::string& value) const {
  if (baked_ == nullptr || depth_ > 0) return nullptr;
  const auto found = baked_->find(value);
  return found == baked_->end() ? nullptr : &found->second;
}

std::int64_t Translator::merged(std::int64_t size) const {
  const auto found = merged_.find(size);
  return found == merged_.end() ? 1 : found->second;
}

std::int64_t Translator::own(const Value& weight) {
  if (weight.weight.empty() || !owned_.insert(weight.weight).second) return 0;
  return weight.weight_elements;
}

void Translator::tick(const Step& step) {
  if (++steps_ > kMostSteps) step.fail(fmt::format("the graph unrolls to more than {} nodes", kMostSteps));
}

void Translator::remark(const std::string& text) {
  if (std::find(remarks_.begin(), remarks_.end(), text) == remarks_.end()) remarks_.push_back(text);
}

void Translator::unknown(const std::string& op, int node, bool guessed) {
  std::vector<int>& nodes = unknown_[op];
  if (node >= 0) nodes.push_back(node);
  if (guessed) guessed_.insert(op);
}

void Translator::declare(const GraphProto& graph, Scope& scope) {
  scope.graph = &graph;
  for (const auto& [name, tensor] : graph.initializer) scope.values.emplace(name, initial(tensor));
  count_uses(graph.node, scope);
  for (const ValueInfo& output : graph.output) {
    ++scope.uses[output.name];
    scope.readers[output.name].insert("");
  }
}

void Translator::walk(const std::vector<NodeProto>& nodes, Scope& scope) {
  for (const NodeProto& node : nodes) translate(node, scope);
}

void Translator::translate(const NodeProto& node, Scope& scope) {
  Step step(*this, scope, node);
  tick(step);
  try {
    for (const FunctionProto& function : prepared_.model.functions) {
      if (function.name != node.op_type || function.domain != node.domain) continue;
      std::vector<Value> inputs;
      for (std::size_t i = 0; i < function.input.size(); ++i)
        inputs.push_back(step.has(i)
                             ? step.in(i)
                             : Value{DataType::undefined, {0}, {}, kModelInput, true, "", 0, false, false});
      std::vector<Value> results = run_function(function, node.attribute, inputs, step.label() + "/");
      for (std::size_t i = 0; i < results.size(); ++i) step.out(i, std::move(results[i]));
      return;
    }
    const Operator translate_it = find_operator(node.domain, node.op_type);
    if (translate_it != nullptr) {
      translate_it(step);
    } else {
      unknown_operator(
          step, printable(node.domain.empty() ? node.op_type : node.op_type + " (" + node.domain + ")"));
    }
  } catch (const DataDependent&) {
    if (!all_declared(step)) throw;
    unknown_operator(step, printable(node.op_type) + " of a shape that data decide");
  } catch (const Error&) {
    throw;
  } catch (const std::invalid_argument& e) {
    step.fail(e.what());
  }
}

std::vector<Value> Translator::run_subgraph(const GraphProto& graph, const Scope& outer,
                                            const std::vector<Value>& inputs, const std::string& prefix) {
  if (depth_ >= kDeepest) throw Error(fmt::format("subgraphs are nested more than {} deep", kDeepest));
  Scope scope;
  scope.outer = &outer;
  scope.prefix = prefix;
  scope.arguments = outer.arguments;
  declare(graph, scope);
  for (std::size_t i = 0; i < graph.input.size() && i < inputs.size(); ++i)
    scope.values.insert_or_assign(graph.input[i].name, inputs[i]);
  ++depth_;
  walk(graph.node, scope);
  --depth_;
  std::vector<Value> results;
  for (const ValueInfo& output : graph.output) {
    const Value* found = scope.find(output.name);
    if (found == nullptr)
      throw Error(fmt::format("subgraph '{}': nothing makes its output '{}'", printable(graph.name),
                              printable(output.name)));
    results.push_back(*found);
  }
  return results;
}

std::vector<Value> Translator::run_function(const FunctionProto& function,
                                            const std::vector<AttributeProto>& arguments,
                                            const std::vector<Value>& inputs, const std::string& prefix) {
  if (depth_ >= kDeepest)
    throw Error(fmt::format("function '{}' calls itself, or functions nest more than {} deep",
                            printable(function.name), kDeepest));
  Scope scope;
  scope.prefix = prefix;
  scope.arguments = &arguments;
  count_uses(function.node, scope);
  for (std::size_t i = 0; i < function.input.size(); ++i) {
    if (inputs[i].type != DataType::undefined) scope.values.insert_or_assign(function.input[i], inputs[i]);
  }
  ++depth_;
  walk(function.node, scope);
  --depth_;
  std::vector<Value> results;
  for (const std::string& name : function.output) {
    const Value* found = scope.find(name);
    if (found == nullptr)
      throw Error(fmt::format("function '{}': nothing makes its output '{}'", printable(function.name),
                              printable(name)));
    results.push_back(*found);
  }
  return results;
}

// A file holds no loss. Cross-entropy over the classes of every output: dimension 1 of images, the last of others.
void Translator::add_loss(const GraphProto& graph) {
  std::set<int> seen;
  for (const ValueInfo& output : graph.output) {
    const Value* value = top_.find(output.name);
    if (value == nullptr || value->constant || value->node < 0 || !value->floating()) continue;
    if (value->elements() == 0 || !seen.insert(value->node).second) continue;
    const std::int64_t classes = value->rank() >= 4  ? value->dims[1]
                                 : value->rank() > 0 ? value->dims.back()
                                                     : 1;
    builder_.cross_entropy(seen.size() == 1 ? "loss" : "loss." + printable(output.name), value->node,
                           value->elements() / classes, classes);
    if (seen.size() == 1)
      remark(fmt::format("the file holds no loss: cross-entropy over {} assumed", text(value->dims)));
  }
}

std::string Translator::coverage(const Graph& graph) const {
  double all_flops = 0, all_bytes = 0, flops = 0, bytes = 0;
  for (const Node& node : graph.nodes) {
    const auto [f, b] = work(node);
    all_flops += f;
    all_bytes += b;
  }
  std::vector<std::string> names;
  for (const auto& [op, nodes] : unknown_) {
    for (const int node : nodes) {
      const auto [f, b] = work(graph.nodes[static_cast<std::size_t>(node)]);
      flops += f;
      bytes += b;
    }
    names.push_back(nodes.size() > 1 ? fmt::format("{} ({}×)", op, nodes.size()) : op);
  }
  std::string out =
      fmt::format("no model for {}: counted as memory traffic, {} of the operations and {} of the bytes",
                  fmt::join(names, ", "), percent_of(flops, all_flops), percent_of(bytes, all_bytes));
  if (!guessed_.empty())
    out +=
        fmt::format("; results of {} taken to be shaped as their first operand", fmt::join(guessed_, ", "));
  return out;
}

void Translator::conclude(Graph& graph) {
  if (graph.nodes.empty()) throw Error("nothing to forecast: no output depends on an operation");
  if (!unknown_.empty()) {
    const std::string text = coverage(graph);
    if (request_.strict) throw Error(text + " (--strict refuses them)");
    remarks_.insert(remarks_.begin(), text);
  }
  if (folded_ > 0 && request_.mode == Mode::training) {
    remark(fmt::format(
        "batch norms are folded into {} convolutions, as exporters do for inference: their training "
        "is missing, so the time is low; export in training mode",
        folded_));
  }
  graph.remarks = remarks_;
}

Graph Translator::run() {
  const GraphProto& graph = prepared_.model.graph;
  check_names(prepared_.interface, request_);
  declare(graph, top_);
  std::int64_t fed = 0;
  for (const Input& input : prepared_.interface.inputs) {
    Value value;
    value.type = input.type;
    value.dims = bind(input, prepared_.interface, request_);
    fed += value.elements();
    if (fed > kMostElements) throw Error("its inputs have more than 2^53 elements; take a smaller batch");
    top_.values.insert_or_assign(input.name, std::move(value));
  }
  for (const Input& weight : prepared_.interface.parameters) {
    TensorProto tensor{weight.name, weight.type, {}, {}};
    for (const Dimension& d : weight.shape) tensor.dims.push_back(*d.value);
    elements_of(tensor.dims, fmt::format("input '{}'", printable(weight.name)));
    top_.values.insert_or_assign(weight.name, initial(tensor));
  }
  builder_.set_input(fed);
  walk(graph.node, top_);
  for (const ValueInfo& output : graph.output) {
    if (top_.find(output.name) == nullptr)
      throw Error(fmt::format("nothing makes the output '{}'", printable(output.name)));
  }
  if (request_.mode == Mode::training) add_loss(graph);
  Graph result = builder_.take();
  conclude(result);
  return result;
}

Shapes Translator::shapes() const {
  Shapes found;
  for (const auto& [name, value] : top_.values) found.emplace(name, value.dims);
  return found;
}

}  // namespace roofcast::onnx
