// SPDX-License-Identifier: Apache-2.0
#include "cli/json_text.h"

#include <nlohmann/json.hpp>

namespace roofcast::cli {

std::string json_text(const nlohmann::json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace roofcast::cli
