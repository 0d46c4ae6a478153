// Field numbers of onnx.proto, and checked access to one field.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#define PROTOZERO_USE_VIEW std::string_view  // the type of its views of bytes
#include <cstdint>
#include <protozero/pbf_message.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace roofcast::onnx {

enum class ModelField : protozero::pbf_tag_type {
  producer_name = 2,
  graph = 7,
  opset_import = 8,
  functions = 25
};
enum class OpsetField : protozero::pbf_tag_type { domain = 1, version = 2 };
enum class GraphField : protozero::pbf_tag_type {
  node = 1,
  name = 2,
  initializer = 5,
  input = 11,
  output = 12,
  value_info = 13,
  sparse_initializer = 15
};
enum class NodeField : protozero::pbf_tag_type {
  input = 1,
  output = 2,
  name = 3,
  op_type = 4,
  attribute = 5,
  domain = 7
};
enum class FunctionField : protozero::pbf_tag_type { name = 1, input = 4, output = 5, node = 7, domain = 10 };
enum class AttributeField : protozero::pbf_tag_type {
  name = 1,
  f = 2,
  i = 3,
  s = 4,
  t = 5,
  g = 6,
  floats = 7,
  ints = 8,
  strings = 9,
  ref_attr_name = 21
};
enum class TensorField : protozero::pbf_tag_type {
  dims = 1,
  data_type = 2,
  float_data = 4,
  int32_data = 5,
  int64_data = 7,
  name = 8,
  raw_data = 9,
  double_data = 10,
  uint64_data = 11,
  data_location = 14
};
enum class SparseField : protozero::pbf_tag_type { values = 1, dims = 3 };
enum class ValueField : protozero::pbf_tag_type { name = 1, type = 2 };
enum class TypeField : protozero::pbf_tag_type { tensor_type = 1 };
enum class TensorTypeField : protozero::pbf_tag_type { elem_type = 1, shape = 2 };
enum class ShapeField : protozero::pbf_tag_type { dim = 1 };
enum class DimField : protozero::pbf_tag_type { dim_value = 1, dim_param = 2 };

/// Throws Error where the field on the wire has another type than onnx.proto gives it: protozero itself only asserts.
void require(const protozero::pbf_reader& at, protozero::pbf_wire_type type, const char* what);

std::string text(protozero::pbf_reader& at, const char* what);
std::string_view bytes(protozero::pbf_reader& at, const char* what);
std::int64_t integer(protozero::pbf_reader& at, const char* what);
double real(protozero::pbf_reader& at, const char* what);

/// Appends one value, or a packed run of them.
void integers(protozero::pbf_reader& at, const char* what, std::vector<std::int64_t>& out);
void reals(protozero::pbf_reader& at, const char* what, std::vector<double>& out);
void doubles(protozero::pbf_reader& at, const char* what, std::vector<double>& out);

}  // namespace roofcast::onnx
