// Access to fields whose wire type has been checked.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/fields.h"

#include <fmt/format.h>

#include "model/importers/onnx/reader.h"

namespace roofcast::onnx {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

void require(const pbf_reader& at, pbf_wire_type type, const char* what) {
  if (at.wire_type() == type) return;
  throw Error(fmt::format("not an ONNX model: {} has another type than ONNX gives it", what));
}

std::string_view bytes(pbf_reader& at, const char* what) {
  require(at, pbf_wire_type::length_delimited, what);
  return at.get_view();
}

std::string text(pbf_reader& at, const char* what) { return std::string(bytes(at, what)); }

std::int64_t integer(pbf_reader& at, const char* what) {
  require(at, pbf_wire_type::varint, what);
  return at.get_int64();
}

double real(pbf_reader& at, const char* what) {
  require(at, pbf_wire_type::fixed32, what);
  return static_cast<double>(at.get_float());
}

void integers(pbf_reader& at, const char* what, std::vector<std::int64_t>& out) {
  if (at.wire_type() != pbf_wire_type::length_delimited) {
    out.push_back(integer(at, what));
    return;
  }
  for (const std::int64_t value : at.get_packed_int64()) out.push_back(value);
}

void reals(pbf_reader& at, const char* what, std::vector<double>& out) {
  if (at.wire_type() != pbf_wire_type::length_delimited) {
    out.push_back(real(at, what));
    return;
  }
  for (const float value : at.get_packed_float()) out.push_back(static_cast<double>(value));
}

void doubles(pbf_reader& at, const char* what, std::vector<double>& out) {
  if (at.wire_type() != pbf_wire_type::length_delimited) {
    require(at, pbf_wire_type::fixed64, what);
    out.push_back(at.get_double());
    return;
  }
  for (const double value : at.get_packed_double()) out.push_back(value);
}

}  // namespace roofcast::onnx
