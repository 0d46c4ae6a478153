// Walks a model's graph once, at concrete shapes, and builds the graph that is forecast.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/importers/onnx/binding.h"
#include "model/importers/onnx/proto.h"
#include "model/importers/onnx/value.h"
#include "model/workloads/graph_builder.h"

namespace roofcast::onnx {

/// The shapes every value has at the batch the file was exported with.
using Shapes = std::unordered_map<std::string, Dims>;

/// A model, ready to be walked at any batch.
struct Prepared {
  ModelProto model;
  Interface interface;
};

/// Names of one graph, of a subgraph or of a function's body, and of those around it.
struct Scope {
  const Scope* outer = nullptr;
  const GraphProto* graph = nullptr;  // whose value_info holds; nothing in a function
  std::unordered_map<std::string, Value> values;
  std::unordered_map<std::string, int> uses;
  std::unordered_map<std::string, std::set<std::string>> readers;  // operators that read a value
  const std::vector<AttributeProto>* arguments = nullptr;          // attributes a function was called with
  std::string prefix;                                              // of node names: "loop.3/"

  const Value* find(const std::string& name) const;
};

class Step;

class Translator {
 public:
  /// `baked`: shapes at the batch in the file, where another one is asked for; they tell which numbers of a constant
  /// shape stand for the batch. Nothing otherwise.
  Translator(const Prepared& prepared, const WorkloadRequest& request, const WorkloadInfo& info,
             const Shapes* baked);

  /// Throws Error naming the node that cannot be understood.
  Graph run();
  /// Shapes of the outermost graph's values, once run.
  Shapes shapes() const;

  // For operators.
  GraphBuilder& builder() { return builder_; }
  const WorkloadRequest& request() const { return request_; }
  const Prepared& prepared() const { return prepared_; }
  std::int64_t opset(const std::string& domain) const;
  /// The shape a value has at the batch in the file; nothing where that is the batch asked for, or inside subgraphs.
  const Dims* baked(const std::string& value) const;
  /// How much lies before the batch within an axis of that size in the file, which a reshape merged; 1 where unknown.
  std::int64_t merged(std::int64_t size) const;
  void merge(std::int64_t size, std::int64_t before) { merged_[size] = before; }
  /// Parameters that belong to the node that uses a weight first: all elements of its initializer, then 0.
  std::int64_t own(const Value& weight);
  /// Values that a subgraph's outputs have, its inputs being given.
  std::vector<Value> run_subgraph(const GraphProto& graph, const Scope& outer,
                                  const std::vector<Value>& inputs, const std::string& prefix);
  std::vector<Value> run_function(const FunctionProto& function, const std::vector<AttributeProto>& arguments,
                                  const std::vector<Value>& inputs, const std::string& prefix);
  /// Counts a node or a turn of a loop. Throws Error where a graph unrolls without end.
  void tick(const Step& step);
  /// Said once each with the forecast.
  void remark(const std::string& text);
  /// An operator without a model. `node` stands for it in the graph.
  void unknown(const std::string& op, int node, bool guessed);
  void folds_batch_norms() { ++folded_; }

 private:
  void declare(const GraphProto& graph, Scope& scope);
  void walk(const std::vector<NodeProto>& nodes, Scope& scope);
  void translate(const NodeProto& node, Scope& scope);
  void add_loss(const GraphProto& graph);
  void conclude(Graph& graph);
  std::string coverage(const Graph& graph) const;

  const Prepared& prepared_;
  const WorkloadRequest& request_;
  const Shapes* baked_;
  GraphBuilder builder_;
  Scope top_;
  std::unordered_set<std::string> owned_;
  std::unordered_map<std::int64_t, std::int64_t> merged_;
  std::vector<std::string> remarks_;
  std::map<std::string, std::vector<int>> unknown_;
  std::set<std::string> guessed_;
  int depth_ = 0;
  std::int64_t steps_ = 0;
  std::int64_t folded_ = 0;  // convolutions with a bias and no batch norm behind them
};

}  // namespace roofcast::onnx
