// What the symbols in a model's shapes stand for at a given batch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/importers/onnx/proto.h"
#include "model/workloads/workload.h"

namespace roofcast::onnx {

/// An input that a run feeds, as opposed to a weight that a weight-free file lists among its inputs.
struct Input {
  std::string name;
  DataType type = DataType::float32;
  std::vector<Dimension> shape;
  std::optional<std::size_t> batch_axis;  // that --batch sets; nothing: as the file says
};

/// How --batch and --dim reach the shapes of a model.
struct Interface {
  std::vector<Input> inputs;
  std::vector<Input> parameters;  // weights among the inputs
  std::string batch_symbol;       // "" where the batch is a number in the file
  std::int64_t baked_batch = 1;   // that number
  std::vector<std::string>
      symbols;  // the others, in order of appearance; unnamed dimensions are "input.axis"
};

/// The batch is the symbol that is called like one, or the first symbol that leads an input, or the first symbol;
/// without symbols it is the leading dimension of the first input (the second one of what an RNN reads).
Interface find_interface(const GraphProto& graph);

/// Concrete sizes. Throws Error naming a dimension that has no value, or a name given that the model lacks.
Dims bind(const Input& input, const Interface& interface, const WorkloadRequest& request);
void check_names(const Interface& interface, const WorkloadRequest& request);

/// The same for the shape of any value; nothing where it has a symbol nobody bound.
std::optional<Dims> bind(const ValueInfo& info, const Interface& interface, const WorkloadRequest& request);

}  // namespace roofcast::onnx
