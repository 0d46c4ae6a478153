// SPDX-License-Identifier: Apache-2.0
#include "validate/layouts/language_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "validate/layouts/cells.h"

namespace roofcast {
namespace {

/// A question of a line and half of an answer of some 400 tokens, where nothing is stated.
constexpr std::int64_t kShortContext = 256;

/// 512 of "pp512" after `key`.
std::optional<std::int64_t> number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos ? std::nullopt : leading_count(text.substr(at + key.size()));
}

/// "q4_k_m"; "int4 (q4f16)" is MLC's format, "w4a16 (not printed)" and "gptq4" groups of 128.
std::optional<WeightRecipe> recipe_of(std::string_view text) {
  if (text.find("q4f16") != std::string_view::npos) return WeightRecipe::q4f16;
  if (text.starts_with("w4a16") || text == "gptq4") return WeightRecipe::int4;
  return parse_weight_recipe(text);
}

}  // namespace

std::optional<TokenShape> token_shape(std::string_view text, bool decode) {
  const auto prompt = number_after(text, "pp");
  if (!decode) {
    const auto length = prompt ? prompt : leading_count(text);
    return length ? std::optional(TokenShape{*length, 0}) : std::nullopt;
  }
  if (text == "short" || text == "not stated") return TokenShape{1, kShortContext};
  if (text.starts_with("~")) {
    const auto context = leading_count(text.substr(1));
    return context ? std::optional(TokenShape{1, *context}) : std::nullopt;
  }
  const auto generated = number_after(text, "tg");
  if (!generated) return std::nullopt;
  return TokenShape{1, prompt.value_or(0) + *generated / 2};
}

std::variant<Unmodelled, JobCase> language_job(const LanguageRow& row, const StackProfile& stack,
                                               const Profiles& profiles, std::optional<Seconds>& measured) {
  const auto shape = token_shape(row.shape, row.decode);
  if (!shape) return Unmodelled{fmt::format("'{}' states no number of tokens", row.shape)};
  const auto recipe = recipe_of(row.precision);
  const auto precision = recipe ? Precision::fp16 : precision_of(row.precision);
  if (!precision) return Unmodelled{fmt::format("precision '{}' is not modelled", row.precision)};
  JobCase result;
  result.workload = profiles.workload(row.model);
  result.workload.mode = Mode::inference;
  result.workload.batch = row.batch;
  // A long prompt is read in several passes; their mean is the one in the middle.
  const std::int64_t pass = std::min(shape->prompt, stack.stack.prefill_tokens);
  result.workload.sequence_length = pass;
  result.workload.context = shape->context + (shape->prompt - pass) / 2;
  result.precision = *precision;
  result.weights = recipe;
  result.stack = stack.stack;
  result.host = stack.host;
  measured = Seconds(static_cast<double>(row.batch * pass) / row.tokens_per_second);
  return result;
}

}  // namespace roofcast
