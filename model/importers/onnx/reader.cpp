// Messages of onnx.proto, one function each. protozero checks lengths; types and depth are checked here.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/reader.h"

#include <fmt/format.h>

#include <protozero/exception.hpp>

#include "model/importers/onnx/fields.h"
#include "model/importers/onnx/tensor_reader.h"
#include "model/importers/onnx/value.h"

namespace roofcast::onnx {
namespace {

using protozero::pbf_message;

constexpr int kDeepest = 24;  // graphs within attributes of nodes within graphs
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 31;

GraphProto read_graph(std::string_view bytes, int depth);

AttributeProto read_attribute(std::string_view bytes, int depth) {
  AttributeProto result;
  pbf_message<AttributeField> at(bytes);
  while (at.next()) {
    switch (at.tag()) {
      case AttributeField::name: result.name = text(at, "an attribute's name"); break;
      case AttributeField::ref_attr_name: result.reference = text(at, "an attribute's reference"); break;
      case AttributeField::f: result.f = real(at, "an attribute's float"); break;
      case AttributeField::i: result.i = integer(at, "an attribute's integer"); break;
      case AttributeField::s: result.s = text(at, "an attribute's string"); break;
      case AttributeField::t:
        result.t =
            std::make_shared<TensorProto>(read_tensor(onnx::bytes(at, "an attribute's tensor"), result.name));
        break;
      case AttributeField::g:
        result.g =
            std::make_shared<GraphProto>(read_graph(onnx::bytes(at, "an attribute's graph"), depth + 1));
        break;
      case AttributeField::floats: reals(at, "an attribute's floats", result.floats); break;
      case AttributeField::ints: integers(at, "an attribute's integers", result.ints); break;
      case AttributeField::strings: result.strings.push_back(text(at, "an attribute's strings")); break;
      default: at.skip();
    }
  }
  return result;
}

NodeProto read_node(std::string_view bytes, int depth) {
  NodeProto result;
  pbf_message<NodeField> at(bytes);
  while (at.next()) {
    switch (at.tag()) {
      case NodeField::input: result.input.push_back(text(at, "a node's input")); break;
      case NodeField::output: result.output.push_back(text(at, "a node's output")); break;
      case NodeField::name: result.name = text(at, "a node's name"); break;
      case NodeField::op_type: result.op_type = text(at, "a node's operator"); break;
      case NodeField::domain: result.domain = text(at, "a node's domain"); break;
      case NodeField::attribute:
        result.attribute.push_back(read_attribute(onnx::bytes(at, "a node's attribute"), depth));
        break;
      default: at.skip();
    }
  }
  if (result.domain == "ai.onnx") result.domain.clear();
  return result;
}

Dimension read_dimension(std::string_view bytes) {
  Dimension result;
  pbf_message<DimField> at(bytes);
  while (at.next()) {
    switch (at.tag()) {
      case DimField::dim_value: result.value = integer(at, "a dimension"); break;
      case DimField::dim_param: result.symbol = text(at, "a dimension's symbol"); break;
      default: at.skip();
    }
  }
  if (result.value && *result.value <= 0) result.value.reset();  // -1 and 0 are how exporters spell "any"
  if (!result.symbol.empty()) result.value.reset();
  return result;
}

std::vector<Dimension> read_shape(std::string_view bytes) {
  std::vector<Dimension> result;
  pbf_message<ShapeField> at(bytes);
  while (at.next(ShapeField::dim)) result.push_back(read_dimension(onnx::bytes(at, "a dimension")));
  return result;
}

ValueInfo read_value_info(std::string_view bytes) {
  ValueInfo result;
  pbf_message<ValueField> at(bytes);
  while (at.next()) {
    if (at.tag() == ValueField::name) {
      result.name = text(at, "a value's name");
    } else if (at.tag() == ValueField::type) {
      pbf_message<TypeField> type(onnx::bytes(at, "a value's type"));
      while (type.next(TypeField::tensor_type)) {
        pbf_message<TensorTypeField> tensor(onnx::bytes(type, "a tensor's type"));
        while (tensor.next()) {
          if (tensor.tag() == TensorTypeField::elem_type) {
            result.type = static_cast<DataType>(integer(tensor, "an element type"));
          } else if (tensor.tag() == TensorTypeField::shape) {
            result.shape = read_shape(onnx::bytes(tensor, "a shape"));
          } else {
            tensor.skip();
          }
        }
      }
    } else {
      at.skip();
    }
  }
  return result;
}

void keep(GraphProto& graph, TensorProto tensor) {
  const std::string name = tensor.name;
  if (!graph.initializer.emplace(name, std::move(tensor)).second)
    throw Error(fmt::format("initializer '{}' is given twice", printable(name)));
}

GraphProto read_graph(std::string_view bytes, int depth) {
  if (depth > kDeepest) throw Error(fmt::format("graphs are nested more than {} deep", kDeepest));
  GraphProto result;
  pbf_message<GraphField> at(bytes);
  while (at.next()) {
    switch (at.tag()) {
      case GraphField::name: result.name = text(at, "a graph's name"); break;
      case GraphField::node: result.node.push_back(read_node(onnx::bytes(at, "a node"), depth)); break;
      case GraphField::initializer: keep(result, read_tensor(onnx::bytes(at, "an initializer"), "")); break;
      case GraphField::sparse_initializer:
        keep(result, read_sparse_tensor(onnx::bytes(at, "a sparse initializer")));
        break;
      case GraphField::input: result.input.push_back(read_value_info(onnx::bytes(at, "an input"))); break;
      case GraphField::output: result.output.push_back(read_value_info(onnx::bytes(at, "an output"))); break;
      case GraphField::value_info: {
        ValueInfo info = read_value_info(onnx::bytes(at, "a value"));
        result.value_info.insert_or_assign(info.name, info);
        break;
      }
      default: at.skip();
    }
  }
  for (const ValueInfo& output : result.output) result.value_info.insert_or_assign(output.name, output);
  return result;
}

FunctionProto read_function(std::string_view bytes) {
  FunctionProto result;
  pbf_message<FunctionField> at(bytes);
  while (at.next()) {
    switch (at.tag()) {
      case FunctionField::name: result.name = text(at, "a function's name"); break;
      case FunctionField::domain: result.domain = text(at, "a function's domain"); break;
      case FunctionField::input: result.input.push_back(text(at, "a function's input")); break;
      case FunctionField::output: result.output.push_back(text(at, "a function's output")); break;
      case FunctionField::node:
        result.node.push_back(read_node(onnx::bytes(at, "a function's node"), 0));
        break;
      default: at.skip();
    }
  }
  return result;
}

void read_opset(std::string_view bytes, ModelProto& model) {
  std::string domain;
  std::int64_t version = 0;
  pbf_message<OpsetField> at(bytes);
  while (at.next()) {
    switch (at.tag()) {
      case OpsetField::domain: domain = text(at, "an operator set's domain"); break;
      case OpsetField::version: version = integer(at, "an operator set's version"); break;
      default: at.skip();
    }
  }
  model.opset[domain == "ai.onnx" ? "" : domain] = version;
}

ModelProto read(std::string_view bytes) {
  ModelProto model;
  bool has_graph = false;
  pbf_message<ModelField> at(bytes);
  while (at.next()) {
    switch (at.tag()) {
      case ModelField::producer_name: model.producer = text(at, "the producer's name"); break;
      case ModelField::opset_import: read_opset(onnx::bytes(at, "an operator set"), model); break;
      case ModelField::functions:
        model.functions.push_back(read_function(onnx::bytes(at, "a function")));
        break;
      case ModelField::graph:
        if (has_graph) throw Error("not an ONNX model: it has two graphs");
        model.graph = read_graph(onnx::bytes(at, "the graph"), 0);
        has_graph = true;
        break;
      default: at.skip();
    }
  }
  if (!has_graph) throw Error("not an ONNX model: no graph in it");
  return model;
}

}  // namespace

ModelProto read_model(std::string_view bytes) {
  if (bytes.empty()) throw Error("not an ONNX model: it is empty");
  if (bytes.size() > kMostBytes)
    throw Error("is larger than 2 GiB, which no ONNX file is: weights of this size lie in files beside it");
  try {
    return read(bytes);
  } catch (const protozero::end_of_buffer_exception&) {
    throw Error("is cut short, or no ONNX model: a field runs past the end");
  } catch (const protozero::exception& e) {
    throw Error(fmt::format("not an ONNX model: {}", e.what()));
  }
}

}  // namespace roofcast::onnx
