// One table of a TOML file, read strictly: every error names file, line, column, key and reason.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifndef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 0  // linked from libtomlplusplus
#endif
#include <toml++/toml.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hwdb/input_error.h"

namespace roofcast {

/// Parses a whole text. Throws InputError with the place of a syntax error.
toml::table parse_toml(std::string_view text, const std::string& file);

/// Example: TomlTable(table, "my.toml", "gpu").number("tdp_w", 1, 5000). Refers to the table and the file name.
class TomlTable {
 public:
  TomlTable(const toml::table& table, const std::string& file, std::string subject)
      : table_(&table), file_(&file), subject_(std::move(subject)) {}

  bool has(std::string_view key) const { return table_->contains(key); }
  bool is_table(std::string_view key) const { return table_->contains(key) && table_->get(key)->is_table(); }
  const std::string& subject() const { return subject_; }
  const std::string& file() const { return *file_; }
  void rename(std::string subject) { subject_ = std::move(subject); }

  /// The throwers: "file:line:column: subject: reason", at the key where it is in the table, else at the table.
  [[noreturn]] void fail(std::string_view key, const std::string& reason) const;

  /// One line of text without control characters, not empty.
  std::string text(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  bool flag(std::string_view key) const;
  /// A finite number in [low, high]; `unit` is for the message.
  double number(std::string_view key, double low, double high, std::string_view unit = "") const;
  int whole(std::string_view key, int low, int high) const;

  TomlTable table(std::string_view key, std::string subject) const;
  /// [[key]] or a single [key]; none where the key is absent.
  std::vector<TomlTable> tables(std::string_view key, const std::string& subject) const;
  std::vector<std::string> keys() const;

  /// Refuses any key that is not among `known`, with the nearest one.
  void allow(std::span<const std::string_view> known) const;

 private:
  const toml::node& node(std::string_view key) const;

  const toml::table* table_;
  const std::string* file_;
  std::string subject_;
};

}  // namespace roofcast
