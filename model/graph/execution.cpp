// SPDX-License-Identifier: Apache-2.0
#include "model/graph/execution.h"

#include <array>
#include <utility>

namespace roofcast {
namespace {

constexpr std::array<std::pair<Precision, std::string_view>, 9> kPrecisions{
    {{Precision::fp32, "fp32"},
     {Precision::fp32_strict, "fp32-strict"},
     {Precision::tf32, "tf32"},
     {Precision::amp_fp16, "amp-fp16"},
     {Precision::amp_bf16, "amp-bf16"},
     {Precision::fp16, "fp16"},
     {Precision::bf16, "bf16"},
     {Precision::fp8, "fp8"},
     {Precision::int8, "int8"}}};

}  // namespace

std::string_view name(Mode mode) { return mode == Mode::training ? "training" : "inference"; }

std::string_view name(Precision precision) {
  for (const auto& [value, text] : kPrecisions) {
    if (value == precision) return text;
  }
  return "?";
}

std::optional<Precision> parse_precision(std::string_view text) {
  for (const auto& [value, known] : kPrecisions) {
    if (known == text) return value;
  }
  if (text == "amp" || text == "amp_fp16") return Precision::amp_fp16;
  if (text == "amp_bf16") return Precision::amp_bf16;
  if (text == "fp32_strict") return Precision::fp32_strict;
  return std::nullopt;
}

const std::vector<Precision>& all_precisions() {
  static const std::vector<Precision> all = [] {
    std::vector<Precision> list;
    for (const auto& entry : kPrecisions) list.push_back(entry.first);
    return list;
  }();
  return all;
}

const std::vector<Stack>& all_stacks() {
  static const std::vector<Stack> stacks{{.name = "eager"},
                                         {.name = "channels-last", .channels_last = true},
                                         {.name = "fused",
                                          .channels_last = true,
                                          .fuses_pointwise = true,
                                          .fused_attention = true,
                                          .cuda_graphs = true}};
  return stacks;
}

std::optional<Stack> find_stack(std::string_view name) {
  for (const Stack& stack : all_stacks()) {
    if (stack.name == name) return stack;
  }
  return std::nullopt;
}

std::string_view name(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::none: return "none";
    case Optimizer::sgd_momentum: return "SGD with momentum";
    case Optimizer::adam: return "AdamW";
  }
  return "?";
}

}  // namespace roofcast
