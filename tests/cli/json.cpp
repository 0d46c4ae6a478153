// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/json.h"

namespace roofcast::cli::test {

nlohmann::json parsed(const std::string& text) { return nlohmann::json::parse(text); }

}  // namespace roofcast::cli::test

doctest::String doctest::StringMaker<nlohmann::json>::convert(const nlohmann::json& value) {
  return value.dump().c_str();
}
