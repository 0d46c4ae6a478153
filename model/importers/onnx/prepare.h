// A graph made ready to be walked: constants in one place, patterns recognised, nodes in order, dead ones gone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/importers/onnx/proto.h"

namespace roofcast::onnx {

/// Constant nodes become initializers, decomposed functions single nodes (patterns.h); nodes are sorted so that
/// producers come first, and those no output depends on are dropped. Subgraphs too. Throws Error naming the node for
/// a cycle or for a value that two nodes produce.
void prepare(GraphProto& graph);
void prepare(FunctionProto& function);

/// What a node reads: its inputs, and what its subgraphs take from the graphs around them.
std::vector<std::string> reads(const NodeProto& node);

/// "node 'layer1.conv' (Conv)", or "the Conv that makes 'y'" where it has no name.
std::string called(const NodeProto& node);

const AttributeProto* find_attribute(const NodeProto& node, std::string_view name);

}  // namespace roofcast::onnx
