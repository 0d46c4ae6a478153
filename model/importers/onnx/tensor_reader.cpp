// Weights stay where they are: only the length of their bytes is looked at.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/tensor_reader.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "model/importers/onnx/fields.h"
#include "model/importers/onnx/reader.h"
#include "model/importers/onnx/value.h"

namespace roofcast::onnx {
namespace {

using protozero::pbf_message;

struct Data {
  std::string_view raw;
  std::vector<double> reals;
  std::vector<std::int64_t> integers;
  bool external = false;
};

template <class T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);  // files are little-endian, as the machines this runs on
  return value;
}
static_assert(std::endian::native == std::endian::little);

double half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return mantissa == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

double bfloat(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16));
}

std::optional<double> decode(DataType type, const char* at) {
  switch (type) {
    case DataType::float32: return static_cast<double>(load<float>(at));
    case DataType::float64: return load<double>(at);
    case DataType::float16: return half(load<std::uint16_t>(at));
    case DataType::bfloat16: return bfloat(load<std::uint16_t>(at));
    case DataType::int64: return static_cast<double>(load<std::int64_t>(at));
    case DataType::uint64: return static_cast<double>(load<std::uint64_t>(at));
    case DataType::int32: return load<std::int32_t>(at);
    case DataType::uint32: return load<std::uint32_t>(at);
    case DataType::int16: return load<std::int16_t>(at);
    case DataType::uint16: return load<std::uint16_t>(at);
    case DataType::int8: return load<std::int8_t>(at);
    case DataType::uint8:
    case DataType::boolean: return load<std::uint8_t>(at);
    default: return std::nullopt;
  }
}

/// int32_data holds the bits of 16-bit floats.
double from_integer(DataType type, std::int64_t value) {
  if (type == DataType::float16) return half(static_cast<std::uint16_t>(value));
  if (type == DataType::bfloat16) return bfloat(static_cast<std::uint16_t>(value));
  return static_cast<double>(value);
}

std::string called(const TensorProto& tensor) { return fmt::format("tensor '{}'", printable(tensor.name)); }

void keep_values(TensorProto& tensor, const Data& data) {
  const auto width = bits(tensor.type);
  const std::int64_t count = elements_of(tensor.dims, called(tensor));
  if (data.external || !width) return;
  if (!data.raw.empty()) {
    const std::int64_t wanted = (count * *width + 7) / 8;
    if (static_cast<std::int64_t>(data.raw.size()) != wanted) {
      throw Error(fmt::format("{}: {} bytes of data, but {} of {} take {}", called(tensor), data.raw.size(),
                              text(tensor.dims), name(tensor.type), wanted));
    }
  }
  if (count > (is_floating(tensor.type) ? kMostReals : kMostIntegers)) return;
  std::vector<double> values;
  if (!data.raw.empty()) {
    if (*width < 8) return;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto value = decode(tensor.type, data.raw.data() + i * *width / 8);
      if (!value) return;
      values.push_back(*value);
    }
  } else if (!data.reals.empty()) {
    values = data.reals;
  } else {
    for (const std::int64_t value : data.integers) values.push_back(from_integer(tensor.type, value));
  }
  if (values.empty() && count > 0) return;  // a weight-free file
  if (*width < 8) return;
  if (static_cast<std::int64_t>(values.size()) != count) {
    throw Error(fmt::format("{}: {} values, but its shape {} has {}", called(tensor), values.size(),
                            text(tensor.dims), count));
  }
  tensor.values = std::move(values);
}

/// Big tensors' repeated fields would be copied; their packed form is skipped instead.
bool is_large(const protozero::pbf_reader& at, std::size_t left) {
  return at.wire_type() == protozero::pbf_wire_type::length_delimited && left > (1U << 16);
}

}  // namespace

TensorProto read_tensor(std::string_view bytes, const std::string& owner) {
  TensorProto tensor;
  tensor.name = owner;
  Data data;
  pbf_message<TensorField> at(bytes);
  while (at.next()) {
    const bool skip = is_large(at, bytes.size());
    switch (at.tag()) {
      case TensorField::dims: integers(at, "a tensor's shape", tensor.dims); break;
      case TensorField::data_type: tensor.type = static_cast<DataType>(integer(at, "a tensor's type")); break;
      case TensorField::name: tensor.name = text(at, "a tensor's name"); break;
      case TensorField::raw_data: data.raw = onnx::bytes(at, "a tensor's data"); break;
      case TensorField::data_location: data.external = integer(at, "a tensor's data location") != 0; break;
      case TensorField::float_data:
        if (skip)
          at.skip();
        else
          reals(at, "a tensor's floats", data.reals);
        break;
      case TensorField::double_data:
        if (skip)
          at.skip();
        else
          doubles(at, "a tensor's doubles", data.reals);
        break;
      case TensorField::int32_data:
      case TensorField::int64_data:
      case TensorField::uint64_data:
        if (skip)
          at.skip();
        else
          integers(at, "a tensor's integers", data.integers);
        break;
      default: at.skip();
    }
  }
  keep_values(tensor, data);
  return tensor;
}

TensorProto read_sparse_tensor(std::string_view bytes) {
  TensorProto tensor;
  pbf_message<SparseField> at(bytes);
  Dims dims;
  while (at.next()) {
    switch (at.tag()) {
      case SparseField::values:
        tensor = read_tensor(onnx::bytes(at, "a sparse tensor's values"), "sparse");
        break;
      case SparseField::dims: integers(at, "a sparse tensor's shape", dims); break;
      default: at.skip();
    }
  }
  tensor.dims = dims;
  tensor.values.reset();
  elements_of(tensor.dims, called(tensor));
  return tensor;
}

}  // namespace roofcast::onnx
