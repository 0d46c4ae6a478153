// Formats weights alone are quantised to, and the recipes that choose one for each weight of a language model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/units.h"

namespace roofcast {

/// A block format. int8: a scale per output channel; int4: groups of 128 with a scale and a zero point (GPTQ, AWQ);
/// int4_32: groups of 32 with a scale (MLC's q4f16); the others are llama.cpp's, f16 among them: halves as they are.
enum class WeightFormat {
  int8,
  int4,
  int4_32,
  f16,
  q2_k,
  q3_k,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q4_k,
  q5_k,
  q6_k
};

struct WeightFormatInfo {
  WeightFormat format;
  std::string_view name;  // "q4_k"
  double bits;            // of a weight, scales and minima included
  std::int64_t block;     // values a row must be a multiple of
  bool integer;   // multiplied as bytes with activations quantised on the fly; else widened to their format
  double unpack;  // integer operations that make an operand of a weight
};
const WeightFormatInfo& info(WeightFormat format);
std::string_view name(WeightFormat format);

/// Bytes one weight takes on average. Example: q4_0 stores 32 weights in 18 bytes: 0.5625.
Bytes weight_size(WeightFormat format);

/// What a user asks for: one format throughout, or one of llama.cpp's mixes, which keep the head in more bits; int8 and
/// int4 leave embedding and head alone.
enum class WeightRecipe {
  int8,
  int4,
  q4f16,
  q2_k,
  q3_k,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q4_k_s,
  q4_k_m,
  q5_k_s,
  q5_k_m,
  q6_k
};
std::string_view name(WeightRecipe recipe);
/// "q4_k_m", also in capitals and with '-'; "q4_k" and "q5_k" are the mixes people mean by them.
std::optional<WeightRecipe> parse_weight_recipe(std::string_view text);
const std::vector<WeightRecipe>& all_weight_recipes();

/// What a weight is to a recipe.
struct WeightPlace {
  enum class Role { embedding, value, down, output, other };
  Role role = Role::other;
  std::int64_t layer = 0, layers = 1;  // of how many
  std::int64_t row = 1;                // values of a stored row
};

/// The format of one weight; nothing where it stays as the activations are.
std::optional<WeightFormat> format_of(WeightRecipe recipe, const WeightPlace& place);

}  // namespace roofcast
