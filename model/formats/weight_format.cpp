// Source: ggml-common.h (block layouts), llama.cpp's llama-quant.cpp (llama_tensor_get_type, build of 2025) for the mixes;
// Frantar et al., "GPTQ" (2023) for groups of 128.
// SPDX-License-Identifier: Apache-2.0
#include "model/formats/weight_format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

namespace roofcast {
namespace {

using F = WeightFormat;
using R = WeightRecipe;
using Role = WeightPlace::Role;

// Bits: a block's bytes over its values, e.g. q4_0 (2 + 16) · 8 / 32, q6_k (128 + 64 + 16 + 2) · 8 / 256, int4
// 4 + (16 + 4) / 128. Unpacking counts shifts, masks, scales and joins of 4 weights in ggml's vec_dot functions.
constexpr std::array<WeightFormatInfo, 14> kFormats{{{F::int8, "int8", 8, 1, false, 1},
                                                     {F::int4, "int4", 4 + 20.0 / 128, 128, false, 1.5},
                                                     {F::int4_32, "int4_32", 4.5, 32, false, 1.5},
                                                     {F::f16, "f16", 16, 1, false, 0},
                                                     {F::q2_k, "q2_k", 2.625, 256, true, 1.5},
                                                     {F::q3_k, "q3_k", 3.4375, 256, true, 2},
                                                     {F::q4_0, "q4_0", 4.5, 32, true, 0.75},
                                                     {F::q4_1, "q4_1", 5, 32, true, 0.75},
                                                     {F::q5_0, "q5_0", 5.5, 32, true, 1.5},
                                                     {F::q5_1, "q5_1", 6, 32, true, 1.5},
                                                     {F::q8_0, "q8_0", 8.5, 32, true, 0.5},
                                                     {F::q4_k, "q4_k", 4.5, 256, true, 1},
                                                     {F::q5_k, "q5_k", 5.5, 256, true, 1.5},
                                                     {F::q6_k, "q6_k", 6.5625, 256, true, 1.5}}};

constexpr std::array<std::pair<R, std::string_view>, 15> kRecipes{{{R::int8, "int8"},
                                                                   {R::int4, "int4"},
                                                                   {R::q4f16, "q4f16"},
                                                                   {R::q2_k, "q2_k"},
                                                                   {R::q3_k, "q3_k"},
                                                                   {R::q4_0, "q4_0"},
                                                                   {R::q4_1, "q4_1"},
                                                                   {R::q5_0, "q5_0"},
                                                                   {R::q5_1, "q5_1"},
                                                                   {R::q8_0, "q8_0"},
                                                                   {R::q4_k_s, "q4_k_s"},
                                                                   {R::q4_k_m, "q4_k_m"},
                                                                   {R::q5_k_s, "q5_k_s"},
                                                                   {R::q5_k_m, "q5_k_m"},
                                                                   {R::q6_k, "q6_k"}}};

F base_format(R recipe) {
  switch (recipe) {
    case R::int8: return F::int8;
    case R::int4: return F::int4;
    case R::q4f16: return F::int4_32;
    case R::q2_k: return F::q2_k;
    case R::q3_k: return F::q3_k;
    case R::q4_0: return F::q4_0;
    case R::q4_1: return F::q4_1;
    case R::q5_0: return F::q5_0;
    case R::q5_1: return F::q5_1;
    case R::q8_0: return F::q8_0;
    case R::q4_k_s:
    case R::q4_k_m: return F::q4_k;
    case R::q5_k_s:
    case R::q5_k_m: return F::q5_k;
    case R::q6_k: return F::q6_k;
  }
  return F::q8_0;
}

// The first and last eighth of the layers and every third between them (use_more_bits).
bool more_bits(const WeightPlace& p) {
  const std::int64_t eighth = p.layers / 8;
  return p.layer < eighth || p.layer >= 7 * p.layers / 8 || (p.layer - eighth) % 3 == 2;
}

// Rows that are no multiple of a super-block take the nearest format of smaller blocks (convert_incompatible_tensor).
F that_divides(F format, std::int64_t row) {
  if (row % info(format).block == 0) return format;
  switch (format) {
    case F::q2_k:
    case F::q3_k: return F::q4_0;
    case F::q4_k: return F::q5_0;
    case F::q5_k: return F::q5_1;
    default: return F::q8_0;
  }
}

}  // namespace

const WeightFormatInfo& info(WeightFormat format) { return kFormats[static_cast<std::size_t>(format)]; }

std::string_view name(WeightFormat format) { return info(format).name; }

Bytes weight_size(WeightFormat format) { return Bytes(info(format).bits / 8); }

std::string_view name(WeightRecipe recipe) { return kRecipes[static_cast<std::size_t>(recipe)].second; }

std::optional<WeightRecipe> parse_weight_recipe(std::string_view text) {
  std::string wanted;
  for (const char c : text)
    wanted += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (wanted == "q4_k" || wanted == "q5_k") wanted += "_m";
  for (const auto& [recipe, known] : kRecipes) {
    if (known == wanted) return recipe;
  }
  return std::nullopt;
}

const std::vector<WeightRecipe>& all_weight_recipes() {
  static const std::vector<WeightRecipe> all = [] {
    std::vector<WeightRecipe> list;
    for (const auto& entry : kRecipes) list.push_back(entry.first);
    return list;
  }();
  return all;
}

std::optional<WeightFormat> format_of(WeightRecipe recipe, const WeightPlace& place) {
  const F base = base_format(recipe);
  if (recipe == R::int8 || recipe == R::int4) {
    if (place.role == Role::embedding || place.role == Role::output) return std::nullopt;
    return base;
  }
  if (recipe == R::q4f16) return base;
  const bool value = place.role == Role::value, down = place.role == Role::down;
  const bool first = (value && place.layer < 4) || (down && place.layer < place.layers / 8);
  F chosen = base;
  if (place.role == Role::output && base != F::q8_0) {
    chosen = F::q6_k;
  } else if ((recipe == R::q4_k_m || recipe == R::q5_k_m) && (value || down)) {
    if (more_bits(place)) chosen = F::q6_k;
  } else if ((recipe == R::q4_k_s && first) || (recipe == R::q3_k && (value || down))) {
    chosen = F::q5_k;
  } else if (recipe == R::q2_k && (value || down)) {
    chosen = F::q3_k;
  }
  return that_divides(chosen, place.row);
}

}  // namespace roofcast
