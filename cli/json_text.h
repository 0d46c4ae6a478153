// JSON as text, compiled once: the library's writer is templates in a header.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace roofcast::cli {

/// Two blanks a level and a newline at the end. Names come from files that need not be UTF-8: what is not is replaced.
std::string json_text(const nlohmann::json& value);
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace roofcast::cli
