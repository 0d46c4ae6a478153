// --set: a board with some figures changed, as "tdp=140W,bandwidth=400GB/s".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/gpu/gpu.h"

namespace roofcast::cli {

struct Override {
  std::string figure;  // "tdp"
  double value = 0;    // SI units: watts, bytes, hertz; dollars; plain counts
  std::string text;    // "140W", as given
};

/// Throws InputError naming what is possible for an unknown figure or unit, a figure given twice, or one out of range.
std::vector<Override> parse_overrides(std::string_view text);

/// Throws InputError when the changed board contradicts itself (base clock above boost).
Gpu apply(Gpu gpu, const std::vector<Override>& overrides);

/// "boost, base, tdp, ..." with units, for --help.
std::string override_help();

}  // namespace roofcast::cli
