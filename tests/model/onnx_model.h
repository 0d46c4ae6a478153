// Tiny ONNX models for tests, written with protozero.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "model/importers/onnx/onnx.h"

namespace roofcast::testing {

using protozero::pbf_writer;

struct Attr {
  std::string name;
  std::vector<std::int64_t> ints;
  bool list = true;
  std::string graph = {};  // bytes of a GraphProto
  std::string word = {};
};
inline Attr integer(std::string name, std::int64_t value) { return {std::move(name), {value}, false}; }
inline Attr integers(std::string name, std::vector<std::int64_t> values) { return {std::move(name), values}; }
inline Attr word(std::string name, std::string value) { return {std::move(name), {}, false, {}, value}; }
inline Attr graph(std::string name, std::string bytes) { return {std::move(name), {}, false, bytes}; }

/// A GraphProto, field by field.
class GraphBytes {
 public:
  GraphBytes& node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs, const std::vector<Attr>& attributes = {},
                   const std::string& domain = "") {
    std::string bytes;
    pbf_writer node(bytes);
    for (const auto& input : inputs) node.add_string(1, input);
    for (const auto& output : outputs) node.add_string(2, output);
    node.add_string(3, "the " + op);
    node.add_string(4, op);
    for (const Attr& a : attributes) {
      pbf_writer attribute(node, 5);
      attribute.add_string(1, a.name);
      if (!a.graph.empty()) attribute.add_message(6, a.graph);
      if (!a.word.empty()) attribute.add_string(4, a.word);
      if (a.list) {
        for (const auto value : a.ints) attribute.add_int64(8, value);
      } else if (!a.ints.empty()) {
        attribute.add_int64(3, a.ints.front());
      }
    }
    if (!domain.empty()) node.add_string(7, domain);
    return field(1, bytes);
  }
  /// A weight without data.
  GraphBytes& weight(const std::string& name, const std::vector<std::int64_t>& dims, int type = 1) {
    std::string bytes;
    pbf_writer tensor(bytes);
    for (const auto size : dims) tensor.add_int64(1, size);
    tensor.add_int32(2, type);
    tensor.add_string(8, name);
    return field(5, bytes);
  }
  GraphBytes& shape(const std::string& name, const std::vector<std::int64_t>& values) {
    std::string bytes;
    pbf_writer tensor(bytes);
    tensor.add_int64(1, static_cast<std::int64_t>(values.size()));
    tensor.add_int32(2, 7);
    tensor.add_packed_int64(7, values.begin(), values.end());
    tensor.add_string(8, name);
    return field(5, bytes);
  }
  /// Dimensions are numbers or symbols.
  GraphBytes& input(const std::string& name, const std::vector<std::string>& dims, int type = 1) {
    return value(11, name, dims, type);
  }
  GraphBytes& output(const std::string& name) { return value(12, name, {}, 1); }
  GraphBytes& value(int tag, const std::string& name, const std::vector<std::string>& dims, int type) {
    std::string bytes;
    pbf_writer info(bytes);
    info.add_string(1, name);
    {
      pbf_writer wrapper(info, 2);
      pbf_writer tensor(wrapper, 1);
      tensor.add_int32(1, type);
      if (!dims.empty()) {
        pbf_writer shape_bytes(tensor, 2);
        for (const std::string& dim : dims) {
          pbf_writer d(shape_bytes, 1);
          const bool number = dim.find_first_not_of("-0123456789") == std::string::npos && !dim.empty();
          if (number)
            d.add_int64(1, std::stoll(dim));
          else if (!dim.empty())
            d.add_string(2, dim);
        }
      }
    }
    return field(tag, bytes);
  }
  GraphBytes& field(int tag, const std::string& bytes) {
    pbf_writer(bytes_).add_message(static_cast<protozero::pbf_tag_type>(tag), bytes);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }
  /// A ModelProto around it.
  std::string model(std::int64_t opset = 17) const {
    std::string out;
    pbf_writer model(out);
    model.add_int64(1, 8);
    {
      pbf_writer set(model, 8);
      set.add_int64(2, opset);
    }
    model.add_message(7, bytes_);
    return out;
  }

 private:
  std::string bytes_;
};

inline Graph import(const std::string& bytes, std::int64_t batch = 1, Mode mode = Mode::inference,
                    std::map<std::string, std::int64_t> dimensions = {}) {
  WorkloadRequest request;
  request.imported = import_onnx(bytes, "tiny.onnx");
  request.name = "tiny.onnx";
  request.batch = batch;
  request.mode = mode;
  request.dimensions = std::move(dimensions);
  return build(request);
}

}  // namespace roofcast::testing
