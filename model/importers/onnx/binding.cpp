// Which inputs are data, which dimension is the batch.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "model/importers/onnx/prepare.h"
#include "model/importers/onnx/reader.h"
#include "model/importers/onnx/value.h"

namespace roofcast::onnx {
namespace {

bool all_numbers(const std::vector<Dimension>& shape) {
  return std::all_of(shape.begin(), shape.end(), [](const Dimension& d) { return d.value.has_value(); });
}

std::string symbol_of(const Input& input, std::size_t axis) {
  const Dimension& d = input.shape[axis];
  if (d.value) return "";
  return d.symbol.empty() ? fmt::format("{}.{}", input.name, axis) : d.symbol;
}

/// "batch", "batch_size", "N", "bs".
bool sounds_like_batch(const std::string& symbol) {
  std::string lower;
  for (const char c : symbol) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.find("batch") != std::string::npos || lower == "n" || lower == "b" || lower == "bs";
}

/// Operands that hold weights, by operator. Source: the operators' definitions.
bool is_weight_operand(const NodeProto& node, std::size_t operand) {
  static const std::map<std::string, std::size_t> first{{"Conv", 1},
                                                        {"ConvTranspose", 1},
                                                        {"Gemm", 1},
                                                        {"BatchNormalization", 1},
                                                        {"InstanceNormalization", 1},
                                                        {"LSTM", 1},
                                                        {"LayerNormalization", 1},
                                                        {"GRU", 1},
                                                        {"GroupNormalization", 1},
                                                        {"RNN", 1},
                                                        {"PRelu", 1},
                                                        {"SkipLayerNormalization", 2}};
  const auto found = first.find(node.op_type);
  return found != first.end() && operand >= found->second;
}

/// PyTorch's export without weights lists data first and then every weight as an input of fixed shape.
std::set<std::string> weights_among_inputs(const GraphProto& graph, const std::vector<Input>& inputs) {
  std::set<std::string> found;
  std::map<std::string, bool> used_as_weight;
  for (const NodeProto& node : graph.node) {
    for (std::size_t i = 0; i < node.input.size(); ++i) {
      if (is_weight_operand(node, i)) used_as_weight[node.input[i]] = true;
    }
  }
  const bool symbolic = !inputs.empty() && !all_numbers(inputs.front().shape);
  bool after_weights = false;
  for (std::size_t k = 1; k < inputs.size(); ++k) {
    const Input& input = inputs[k];
    if (!is_floating(input.type) || !all_numbers(input.shape)) continue;
    const bool named =
        input.name.ends_with(".weight") || input.name.ends_with(".bias") || input.name.starts_with("onnx::");
    after_weights = after_weights || named || used_as_weight.contains(input.name);
    if (after_weights || (symbolic && inputs.size() > 16)) found.insert(input.name);
  }
  return found;
}

/// ... with the steps before the batch.
bool feeds_recurrence(const GraphProto& graph, const std::string& input) {
  return std::any_of(graph.node.begin(), graph.node.end(), [&](const NodeProto& node) {
    const bool recurrent = node.op_type == "LSTM" || node.op_type == "GRU" || node.op_type == "RNN";
    const AttributeProto* layout = find_attribute(node, "layout");
    const bool batch_first = layout != nullptr && layout->i.value_or(0) != 0;
    return recurrent && !batch_first && !node.input.empty() && node.input.front() == input;
  });
}

void find_batch(const GraphProto& graph, Interface& face) {
  const std::vector<Input>& inputs = face.inputs;
  std::vector<std::pair<std::string, std::size_t>> symbols;  // and the axis
  for (const Input& input : inputs) {
    for (std::size_t axis = 0; axis < input.shape.size(); ++axis) {
      const std::string symbol = symbol_of(input, axis);
      if (!symbol.empty()) symbols.emplace_back(symbol, axis);
    }
  }
  const auto pick = [&](auto accept) {
    const auto it = std::find_if(symbols.begin(), symbols.end(), accept);
    if (face.batch_symbol.empty() && it != symbols.end()) face.batch_symbol = it->first;
  };
  pick([](const auto& s) { return sounds_like_batch(s.first); });
  pick([](const auto& s) { return s.second == 0; });
  for (const auto& [symbol, axis] : symbols) {
    const bool known = std::find(face.symbols.begin(), face.symbols.end(), symbol) != face.symbols.end();
    if (symbol != face.batch_symbol && !known) face.symbols.push_back(symbol);
  }
  if (!face.batch_symbol.empty()) {
    for (Input& input : face.inputs) {
      for (std::size_t axis = input.shape.size(); axis-- > 0;) {
        // Unnamed leading dimensions of several inputs are one batch.
        const bool unnamed_lead = axis == 0 && !input.shape[0].value && input.shape[0].symbol.empty() &&
                                  face.batch_symbol.ends_with(".0");
        if (symbol_of(input, axis) == face.batch_symbol || unnamed_lead) input.batch_axis = axis;
      }
    }
    return;
  }
  for (Input& input : face.inputs) {
    const std::size_t axis = feeds_recurrence(graph, input.name) ? 1 : 0;
    if (axis >= input.shape.size() || !input.shape[axis].value) continue;
    const std::int64_t size = *input.shape[axis].value;
    if (&input == &face.inputs.front()) face.baked_batch = size;
    if (face.inputs.front().batch_axis.has_value() || &input == &face.inputs.front()) {
      if (size == face.baked_batch) input.batch_axis = axis;
    }
  }
}

}  // namespace

Interface find_interface(const GraphProto& graph) {
  Interface face;
  std::vector<Input> all;
  for (const ValueInfo& info : graph.input) {
    if (graph.initializer.contains(info.name)) continue;
    Input input{info.name, info.type, {}, {}};
    if (info.shape) input.shape = *info.shape;
    all.push_back(std::move(input));
  }
  const auto weights = weights_among_inputs(graph, all);
  for (Input& input : all) {
    (weights.contains(input.name) ? face.parameters : face.inputs).push_back(std::move(input));
  }
  find_batch(graph, face);
  if (!face.batch_symbol.empty()) std::erase(face.symbols, face.batch_symbol);
  std::erase_if(face.symbols, [&](const std::string& symbol) {  // unnamed batches of further inputs
    return std::any_of(face.inputs.begin(), face.inputs.end(), [&](const Input& input) {
      return input.batch_axis && symbol_of(input, *input.batch_axis) == symbol;
    });
  });
  return face;
}

void check_names(const Interface& face, const WorkloadRequest& request) {
  for (const auto& [name, value] : request.dimensions) {
    if (name == face.batch_symbol)
      throw Error(fmt::format("dimension '{}' is the batch: give --batch {}", printable(name), value));
    if (std::find(face.symbols.begin(), face.symbols.end(), name) != face.symbols.end()) continue;
    throw Error(fmt::format("no dimension '{}'; {}", printable(name),
                            face.symbols.empty() ? std::string("only its batch is open")
                                                 : fmt::format("it has {}", fmt::join(face.symbols, ", "))));
  }
}

Dims bind(const Input& input, const Interface& face, const WorkloadRequest& request) {
  Dims dims;
  for (std::size_t axis = 0; axis < input.shape.size(); ++axis) {
    if (input.batch_axis == axis) {
      dims.push_back(request.batch);
      continue;
    }
    if (input.shape[axis].value) {
      dims.push_back(*input.shape[axis].value);
      continue;
    }
    const std::string symbol = symbol_of(input, axis);
    const auto given = request.dimensions.find(symbol);
    if (symbol == face.batch_symbol) {
      dims.push_back(request.batch);
    } else if (given != request.dimensions.end()) {
      dims.push_back(given->second);
    } else {
      std::vector<std::string> missing;
      for (const std::string& name : face.symbols) {
        if (!request.dimensions.contains(name)) missing.push_back("--dim " + printable(name) + "=N");
      }
      throw Error(fmt::format("dimension '{}' of input '{}' is open: give {}", printable(symbol),
                              printable(input.name), fmt::join(missing, " ")));
    }
  }
  elements_of(dims, fmt::format("input '{}'", printable(input.name)));
  return dims;
}

std::optional<Dims> bind(const ValueInfo& info, const Interface& face, const WorkloadRequest& request) {
  if (!info.shape) return std::nullopt;
  Dims dims;
  for (std::size_t axis = 0; axis < info.shape->size(); ++axis) {
    const Dimension& d = (*info.shape)[axis];
    const auto given = request.dimensions.find(d.symbol);
    if (d.value) {
      // A file with a fixed batch says it here too.
      const bool batch = face.batch_symbol.empty() && axis == 0 && *d.value == face.baked_batch;
      dims.push_back(batch ? request.batch : *d.value);
    } else if (!d.symbol.empty() && d.symbol == face.batch_symbol) {
      dims.push_back(request.batch);
    } else if (given != request.dimensions.end()) {
      dims.push_back(given->second);
    } else {
      return std::nullopt;
    }
  }
  return dims;
}

}  // namespace roofcast::onnx
