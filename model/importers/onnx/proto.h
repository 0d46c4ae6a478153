// What an ONNX file says, without its weights. Names and fields are those of onnx.proto.
// Source: onnx/onnx.proto of IR version 10, https://github.com/onnx/onnx/blob/main/docs/IR.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace roofcast::onnx {

/// TensorProto.DataType. Numbers beyond those listed are newer than this reader and pass through.
enum class DataType : std::int32_t {
  undefined = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  string = 8,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  uint64 = 13,
  complex64 = 14,
  complex128 = 15,
  bfloat16 = 16,
  float8_e4m3fn = 17,
  float8_e4m3fnuz = 18,
  float8_e5m2 = 19,
  float8_e5m2fnuz = 20,
  uint4 = 21,
  int4 = 22,
  float4_e2m1 = 23
};

using Dims = std::vector<std::int64_t>;

/// A constant. Weights keep shape and type only.
struct TensorProto {
  std::string name;
  DataType type = DataType::undefined;
  Dims dims;
  std::optional<std::vector<double>> values;  // of small tensors whose data are in the file
};

struct GraphProto;

struct AttributeProto {
  std::string name;
  std::string reference;  // attribute of the enclosing function it takes its value from
  std::optional<double> f;
  std::optional<std::int64_t> i;
  std::optional<std::string> s;
  std::vector<double> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> strings;
  std::shared_ptr<const TensorProto> t;
  std::shared_ptr<GraphProto> g;
};

struct NodeProto {
  std::string name;
  std::string op_type;
  std::string domain;
  std::vector<std::string> input, output;  // an empty name is an operand left out
  std::vector<AttributeProto> attribute;
};

/// A number, a symbol, or neither.
struct Dimension {
  std::optional<std::int64_t> value;
  std::string symbol;
};

struct ValueInfo {
  std::string name;
  DataType type = DataType::undefined;
  std::optional<std::vector<Dimension>> shape;
};

struct GraphProto {
  std::string name;
  std::vector<NodeProto> node;
  std::map<std::string, TensorProto> initializer;
  std::vector<ValueInfo> input, output;
  std::map<std::string, ValueInfo> value_info;  // inputs and outputs included
};

struct FunctionProto {
  std::string name, domain;
  std::vector<std::string> input, output;
  std::vector<NodeProto> node;
};

struct ModelProto {
  std::string producer;
  std::map<std::string, std::int64_t> opset;  // version by domain; "" is ai.onnx
  GraphProto graph;
  std::vector<FunctionProto> functions;
};

}  // namespace roofcast::onnx
