// The table of operators: what each makes of its operands' shapes, and the nodes it adds to the graph.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "model/importers/onnx/step.h"

namespace roofcast::onnx {

using Operator = void (*)(Step&);
using Operators = std::unordered_map<std::string_view, Operator>;

/// Nothing for an operator without a model. Operators of com.microsoft that ONNX has too are the same.
Operator find_operator(const std::string& domain, const std::string& op);

/// Counts as memory traffic whatever it is. `name` is what it is listed as.
void unknown_operator(Step& step, const std::string& name);

// One family each; operators/*.cpp.
void add_elementwise(Operators& table);
void add_views(Operators& table);
void add_indexing(Operators& table);
void add_generators(Operators& table);
void add_products(Operators& table);
void add_einsum(Operators& table);
void add_convolutions(Operators& table);
void add_pooling(Operators& table);
void add_resampling(Operators& table);
void add_normalization(Operators& table);
void add_reductions(Operators& table);
void add_recurrent(Operators& table);
void add_attention(Operators& table);
void add_quantization(Operators& table);
void add_control_flow(Operators& table);

}  // namespace roofcast::onnx
