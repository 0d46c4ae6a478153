// "did you mean": the known names nearest to one that is unknown.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roofcast {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
/// Example: edit_distance("rtx-3061", "rtx-3060") is 1.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// At most `count` candidates that begin with `name` or are within half of its length, nearest first; of equals the one
/// that begins alike.
std::vector<std::string> nearest(std::string_view name, std::span<const std::string_view> candidates,
                                 std::size_t count = 3);

/// ": did you mean a, b or c?", or "" where nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates,
                         std::size_t count = 3);

}  // namespace roofcast
