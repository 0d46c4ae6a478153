// Known values as doubles: shapes stay below 2^53, so integers are exact.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/folding.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "model/importers/onnx/reader.h"

namespace roofcast::onnx {
namespace {

std::optional<double> apply(std::string_view op, double a, double b, bool integers) {
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  if (op == "Div") {
    if (!integers) return a / b;
    return b == 0 ? std::nullopt : std::optional(std::trunc(a / b));
  }
  if (op == "Mod") return b == 0 ? std::nullopt : std::optional(a - b * std::floor(a / b));
  if (op == "Pow") return std::pow(a, b);
  if (op == "Min") return std::min(a, b);
  if (op == "Max") return std::max(a, b);
  if (op == "Equal") return a == b;
  if (op == "Less") return a < b;
  if (op == "LessOrEqual") return a <= b;
  if (op == "Greater") return a > b;
  if (op == "GreaterOrEqual") return a >= b;
  if (op == "And") return a != 0 && b != 0;
  if (op == "Or") return a != 0 || b != 0;
  if (op == "Xor") return (a != 0) != (b != 0);
  return std::nullopt;
}

std::optional<double> apply(std::string_view op, double x) {
  if (op == "Neg") return -x;
  if (op == "Abs") return std::abs(x);
  if (op == "Floor") return std::floor(x);
  if (op == "Ceil") return std::ceil(x);
  if (op == "Round") return std::nearbyint(x);
  if (op == "Sqrt") return std::sqrt(x);
  if (op == "Reciprocal") return 1 / x;
  if (op == "Exp") return std::exp(x);
  if (op == "Log") return std::log(x);
  if (op == "Not") return x == 0;
  if (op == "Sign") return x > 0 ? 1 : x < 0 ? -1 : 0;
  return std::nullopt;
}

}  // namespace

bool foldable(const Dims& dims) { return product(dims, 0, dims.size()) <= kMostIntegers; }

Dims coordinates(std::int64_t index, const Dims& dims) {
  Dims at(dims.size());
  for (std::size_t i = dims.size(); i-- > 0;) {
    at[i] = index % dims[i];
    index /= dims[i];
  }
  return at;
}

std::int64_t flat(const Dims& at, const Dims& dims) {
  std::int64_t index = 0;
  for (std::size_t i = 0; i < dims.size(); ++i) index = index * dims[i] + at[i];
  return index;
}

double broadcast_at(const Value& value, const Dims& result, std::int64_t index) {
  if (value.known->size() == 1) return value.known->front();
  const Dims at = coordinates(index, result);
  Dims own(value.dims.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    const std::int64_t there = at[at.size() - own.size() + i];
    own[i] = value.dims[i] == 1 ? 0 : there;
  }
  return (*value.known)[static_cast<std::size_t>(flat(own, value.dims))];
}

std::optional<std::vector<double>> fold_binary(std::string_view op, const Value& a, const Value& b,
                                               const Dims& result) {
  if (!a.known || !b.known || !foldable(result)) return std::nullopt;
  std::vector<double> values;
  for (std::int64_t i = 0; i < product(result, 0, result.size()); ++i) {
    const auto value = apply(op, broadcast_at(a, result, i), broadcast_at(b, result, i), !a.floating());
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::optional<std::vector<double>> fold_unary(std::string_view op, const Value& x) {
  if (!x.known) return std::nullopt;
  std::vector<double> values;
  for (const double v : *x.known) {
    const auto value = apply(op, v);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::optional<std::vector<double>> fold_where(const Value& condition, const Value& a, const Value& b,
                                              const Dims& result) {
  if (!condition.known || !a.known || !b.known || !foldable(result)) return std::nullopt;
  std::vector<double> values;
  for (std::int64_t i = 0; i < product(result, 0, result.size()); ++i)
    values.push_back(broadcast_at(broadcast_at(condition, result, i) != 0 ? a : b, result, i));
  return values;
}

}  // namespace roofcast::onnx
