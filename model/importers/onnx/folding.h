// Arithmetic on known values: what exporters compute shapes with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/importers/onnx/value.h"

namespace roofcast::onnx {

/// The values of an elementwise operator over known, broadcast operands; nothing for an operator without a rule here or
/// results of more than kMostIntegers elements. Integer division truncates and refuses nothing: x / 0 is unknown.
std::optional<std::vector<double>> fold_binary(std::string_view op, const Value& a, const Value& b,
                                               const Dims& result);
std::optional<std::vector<double>> fold_unary(std::string_view op, const Value& x);
std::optional<std::vector<double>> fold_where(const Value& condition, const Value& a, const Value& b,
                                              const Dims& result);

/// One element of a tensor broadcast to `result`, by its flat index there.
double broadcast_at(const Value& value, const Dims& result, std::int64_t index);

/// Flat index to coordinates and back.
Dims coordinates(std::int64_t index, const Dims& dims);
std::int64_t flat(const Dims& at, const Dims& dims);

/// Whether a result of this shape is small enough to be kept by value.
bool foldable(const Dims& dims);

}  // namespace roofcast::onnx
