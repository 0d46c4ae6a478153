// A tensor while a graph is walked: its type, its shape, and its contents where they are known.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/importers/onnx/proto.h"
#include "model/workloads/graph_builder.h"

namespace roofcast::onnx {

/// Shapes are concrete: symbols were bound before the walk.
struct Value {
  DataType type = DataType::float32;
  Dims dims;
  std::optional<std::vector<double>> known;  // of a constant; integers up to 2^53 are exact
  int node = kModelInput;                    // of the graph, that computes it
  bool constant = false;                     // the same in every run: a weight or computed from constants
  std::string weight;                // the initializer it is, through views and transposes; "" is none
  std::int64_t weight_elements = 0;  // of that initializer
  bool permuted = false;             // a transposed view: memory order is not that of `dims`
  bool flipped = false;              // and only the last two dimensions are swapped: a flag of a product

  std::int64_t rank() const { return static_cast<std::int64_t>(dims.size()); }
  std::int64_t elements() const;
  bool floating() const;
};

/// The number of elements; 0 where a dimension is 0. Throws Error naming `what` for a negative size or more than 2^53.
std::int64_t elements_of(const Dims& dims, std::string_view what);

/// Product of dims[first, last), of a shape that has been counted.
std::int64_t product(const Dims& dims, std::size_t first, std::size_t last);

/// "64×3×224×224"; "a scalar".
std::string text(const Dims& dims);

/// Control characters replaced and cut to 60: names in files are anything.
std::string printable(std::string_view name);

/// Multidirectional broadcasting; nothing where the shapes do not fit.
std::optional<Dims> broadcast(const Dims& a, const Dims& b);

/// Saturating conversion of a known value: INT64_MAX spells "to the end".
std::int64_t to_integer(double value);
std::vector<std::int64_t> to_integers(const std::vector<double>& values);

/// A known tensor of 64-bit integers.
Value known_integers(Dims dims, std::vector<double> values);

}  // namespace roofcast::onnx
