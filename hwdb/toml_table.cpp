// Typed, located access to TOML.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/toml_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "hwdb/nearest.h"

namespace roofcast {
namespace {

std::string kind(const toml::node& node) {
  if (node.is_string()) return "a text";
  if (node.is_number()) return "a number";
  if (node.is_boolean()) return "true or false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  return "a date or time";
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    throw InputError(file, static_cast<int>(at.line), static_cast<int>(at.column),
                     std::string(error.description()));
  }
}

void TomlTable::fail(std::string_view key, const std::string& reason) const {
  const toml::node* found = key.empty() ? nullptr : table_->get(key);
  const toml::source_position at = (found != nullptr ? found->source() : table_->source()).begin;
  throw InputError(*file_, static_cast<int>(at.line), static_cast<int>(at.column),
                   subject_ + (subject_.empty() ? "" : ": ") + reason);
}

const toml::node& TomlTable::node(std::string_view key) const {
  const toml::node* found = table_->get(key);
  if (found == nullptr) fail("", fmt::format("{} is missing", key));
  return *found;
}

std::string TomlTable::text(std::string_view key) const {
  const auto value = node(key).value_exact<std::string>();
  if (!value) fail(key, fmt::format("{}: a text in quotes is needed, not {}", key, kind(node(key))));
  if (value->empty()) fail(key, fmt::format("{} is empty", key));
  if (has_control_character(*value))
    fail(key, fmt::format("{} holds a control character or a line break", key));
  return *value;
}

std::vector<std::string> TomlTable::texts(std::string_view key) const {
  const toml::array* list = node(key).as_array();
  if (list == nullptr) fail(key, fmt::format("{}: a list of texts is needed, not {}", key, kind(node(key))));
  std::vector<std::string> result;
  for (const toml::node& element : *list) {
    const auto value = element.value_exact<std::string>();
    if (!value || value->empty() || has_control_character(*value)) {
      fail(key, fmt::format("{}: every entry must be one line of text", key));
    }
    result.push_back(*value);
  }
  return result;
}

bool TomlTable::flag(std::string_view key) const {
  const auto value = node(key).value_exact<bool>();
  if (!value) fail(key, fmt::format("{}: true or false is needed, not {}", key, kind(node(key))));
  return *value;
}

double TomlTable::number(std::string_view key, double low, double high, std::string_view unit) const {
  const toml::node& found = node(key);
  if (!found.is_number()) fail(key, fmt::format("{}: a number is needed, not {}", key, kind(found)));
  const double value = *found.value<double>();
  if (!std::isfinite(value)) fail(key, fmt::format("{} is not a finite number", key));
  if (value <= 0 && low > 0) fail(key, fmt::format("{} = {:g}: must be positive", key, value));
  if (value < low || value > high) {
    fail(key, fmt::format("{} = {:g}: outside {:g} to {:g}{}{}", key, value, low, high,
                          unit.empty() ? "" : " ", unit));
  }
  return value;
}

int TomlTable::whole(std::string_view key, int low, int high) const {
  const double value = number(key, low, high);
  if (value != std::floor(value)) fail(key, fmt::format("{} = {:g}: a whole number is needed", key, value));
  return static_cast<int>(value);
}

TomlTable TomlTable::table(std::string_view key, std::string subject) const {
  const toml::table* found = node(key).as_table();
  if (found == nullptr) fail(key, fmt::format("{}: a table is needed, not {}", key, kind(node(key))));
  return {*found, *file_, std::move(subject)};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key, const std::string& subject) const {
  if (!has(key)) return {};
  if (node(key).is_table()) return {table(key, subject)};
  const toml::array* list = node(key).as_array();
  if (list == nullptr) fail(key, fmt::format("{}: a table is needed, not {}", key, kind(node(key))));
  std::vector<TomlTable> result;
  for (const toml::node& element : *list) {
    const toml::table* found = element.as_table();
    if (found == nullptr) fail(key, fmt::format("{}: a table is needed, not {}", key, kind(element)));
    result.emplace_back(*found, *file_, subject);
  }
  return result;
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::string> result;
  for (const auto& [key, value] : *table_) result.emplace_back(key.str());
  return result;
}

void TomlTable::allow(std::span<const std::string_view> known) const {
  for (const auto& [key, value] : *table_) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    const std::string shown(key.str().substr(0, 60));
    fail(key.str(), fmt::format("unknown key {}{}", shown, did_you_mean(key.str(), known, 1)));
  }
}

}  // namespace roofcast
