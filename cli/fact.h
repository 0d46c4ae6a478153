// Figures of a board that stand in its datasheet as they are, and the units people quote them in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/gpu/gpu.h"

namespace roofcast::cli {

struct Unit {
  std::string_view spelling;  // lower case
  double factor;              // to the unit of the figure
};

/// One such figure. `slack` is the relative difference that still counts as equal.
struct Fact {
  std::string_view name;
  std::string_view unit;
  std::span<const Unit> units;
  double slack;
  std::optional<double> (*value)(const Gpu&);
  std::string (*derivation)(const Gpu&);
};

/// bandwidth, tdp, memory, cores, tensor-cores, boost, price.
std::span<const Fact> facts();
const Fact* find_fact(std::string_view name);  // nullptr where unknown

}  // namespace roofcast::cli
