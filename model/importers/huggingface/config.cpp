// SPDX-License-Identifier: Apache-2.0
#include "model/importers/huggingface/config.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

namespace roofcast::huggingface {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kMostItems = 4096;  // of a list: layers

// Names of transformers' ACT2FN.
constexpr std::array<std::pair<std::string_view, Activation>, 10> kActivations{
    {{"relu", Activation::relu},
     {"gelu", Activation::gelu},
     {"gelu_python", Activation::gelu},
     {"gelu_new", Activation::gelu_new},
     {"gelu_fast", Activation::gelu_new},
     {"gelu_pytorch_tanh", Activation::gelu_tanh},
     {"gelu_tanh", Activation::gelu_tanh},
     {"quick_gelu", Activation::quick_gelu},
     {"silu", Activation::silu},
     {"swish", Activation::silu}}};

std::string shown(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, 40)) out += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return out;
}

}  // namespace

Config::Config(const nlohmann::json& object, std::string origin, std::string prefix)
    : object_(&object), origin_(std::move(origin)), prefix_(std::move(prefix)) {}

void Config::fail(std::string_view key, const std::string& reason) const {
  throw std::invalid_argument(fmt::format("{}: field '{}{}' {}", origin_, prefix_, key, reason));
}

const nlohmann::json* Config::find(std::string_view key) const {
  const auto at = object_->find(std::string(key));
  return at == object_->end() || at->is_null() ? nullptr : &*at;
}

std::int64_t Config::whole(std::string_view key, const nlohmann::json& value, std::int64_t least) const {
  const auto* number = value.get_ptr<const nlohmann::json::number_integer_t*>();
  const auto* natural = value.get_ptr<const nlohmann::json::number_unsigned_t*>();
  const bool fits = natural != nullptr ? *natural <= static_cast<std::uint64_t>(kLargest)
                                       : number != nullptr && *number <= kLargest;
  if (!fits || value.get<std::int64_t>() < least)
    fail(key, fmt::format("must be a whole number from {} to {}", least, kLargest));
  return value.get<std::int64_t>();
}

std::int64_t Config::size(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (const auto* value = find(key)) return whole(key, *value, 1);
  }
  fail(*keys.begin(),
       keys.size() == 1 ? "is missing" : fmt::format("is missing (or '{}')", *(keys.end() - 1)));
}

std::int64_t Config::size_or(std::string_view key, std::int64_t fallback) const {
  return optional_size(key).value_or(fallback);
}

std::optional<std::int64_t> Config::optional_size(std::string_view key) const {
  const auto* value = find(key);
  return value == nullptr ? std::nullopt : std::optional(whole(key, *value, 1));
}

std::int64_t Config::count_or(std::string_view key, std::int64_t fallback) const {
  const auto* value = find(key);
  return value == nullptr ? fallback : whole(key, *value, 0);
}

bool Config::flag(std::string_view key, bool fallback) const {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) fail(key, "must be true or false");
  return value->get<bool>();
}

std::string Config::text(std::string_view key, std::string_view fallback) const {
  const auto* value = find(key);
  if (value == nullptr) return std::string(fallback);
  if (!value->is_string()) fail(key, "must be text");
  return value->get<std::string>();
}

std::vector<std::string> Config::texts(std::string_view key) const {
  const auto* value = find(key);
  std::vector<std::string> list;
  if (value == nullptr) return list;
  if (!value->is_array() || value->size() > kMostItems) fail(key, "must be a list of names");
  for (const auto& item : *value) {
    if (!item.is_string()) fail(key, "must be a list of names");
    list.push_back(item.get<std::string>());
  }
  return list;
}

std::vector<std::int64_t> Config::sizes(std::string_view key) const {
  const auto* value = find(key);
  std::vector<std::int64_t> list;
  if (value == nullptr) return list;
  if (!value->is_array() || value->size() > kMostItems) fail(key, "must be a list of whole numbers");
  for (const auto& item : *value) list.push_back(whole(key, item, 0));
  return list;
}

Config Config::object(std::string_view key) const {
  static const nlohmann::json empty = nlohmann::json::object();
  const auto* value = find(key);
  if (value == nullptr) return {empty, origin_, prefix_ + std::string(key) + "."};
  if (!value->is_object()) fail(key, "must be an object");
  return {*value, origin_, prefix_ + std::string(key) + "."};
}

Activation Config::activation(std::initializer_list<std::string_view> keys, std::string_view fallback) const {
  std::string_view key = *keys.begin();
  for (const std::string_view candidate : keys) {
    if (has(candidate)) {
      key = candidate;
      break;
    }
  }
  const std::string name = text(key, fallback);
  std::string known;
  for (const auto& [spelled, activation] : kActivations) {
    if (spelled == name) return activation;
    known += (known.empty() ? "" : ", ") + std::string(spelled);
  }
  fail(key, fmt::format("is '{}'; supported are {}", shown(name), known));
}

}  // namespace roofcast::huggingface
