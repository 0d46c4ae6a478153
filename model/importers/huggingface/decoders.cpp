// Decoder-only families. Absent fields take the default of the family's configuration class.
// Source: transformers 4.46 to 4.56, configuration_*.py and modeling_*.py.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/importers/huggingface/families.h"

namespace roofcast::huggingface {
namespace {

constexpr std::int64_t kMostLayers = 1024;
constexpr std::int64_t kNoLimit = 1 << 20;

Network decoder(const Config& c, const std::string& description, DecoderShape shape) {
  shape.positions = std::min(shape.positions, kNoLimit);
  return decoder_network(c.origin(), description, std::move(shape));
}

std::vector<DecoderLayer> layers(const Config& c, std::initializer_list<std::string_view> keys) {
  const std::int64_t count = c.size(keys);
  c.require(count <= kMostLayers, *keys.begin(),
            fmt::format("is {}; at most {} are supported", count, kMostLayers));
  return std::vector<DecoderLayer>(static_cast<std::size_t>(count));
}

/// Heads, their size and who shares keys, checked against each other.
void read_heads(const Config& c, DecoderShape& s, std::initializer_list<std::string_view> heads_keys,
                std::optional<std::int64_t> kv_heads) {
  s.heads = c.size(heads_keys);
  s.kv_heads = kv_heads.value_or(s.heads);
  c.require(s.heads % s.kv_heads == 0, *heads_keys.begin(),
            fmt::format("is {}, no multiple of the {} key-value heads", s.heads, s.kv_heads));
  const auto head_dim = c.optional_size("head_dim");
  c.require(head_dim.has_value() || s.hidden % s.heads == 0, *heads_keys.begin(),
            fmt::format("is {}, which does not divide the hidden size {}, and no 'head_dim' is given",
                        s.heads, s.hidden));
  s.head_dim = head_dim.value_or(s.hidden / s.heads);
}

void set_window(DecoderShape& s, std::optional<std::int64_t> window) {
  for (DecoderLayer& layer : s.layers) layer.window = window;
}

/// "sliding_attention" or "full_attention" of every layer, where the config lists them.
bool read_layer_types(const Config& c, DecoderShape& s, std::optional<std::int64_t> window) {
  const auto types = c.texts("layer_types");
  if (types.empty()) return false;
  c.require(types.size() == s.layers.size(), "layer_types",
            fmt::format("lists {} layers, but 'num_hidden_layers' is {}", types.size(), s.layers.size()));
  for (std::size_t i = 0; i < types.size(); ++i) {
    DecoderLayer& layer = s.layers[i];
    if (types[i] == "sliding_attention") {
      c.require(window.has_value(), "sliding_window", "is missing, but 'layer_types' has sliding_attention");
      layer.window = window;
    } else if (types[i] == "conv") {
      layer.convolution = true;
    } else {
      c.require(types[i] == "full_attention", "layer_types",
                "may hold full_attention, sliding_attention and conv only");
    }
  }
  return true;
}

DecoderShape llama_shape(const Config& c, bool tied = false) {
  DecoderShape s;
  s.hidden = c.size({"hidden_size"});
  s.vocabulary = c.size({"vocab_size"});
  s.feed_forward = c.size({"intermediate_size"});
  s.layers = layers(c, {"num_hidden_layers"});
  read_heads(c, s, {"num_attention_heads"}, c.optional_size("num_key_value_heads"));
  s.positions = c.size_or("max_position_embeddings", kNoLimit);
  s.activation = c.activation({"hidden_act", "hidden_activation"}, "silu");
  s.tied = c.flag("tie_word_embeddings", tied);
  return s;
}

Network llama(const Config& c, const std::string& description) {
  DecoderShape s = llama_shape(c);
  s.qkv_bias = s.output_bias = c.flag("attention_bias", false);
  s.feed_forward_bias = c.flag("mlp_bias", false);
  return decoder(c, description, std::move(s));
}

Network mistral(const Config& c, const std::string& description) {
  DecoderShape s = llama_shape(c);
  set_window(s, c.optional_size("sliding_window"));
  return decoder(c, description, std::move(s));
}

void read_experts(const Config& c, DecoderShape& s, std::string_view count_key, std::string_view width_key) {
  Experts e;
  e.count = c.size({count_key});
  e.per_token = c.size({"num_experts_per_tok"});
  e.width = c.size({width_key});
  c.require(e.count <= 4096, count_key, "is more than 4096");
  c.require(e.per_token <= e.count, "num_experts_per_tok",
            fmt::format("is {}, more than the {} experts of '{}'", e.per_token, e.count, count_key));
  s.experts = e;
  for (DecoderLayer& layer : s.layers) layer.sparse = true;
}

Network mixtral(const Config& c, const std::string& description) {
  DecoderShape s = llama_shape(c);
  set_window(s, c.optional_size("sliding_window"));
  read_experts(c, s, "num_local_experts", "intermediate_size");
  return decoder(c, description, std::move(s));
}

DecoderShape qwen_shape(const Config& c, bool second) {
  DecoderShape s = llama_shape(c);
  s.qkv_bias = second || c.flag("attention_bias", false);
  s.output_bias = !second && s.qkv_bias;
  s.norm_of_heads = !second;
  const bool sliding = c.flag("use_sliding_window", false);
  const auto window = sliding ? c.optional_size("sliding_window") : std::nullopt;
  if (!read_layer_types(c, s, window) && window) {
    const std::int64_t full = c.count_or("max_window_layers", 28);
    for (std::size_t i = static_cast<std::size_t>(full); i < s.layers.size(); ++i)
      s.layers[i].window = window;
  }
  return s;
}

Network qwen2(const Config& c, const std::string& description) {
  return decoder(c, description, qwen_shape(c, true));
}

Network qwen3(const Config& c, const std::string& description) {
  DecoderShape s = qwen_shape(c, false);
  return decoder(c, description, std::move(s));
}

/// Every `decoder_sparse_step`-th layer is of experts, but for those listed.
void read_sparse_layers(const Config& c, DecoderShape& s) {
  const std::int64_t step = c.size_or("decoder_sparse_step", 1);
  const auto dense = c.sizes("mlp_only_layers");
  for (std::size_t i = 0; i < s.layers.size(); ++i) {
    const auto layer = static_cast<std::int64_t>(i);
    s.layers[i].sparse =
        (layer + 1) % step == 0 && std::find(dense.begin(), dense.end(), layer) == dense.end();
  }
}

Network qwen_moe(const Config& c, const std::string& description) {
  const bool second = c.text("model_type", "") == "qwen2_moe";
  DecoderShape s = qwen_shape(c, second);
  read_experts(c, s, "num_experts", "moe_intermediate_size");
  read_sparse_layers(c, s);
  if (second) {
    s.experts->shared_width = c.size({"shared_expert_intermediate_size"});
    s.experts->shared_gate = true;
  }
  return decoder(c, description, std::move(s));
}

Network gemma(const Config& c, const std::string& description) {
  DecoderShape s = llama_shape(c, true);
  s.activation = Activation::gelu_tanh;
  s.scales_embedding = true;
  if (c.text("model_type", "") == "gemma2") {
    s.norm_of_outputs = s.softcap = true;
    const auto window = c.size_or("sliding_window", 4096);
    if (!read_layer_types(c, s, window)) {
      for (std::size_t i = 0; i < s.layers.size(); i += 2) s.layers[i].window = window;
    }
  }
  return decoder(c, description, std::move(s));
}

Network phi3(const Config& c, const std::string& description) {
  DecoderShape s = llama_shape(c);
  s.fused_qkv = s.fused_gate = true;
  set_window(s, c.optional_size("sliding_window"));
  return decoder(c, description, std::move(s));
}

Network lfm2(const Config& c, const std::string& description) {
  DecoderShape s = llama_shape(c, true);
  s.norm_of_heads = true;
  s.convolution_taps = c.size_or("conv_L_cache", 3);
  c.require(read_layer_types(c, s, std::nullopt), "layer_types", "is missing");
  if (c.has("num_experts")) {
    read_experts(c, s, "num_experts", "moe_intermediate_size");
    s.experts->bias_of_router = c.flag("use_expert_bias", true);
    const auto dense = std::min(s.layers.size(), static_cast<std::size_t>(c.count_or("num_dense_layers", 2)));
    for (std::size_t i = 0; i < dense; ++i) s.layers[i].sparse = false;
  }
  return decoder(c, description, std::move(s));
}

/// What GPT-2 and its successors before Llama share: layer norms, no gate, biases.
DecoderShape plain(const Config& c, std::string_view hidden, std::string_view count, std::string_view heads,
                   std::optional<std::int64_t> kv_heads = {}) {
  DecoderShape s;
  s.hidden = c.size({hidden, "hidden_size"});
  s.vocabulary = c.size({"vocab_size"});
  s.layers = layers(c, {count, "num_hidden_layers"});
  read_heads(c, s, {heads, "num_attention_heads"}, kv_heads);
  s.norm = NormKind::layer;
  s.gated = false;
  s.qkv_bias = s.output_bias = s.feed_forward_bias = true;
  return s;
}

void learn_positions(DecoderShape& s, std::int64_t rows, std::int64_t padding = 0) {
  s.rotary = false;
  s.positions = rows;
  s.learned_positions = rows + padding;
}

Network gpt2(const Config& c, const std::string& description) {
  DecoderShape s = plain(c, "n_embd", "n_layer", "n_head");
  s.feed_forward = c.size_or("n_inner", 4 * s.hidden);
  s.activation = c.activation({"activation_function"}, "gelu_new");
  s.fused_qkv = s.weight_in_out = true;
  s.tied = c.flag("tie_word_embeddings", true);
  learn_positions(s, c.size({"n_positions", "n_ctx"}));
  return decoder(c, description, std::move(s));
}

Network gpt_neo(const Config& c, const std::string& description) {
  DecoderShape s = plain(c, "hidden_size", "num_layers", "num_heads");
  s.feed_forward = c.size_or("intermediate_size", 4 * s.hidden);
  s.activation = c.activation({"activation_function"}, "gelu_new");
  s.qkv_bias = false;
  s.tied = c.flag("tie_word_embeddings", true);
  learn_positions(s, c.size({"max_position_embeddings"}));
  const auto kinds = c.texts("attention_layers");
  c.require(kinds.empty() || kinds.size() == s.layers.size(), "attention_layers",
            fmt::format("lists {} layers, but 'num_layers' is {}", kinds.size(), s.layers.size()));
  for (std::size_t i = 0; i < s.layers.size(); ++i) {  // alternating unless listed
    const bool local = kinds.empty() ? i % 2 == 1 : kinds[i] == "local";
    if (local) s.layers[i].window = c.size_or("window_size", 256);
  }
  return decoder(c, description, std::move(s));
}

Network gpt_neox(const Config& c, const std::string& description) {
  DecoderShape s = plain(c, "hidden_size", "num_hidden_layers", "num_attention_heads");
  s.feed_forward = c.size({"intermediate_size"});
  s.activation = c.activation({"hidden_act"}, "gelu");
  s.fused_qkv = true;
  s.qkv_bias = s.output_bias = c.flag("attention_bias", true);
  s.branches = c.flag("use_parallel_residual", true) ? Branches::parallel_two_norms : Branches::sequential;
  s.tied = c.flag("tie_word_embeddings", false);
  s.positions = c.size({"max_position_embeddings"});
  return decoder(c, description, std::move(s));
}

Network opt(const Config& c, const std::string& description) {
  DecoderShape s = plain(c, "hidden_size", "num_hidden_layers", "num_attention_heads");
  s.feed_forward = c.size({"ffn_dim"});
  s.activation = c.activation({"activation_function"}, "relu");
  s.qkv_bias = s.output_bias = s.feed_forward_bias = c.flag("enable_bias", true);
  s.norm_after = !c.flag("do_layer_norm_before", true);
  s.final_norm = !s.norm_after && !c.flag("_remove_final_layer_norm", false);
  s.embedding_width = c.optional_size("word_embed_proj_dim");
  s.tied = c.flag("tie_word_embeddings", true);
  learn_positions(s, c.size({"max_position_embeddings"}), 2);
  return decoder(c, description, std::move(s));
}

Network phi(const Config& c, const std::string& description) {
  DecoderShape s = plain(c, "hidden_size", "num_hidden_layers", "num_attention_heads",
                         c.optional_size("num_key_value_heads"));
  s.feed_forward = c.size({"intermediate_size"});
  s.activation = c.activation({"hidden_act"}, "gelu_new");
  s.branches = Branches::parallel;
  s.head_bias = true;
  s.tied = c.flag("tie_word_embeddings", false);
  s.positions = c.size({"max_position_embeddings"});
  return decoder(c, description, std::move(s));
}

Network falcon(const Config& c, const std::string& description) {
  const bool grouped = c.flag("new_decoder_architecture", false);
  const bool one_key = c.flag("multi_query", true);
  std::optional<std::int64_t> kv_heads;
  if (grouped) {
    kv_heads = c.optional_size(c.has("num_kv_heads") ? "num_kv_heads" : "n_head_kv");
  } else if (one_key) {
    kv_heads = 1;
  }
  DecoderShape s = plain(c, "hidden_size", "num_hidden_layers",
                         c.has("n_head") ? "n_head" : "num_attention_heads", kv_heads);
  s.feed_forward = c.size_or("ffn_hidden_size", 4 * s.hidden);
  s.activation = c.activation({"activation"}, "gelu");
  s.fused_qkv = true;
  s.qkv_bias = s.output_bias = s.feed_forward_bias = c.flag("bias", false);
  const bool parallel = grouped || c.flag("parallel_attn", true);
  s.branches = !parallel ? Branches::sequential : grouped ? Branches::parallel_two_norms : Branches::parallel;
  if (grouped && c.size_or("num_ln_in_parallel_attn", 2) == 1) s.branches = Branches::parallel;
  s.rotary = !c.flag("alibi", false);
  s.tied = c.flag("tie_word_embeddings", true);
  s.positions = c.size_or("max_position_embeddings", 2048);
  return decoder(c, description, std::move(s));
}

constexpr Family kFamilies[] = {
    {"gpt2", gpt2},          {"gpt_neo", gpt_neo},
    {"gpt_neox", gpt_neox},  {"opt", opt},
    {"llama", llama},        {"mistral", mistral},
    {"mixtral", mixtral},    {"qwen2", qwen2},
    {"qwen3", qwen3},        {"qwen2_moe", qwen_moe},
    {"qwen3_moe", qwen_moe}, {"gemma", gemma},
    {"gemma2", gemma},       {"phi", phi},
    {"phi3", phi3},          {"falcon", falcon},
    {"lfm2", lfm2},          {"lfm2_moe", lfm2},
};

}  // namespace

std::span<const Family> decoder_families() { return kFamilies; }

}  // namespace roofcast::huggingface
