// Widths and names of element types.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/reader.h"

namespace roofcast::onnx {

bool is_floating(DataType type) {
  switch (type) {
    case DataType::float32:
    case DataType::float16:
    case DataType::float64:
    case DataType::bfloat16:
    case DataType::float8_e4m3fn:
    case DataType::float8_e4m3fnuz:
    case DataType::float8_e5m2:
    case DataType::float8_e5m2fnuz:
    case DataType::float4_e2m1: return true;
    default: return false;
  }
}

std::optional<int> bits(DataType type) {
  switch (type) {
    case DataType::uint4:
    case DataType::int4:
    case DataType::float4_e2m1: return 4;
    case DataType::uint8:
    case DataType::int8:
    case DataType::boolean:
    case DataType::float8_e4m3fn:
    case DataType::float8_e4m3fnuz:
    case DataType::float8_e5m2:
    case DataType::float8_e5m2fnuz: return 8;
    case DataType::uint16:
    case DataType::int16:
    case DataType::float16:
    case DataType::bfloat16: return 16;
    case DataType::int32:
    case DataType::uint32:
    case DataType::float32: return 32;
    case DataType::int64:
    case DataType::uint64:
    case DataType::float64:
    case DataType::complex64: return 64;
    case DataType::complex128: return 128;
    default: return std::nullopt;
  }
}

std::string_view name(DataType type) {
  switch (type) {
    case DataType::float32: return "float";
    case DataType::uint8: return "uint8";
    case DataType::int8: return "int8";
    case DataType::uint16: return "uint16";
    case DataType::int16: return "int16";
    case DataType::int32: return "int32";
    case DataType::int64: return "int64";
    case DataType::string: return "string";
    case DataType::boolean: return "bool";
    case DataType::float16: return "float16";
    case DataType::float64: return "double";
    case DataType::uint32: return "uint32";
    case DataType::uint64: return "uint64";
    case DataType::bfloat16: return "bfloat16";
    case DataType::uint4: return "uint4";
    case DataType::int4: return "int4";
    default: return "another type";
  }
}

}  // namespace roofcast::onnx
