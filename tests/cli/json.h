// Reading and printing JSON, compiled once: a parser and a writer in every test file take long.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace roofcast::cli::test {

nlohmann::json parsed(const std::string& text);

}  // namespace roofcast::cli::test

/// How an assertion that failed shows it.
template <>
struct doctest::StringMaker<nlohmann::json> {
  static String convert(const nlohmann::json& value);
};
