// Fields of a Hugging Face config.json, read strictly: what is missing or out of range is named.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/workloads/decoder.h"

namespace roofcast::huggingface {

/// One object of the file. Every reader throws std::invalid_argument "ORIGIN: field 'a.b' ..." for a value of the wrong
/// type or range; `null` counts as absent.
class Config {
 public:
  Config(const nlohmann::json& object, std::string origin, std::string prefix = "");

  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// A whole number from 1 to 2^31 - 1, the first of `keys` that is there; required.
  std::int64_t size(std::initializer_list<std::string_view> keys) const;
  std::int64_t size_or(std::string_view key, std::int64_t fallback) const;
  std::optional<std::int64_t> optional_size(std::string_view key) const;
  /// The same from 0.
  std::int64_t count_or(std::string_view key, std::int64_t fallback) const;
  bool flag(std::string_view key, bool fallback) const;
  std::string text(std::string_view key, std::string_view fallback) const;
  std::vector<std::string> texts(std::string_view key) const;
  /// Empty where absent.
  std::vector<std::int64_t> sizes(std::string_view key) const;
  /// A nested object; an empty one where absent.
  Config object(std::string_view key) const;
  /// Of a field named by `keys` ("gelu_new"), with the names that are known.
  Activation activation(std::initializer_list<std::string_view> keys, std::string_view fallback) const;

  const std::string& origin() const { return origin_; }
  [[noreturn]] void fail(std::string_view key, const std::string& reason) const;
  /// Names two fields that contradict each other.
  void require(bool holds, std::string_view key, const std::string& reason) const {
    if (!holds) fail(key, reason);
  }

 private:
  const nlohmann::json* find(std::string_view key) const;
  std::int64_t whole(std::string_view key, const nlohmann::json& value, std::int64_t least) const;

  const nlohmann::json* object_;
  std::string origin_, prefix_;
};

}  // namespace roofcast::huggingface
