// Rows that time a language model's prefill or decode in tokens per second.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "validate/observation.h"
#include "validate/profiles.h"

namespace roofcast {

/// Tokens a row is about, from llama-bench's spelling: "pp512" is a prompt of 512; "tg128 after/with pp4096" 128 new
/// tokens behind it, on average 64 + 4,096 in the cache. Rows that state no length ran a short chat.
struct TokenShape {
  std::int64_t prompt = 0, context = 0;
};
std::optional<TokenShape> token_shape(std::string_view text, bool decode);

struct LanguageRow {
  std::string_view model, precision, shape;
  bool decode = false;
  std::int64_t batch = 1;
  double tokens_per_second = 0;
};
/// What to predict, and in `measured` the time of one step: a token of every sequence, or the whole prompt.
std::variant<Unmodelled, JobCase> language_job(const LanguageRow& row, const StackProfile& stack,
                                               const Profiles& profiles, std::optional<Seconds>& measured);

}  // namespace roofcast
