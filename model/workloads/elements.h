// Counting elements without overflow.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace roofcast {

/// Larger tensors than this are refused: counts stay exact in a double, and no machine holds 64 PiB.
inline constexpr std::int64_t kMostElements = std::int64_t{1} << 53;

/// The product of positive factors. Throws std::invalid_argument naming `what` beyond kMostElements.
std::int64_t elements(std::string_view what, std::initializer_list<std::int64_t> factors);

}  // namespace roofcast
