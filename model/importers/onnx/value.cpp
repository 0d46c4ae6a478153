// Shapes: counting, broadcasting, printing.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/importers/onnx/reader.h"
#include "model/workloads/elements.h"

namespace roofcast::onnx {

std::int64_t Value::elements() const { return product(dims, 0, dims.size()); }
bool Value::floating() const { return is_floating(type); }

std::int64_t elements_of(const Dims& dims, std::string_view what) {
  if (dims.size() > 64) throw Error(fmt::format("{}: has {} dimensions", what, dims.size()));
  std::int64_t count = 1;
  bool empty = false;
  for (const std::int64_t size : dims) {
    if (size < 0) throw Error(fmt::format("{}: a dimension is {}", what, size));
    if (size == 0) {
      empty = true;
      continue;
    }
    if (size > kMostElements / count)
      throw Error(fmt::format("{}: {} has more than 2^53 elements", what, text(dims)));
    count *= size;
  }
  return empty ? 0 : count;
}

std::int64_t product(const Dims& dims, std::size_t first, std::size_t last) {
  std::int64_t count = 1;
  for (std::size_t i = first; i < last && i < dims.size(); ++i) count *= dims[i];
  return count;
}

std::string text(const Dims& dims) {
  return dims.empty() ? "a scalar" : fmt::format("{}", fmt::join(dims, "×"));
}

std::string printable(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 60)) out += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return out;
}

std::optional<Dims> broadcast(const Dims& a, const Dims& b) {
  Dims out(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    out[out.size() - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

std::int64_t to_integer(double value) {
  constexpr double kFar = 4611686018427387904.0;  // 2^62
  if (std::isnan(value)) return 0;
  return static_cast<std::int64_t>(std::clamp(value, -kFar, kFar));
}

std::vector<std::int64_t> to_integers(const std::vector<double>& values) {
  std::vector<std::int64_t> out;
  out.reserve(values.size());
  for (const double value : values) out.push_back(to_integer(value));
  return out;
}

Value known_integers(Dims dims, std::vector<double> values) {
  Value value;
  value.type = DataType::int64;
  value.dims = std::move(dims);
  value.known = std::move(values);
  value.constant = true;
  return value;
}

}  // namespace roofcast::onnx
