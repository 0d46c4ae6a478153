// From bytes to a network that can be built at any batch.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/onnx.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/prepare.h"
#include "model/importers/onnx/translator.h"

namespace roofcast {
namespace {

using namespace onnx;

Graph build_at(const Prepared& prepared, const WorkloadRequest& request, const WorkloadInfo& info) try {
  const Interface& face = prepared.interface;
  if (!face.batch_symbol.empty() || request.batch == face.baked_batch)
    return Translator(prepared, request, info, nullptr).run();
  WorkloadRequest as_exported = request;
  as_exported.batch = face.baked_batch;
  Translator baked(prepared, as_exported, info, nullptr);
  baked.run();
  const Shapes shapes = baked.shapes();
  return Translator(prepared, request, info, &shapes).run();
} catch (const Error& e) {
  throw Error(info.name + ": " + e.what());
}

bool has(const GraphProto& graph, std::string_view op) {
  return std::any_of(graph.node.begin(), graph.node.end(),
                     [&](const NodeProto& n) { return n.op_type == op; });
}

void check_opset(const ModelProto& model) {
  constexpr std::int64_t kOldest = 7;
  const auto found = model.opset.find("");
  if (found == model.opset.end() || found->second >= kOldest) return;
  throw Error(fmt::format("operator set {} is older than {}, whose rules are read; convert the model",
                          found->second, kOldest));
}

std::string shape_words(const Interface& face) {
  std::vector<std::string> words;
  for (const Input& input : face.inputs) {
    std::vector<std::string> dims;
    for (std::size_t axis = 0; axis < input.shape.size(); ++axis) {
      const Dimension& d = input.shape[axis];
      const bool batch = input.batch_axis == axis;
      dims.push_back(batch              ? "batch"
                     : d.value          ? std::to_string(*d.value)
                     : d.symbol.empty() ? "?"
                                        : printable(d.symbol));
    }
    words.push_back(fmt::format("{} {}", printable(input.name),
                                dims.empty() ? "scalar" : fmt::format("{}", fmt::join(dims, "×"))));
    if (words.size() == 4 && face.inputs.size() > 4) {
      words.emplace_back("...");
      break;
    }
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

WorkloadInfo describe(const Prepared& prepared, const std::string& name) {
  const GraphProto& graph = prepared.model.graph;
  WorkloadInfo info;
  info.name = name;
  info.domain = Domain::tensor;
  const auto opset = prepared.model.opset.find("");
  info.description = fmt::format(
      "ONNX{}{}, {}", prepared.model.producer.empty() ? "" : " by " + printable(prepared.model.producer),
      opset == prepared.model.opset.end() ? "" : fmt::format(", opset {}", opset->second),
      shape_words(prepared.interface));
  const bool transformer = has(graph, "LayerNormalization") || has(graph, "Attention") || has(graph, "LSTM");
  info.default_batch = has(graph, "Conv") && !has(graph, "LSTM") ? 64 : 8;
  info.default_optimizer = transformer ? Optimizer::adam : Optimizer::sgd_momentum;
  const bool quantised = has(graph, "QuantizeLinear") || has(graph, "QLinearConv") ||
                         has(graph, "MatMulInteger") || has(graph, "ConvInteger") ||
                         has(graph, "QLinearMatMul") || has(graph, "DynamicQuantizeLinear");
  if (quantised) info.default_precision = Precision::int8;
  if (!quantised && !prepared.interface.inputs.empty()) {
    std::int64_t narrow = 0, wide = 0;
    for (const auto& [weight, tensor] : graph.initializer) {
      if (tensor.type == DataType::float16 || tensor.type == DataType::bfloat16) ++narrow;
      if (tensor.type == DataType::float32 && !tensor.dims.empty()) ++wide;
      if (tensor.type == DataType::bfloat16 && narrow > wide) info.default_precision = Precision::bf16;
    }
    if (narrow <= wide)
      info.default_precision.reset();
    else if (!info.default_precision)
      info.default_precision = Precision::fp16;
  }
  return info;
}

/// A file with a fixed batch may hold constants that fit no other.
std::int64_t default_batch(const Prepared& prepared, const WorkloadInfo& info) {
  if (!prepared.interface.batch_symbol.empty() || prepared.interface.inputs.empty())
    return info.default_batch;
  WorkloadRequest request;
  request.mode = Mode::inference;
  const auto builds_at = [&](std::int64_t batch) {
    request.batch = batch;
    try {
      build_at(prepared, request, info);
      return true;
    } catch (const std::invalid_argument&) {
      return false;
    }
  };
  const std::int64_t fixed = prepared.interface.baked_batch;
  return fixed >= 1 && !builds_at(info.default_batch) && builds_at(fixed) ? fixed : info.default_batch;
}

}  // namespace

std::shared_ptr<const Network> import_onnx(std::string_view bytes, const std::string& name) try {
  auto prepared = std::make_shared<Prepared>();
  prepared->model = read_model(bytes);
  check_opset(prepared->model);
  prepare(prepared->model.graph);
  for (FunctionProto& function : prepared->model.functions) prepare(function);
  prepared->interface = find_interface(prepared->model.graph);
  auto network = std::make_shared<Network>();
  network->info = describe(*prepared, name);
  network->takes_dimensions = true;
  network->build = [prepared](const WorkloadRequest& request, const WorkloadInfo& info) {
    return build_at(*prepared, request, info);
  };
  network->info.default_batch = default_batch(*prepared, network->info);
  return network;
} catch (const onnx::Error& e) {
  throw onnx::Error(name + ": " + e.what());
}

}  // namespace roofcast
