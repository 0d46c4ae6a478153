// Families with an encoder. Absent fields take the default of the family's configuration class.
// Source: transformers 4.46, configuration_{bert,roberta,distilbert,t5,mt5,vit,clip,whisper}.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/encoders.h"

#include <fmt/format.h>

#include "model/importers/huggingface/families.h"

namespace roofcast::huggingface {
namespace {

constexpr std::int64_t kMostLayers = 1024;

std::int64_t layer_count(const Config& c, std::string_view key, std::optional<std::int64_t> fallback = {}) {
  const std::int64_t count = fallback ? c.size_or(key, *fallback) : c.size({key});
  c.require(count <= kMostLayers, key, fmt::format("is {}; at most {} are supported", count, kMostLayers));
  return count;
}

void check_heads(const Config& c, std::string_view key, std::int64_t heads, std::int64_t hidden) {
  c.require(hidden % heads == 0, key,
            fmt::format("is {}, which does not divide the hidden size {}", heads, hidden));
}

Network bert(const Config& c, const std::string& description) {
  BertShape s;
  s.layers = layer_count(c, "num_hidden_layers");
  s.hidden = c.size({"hidden_size"});
  s.heads = c.size({"num_attention_heads"});
  s.feed_forward = c.size({"intermediate_size"});
  s.vocabulary = c.size({"vocab_size"});
  s.positions = c.size({"max_position_embeddings"});
  s.token_types = c.size_or("type_vocab_size", 2);
  check_heads(c, "num_attention_heads", s.heads, s.hidden);
  return bert_network(c.origin(), description, s);
}

Network distilbert(const Config& c, const std::string& description) {
  BertShape s;
  s.layers = layer_count(c, "n_layers");
  s.hidden = c.size({"dim"});
  s.heads = c.size({"n_heads"});
  s.feed_forward = c.size({"hidden_dim"});
  s.vocabulary = c.size({"vocab_size"});
  s.positions = c.size({"max_position_embeddings"});
  s.token_types = 0;
  s.pooler = false;
  check_heads(c, "n_heads", s.heads, s.hidden);
  return bert_network(c.origin(), description, s);
}

Network t5_like(const Config& c, const std::string& description, std::string_view usual, bool tied) {
  T5Shape s;
  s.layers = layer_count(c, "num_layers");
  s.decoder_layers = layer_count(c, "num_decoder_layers", s.layers);
  s.hidden = c.size({"d_model"});
  s.heads = c.size({"num_heads"});
  s.head_dim = c.size({"d_kv"});
  s.feed_forward = c.size({"d_ff"});
  s.vocabulary = c.size({"vocab_size"});
  s.buckets = c.size_or("relative_attention_num_buckets", 32);
  const std::string activation = c.text("feed_forward_proj", usual);
  s.gated = activation.rfind("gated-", 0) == 0;
  c.require(activation == "relu" || activation == "gated-gelu", "feed_forward_proj",
            "may be relu or gated-gelu");
  s.tied = c.flag("tie_word_embeddings", tied);
  return t5_network(c.origin(), description, s);
}

Network t5(const Config& c, const std::string& description) { return t5_like(c, description, "relu", true); }

Network mt5(const Config& c, const std::string& description) {
  return t5_like(c, description, "gated-gelu", false);
}

VisionShape vision_shape(const Config& c, std::string_view activation) {
  VisionShape s;
  s.tower.layers = layer_count(c, "num_hidden_layers", 12);
  s.tower.hidden = c.size_or("hidden_size", 768);
  s.tower.heads = c.size_or("num_attention_heads", 12);
  s.tower.feed_forward = c.size_or("intermediate_size", 3072);
  s.tower.activation = c.activation({"hidden_act"}, activation);
  s.image = c.size_or("image_size", 224);
  s.patch = c.size_or("patch_size", 16);
  s.channels = c.size_or("num_channels", 3);
  check_heads(c, "num_attention_heads", s.tower.heads, s.tower.hidden);
  c.require(s.image % s.patch == 0, "patch_size",
            fmt::format("is {}, which does not divide 'image_size' {}", s.patch, s.image));
  return s;
}

Network vit(const Config& c, const std::string& description) {
  VisionShape s = vision_shape(c, "gelu");
  s.classes = c.size_or("num_labels", s.classes);
  return vision_network(c.origin(), description, s);
}

Network clip(const Config& c, const std::string& description) {
  ClipShape s;
  const Config vision = c.object("vision_config"), text = c.object("text_config");
  s.vision = vision_shape(vision, "quick_gelu");
  if (!vision.has("patch_size")) s.vision.patch = 32;
  s.text.layers = layer_count(text, "num_hidden_layers", 12);
  s.text.hidden = text.size_or("hidden_size", 512);
  s.text.heads = text.size_or("num_attention_heads", 8);
  s.text.feed_forward = text.size_or("intermediate_size", 2048);
  s.text.activation = text.activation({"hidden_act"}, "quick_gelu");
  s.vocabulary = text.size_or("vocab_size", 49408);
  s.positions = text.size_or("max_position_embeddings", 77);
  s.projection = c.size_or("projection_dim", 512);
  check_heads(text, "num_attention_heads", s.text.heads, s.text.hidden);
  return clip_network(c.origin(), description, s);
}

Network whisper(const Config& c, const std::string& description) {
  WhisperShape s;
  const std::int64_t hidden = c.size({"d_model"});
  const Activation activation = c.activation({"activation_function"}, "gelu");
  s.encoder = {layer_count(c, "encoder_layers"), hidden, c.size({"encoder_attention_heads"}),
               c.size({"encoder_ffn_dim"}), activation};
  s.decoder = {layer_count(c, "decoder_layers"), hidden, c.size({"decoder_attention_heads"}),
               c.size({"decoder_ffn_dim"}), activation};
  s.vocabulary = c.size({"vocab_size"});
  s.mel_bins = c.size_or("num_mel_bins", 80);
  s.source_positions = c.size_or("max_source_positions", 1500);
  s.positions = c.size_or("max_target_positions", 448);
  check_heads(c, "encoder_attention_heads", s.encoder.heads, hidden);
  check_heads(c, "decoder_attention_heads", s.decoder.heads, hidden);
  return whisper_network(c.origin(), description, s);
}

Network bart_like(const Config& c, const std::string& description, bool norm_after) {
  BartShape s;
  const std::int64_t hidden = c.size({"d_model"});
  const Activation activation = c.activation({"activation_function"}, "gelu");
  s.encoder = {layer_count(c, "encoder_layers"), hidden,     c.size({"encoder_attention_heads"}),
               c.size({"encoder_ffn_dim"}),      activation, norm_after};
  s.decoder = {layer_count(c, "decoder_layers"), hidden,     c.size({"decoder_attention_heads"}),
               c.size({"decoder_ffn_dim"}),      activation, norm_after};
  s.vocabulary = c.size({"vocab_size"});
  s.positions = c.size_or("max_position_embeddings", 1024);
  check_heads(c, "encoder_attention_heads", s.encoder.heads, hidden);
  check_heads(c, "decoder_attention_heads", s.decoder.heads, hidden);
  return bart_network(c.origin(), description, s);
}

Network bart(const Config& c, const std::string& description) { return bart_like(c, description, true); }
Network mbart(const Config& c, const std::string& description) { return bart_like(c, description, false); }

constexpr Family kFamilies[] = {
    {"bert", bert}, {"roberta", bert}, {"xlm-roberta", bert}, {"distilbert", distilbert},
    {"t5", t5},     {"mt5", mt5},      {"bart", bart},        {"mbart", mbart},
    {"vit", vit},   {"clip", clip},    {"whisper", whisper}};

}  // namespace

std::span<const Family> encoder_families() { return kFamilies; }

}  // namespace roofcast::huggingface
