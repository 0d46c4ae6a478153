// SPDX-License-Identifier: Apache-2.0
#include "model/graph/execution.h"

#include <algorithm>
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
  static const std::vector<Stack> stacks{
      {.name = "eager"},
      {.name = "channels-last", .channels_last = true},
      {.name = "torch7", .keeps_gradients = true, .libraries = 2016},
      {.name = "ngc-20",
       .bias_apart = true,
       .keeps_gradients = true,
       .keeps_softmax_input = true,
       .reads_back = true,
       .code = Code::scripted,
       .libraries = 2020},
      {.name = "ngc-22", .keeps_gradients = true, .code = Code::scripted, .libraries = 2022},
      {.name = "tensorflow",
       .keeps_gradients = true,
       .dispatcher = Dispatcher::executor,
       .code = Code::primitive,
       .libraries = 2020},
      {.name = "xla",
       .fuses_pointwise = true,
       .keeps_gradients = true,
       .dispatcher = Dispatcher::executor,
       .code = Code::generated,
       .libraries = 2020},
      {.name = "mxnet",
       .channels_last = true,
       .fuses_pointwise = true,
       .keeps_gradients = true,
       .dispatcher = Dispatcher::executor,
       .libraries = 2020},
      {.name = "compiled",
       .channels_last = true,
       .fuses_pointwise = true,
       .fused_attention = true,
       .dispatcher = Dispatcher::executor},
      {.name = "vllm",
       .fuses_pointwise = true,
       .fused_attention = true,
       .serves = true,
       .dispatcher = Dispatcher::recorded},
      {.name = "llama.cpp",
       .fuses_pointwise = true,
       .fused_attention = true,
       .serves = true,
       .prefill_tokens = 512,
       .dispatcher = Dispatcher::native},
      {.name = "ollama",
       .fuses_pointwise = true,
       .fused_attention = true,
       .serves = true,
       .prefill_tokens = 512,
       .samples_on_host = true,
       .dispatcher = Dispatcher::native},
      {.name = "fused",
       .channels_last = true,
       .fuses_pointwise = true,
       .fuses_products = true,
       .fused_attention = true,
       .dispatcher = Dispatcher::recorded}};
  return stacks;
}

const std::vector<std::string_view>& stack_features() {
  static const std::vector<std::string_view> names{"nhwc", "nchw", "loop", "flash"};
  return names;
}

std::optional<Stack> find_stack(std::string_view name) {
  const std::size_t end = std::min(name.find('+'), name.size());
  const auto profile = std::find_if(all_stacks().begin(), all_stacks().end(),
                                    [&](const Stack& s) { return s.name == name.substr(0, end); });
  if (profile == all_stacks().end()) return std::nullopt;
  Stack stack = *profile;
  stack.name = name;
  for (std::string_view rest = name.substr(end); !rest.empty();) {
    rest.remove_prefix(1);  // +
    const std::string_view feature = rest.substr(0, rest.find('+'));
    if (feature == "nhwc" || feature == "nchw") {
      stack.channels_last = feature == "nhwc";
    } else if (feature == "loop") {
      stack.fused_optimizer = false;
    } else if (feature == "flash") {
      stack.fused_attention = true;
    } else {
      return std::nullopt;
    }
    rest.remove_prefix(feature.size());
  }
  return stack;
}

std::string_view name(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::none: return "none";
    case Optimizer::sgd: return "SGD";
    case Optimizer::sgd_momentum: return "SGD with momentum";
    case Optimizer::adam: return "AdamW";
    case Optimizer::adam_8bit: return "8-bit AdamW";
    case Optimizer::adafactor: return "Adafactor";
  }
  return "?";
}

std::string_view name(Checkpointing checkpointing) {
  switch (checkpointing) {
    case Checkpointing::none: return "none";
    case Checkpointing::blocks: return "blocks";
    case Checkpointing::sqrt: return "sqrt";
  }
  return "?";
}

}  // namespace roofcast
