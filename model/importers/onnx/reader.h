// Reading of protobuf bytes: names, shapes and small constants; weights are skipped where they lie.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string_view>

#include "model/importers/onnx/proto.h"

namespace roofcast::onnx {

/// What is wrong with a model, and where: "node 'layer1.conv' (Conv): ...".
struct Error : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// ... that a shape depends on what the network computes.
struct DataDependent : Error {
  using Error::Error;
};

/// Integer constants up to this many values are kept; they are shapes, axes and indices.
inline constexpr std::int64_t kMostIntegers = 4096;
/// Floating-point constants up to this many are kept: ε, √2, scales.
inline constexpr std::int64_t kMostReals = 64;

/// Reads a ModelProto. Weights of any size are neither copied nor touched, so `bytes` may be a memory map.
/// Throws Error for bytes that are no ONNX model, are cut short, nest too deep or contradict themselves.
ModelProto read_model(std::string_view bytes);

/// Whether elements are floating-point, and the bits of one.
bool is_floating(DataType type);
std::optional<int> bits(DataType type);
std::string_view name(DataType type);

}  // namespace roofcast::onnx
