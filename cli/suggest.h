// Words of messages: the known name nearest to a mistyped one, lists of choices, and a user's own text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roofcast::cli {

/// "; did you mean 'predict'?" for the nearest candidate, or one that `text` abbreviates; else "".
std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates);

/// "'text'", control characters replaced and long text cut, so that a message stays one readable line.
std::string in_quotes(std::string_view text);

/// "a, b or c".
std::string one_of(const std::vector<std::string>& names);

}  // namespace roofcast::cli
