// Language models by name. A new one of a known family is one line.
// Source: the config.json each publisher keeps beside its weights.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/decoder.h"
#include "model/workloads/families.h"

namespace roofcast {
namespace {

/// What most lines differ in.
struct Size {
  std::int64_t layers, hidden, heads, kv_heads, feed_forward, vocabulary, positions;
  bool tied = false;
  std::int64_t head_dim = 0;  // 0: hidden / heads
};

DecoderShape llama(const Size& size) {
  DecoderShape s;
  s.hidden = size.hidden;
  s.vocabulary = size.vocabulary;
  s.feed_forward = size.feed_forward;
  s.heads = size.heads;
  s.kv_heads = size.kv_heads;
  s.head_dim = size.head_dim > 0 ? size.head_dim : size.hidden / size.heads;
  s.layers.assign(static_cast<std::size_t>(size.layers), {});
  s.positions = size.positions;
  s.tied = size.tied;
  return s;
}

DecoderShape windowed(DecoderShape s, std::int64_t window, std::size_t every = 1) {
  for (std::size_t i = 0; i < s.layers.size(); i += every) s.layers[i].window = window;
  return s;
}

DecoderShape sparse(DecoderShape s, const Experts& experts, std::size_t dense_layers = 0) {
  s.experts = experts;
  for (std::size_t i = dense_layers; i < s.layers.size(); ++i) s.layers[i].sparse = true;
  return s;
}

DecoderShape qwen2(const Size& size) {
  DecoderShape s = llama(size);
  s.qkv_bias = true;
  return s;
}

DecoderShape qwen3(const Size& size) {
  DecoderShape s = llama(size);
  s.norm_of_heads = true;
  return s;
}

DecoderShape gemma(const Size& size) {
  DecoderShape s = llama(size);
  s.activation = Activation::gelu_tanh;
  s.scales_embedding = true;
  return s;
}

DecoderShape gemma2(const Size& size) {
  DecoderShape s = windowed(gemma(size), 4096, 2);
  s.norm_of_outputs = s.softcap = true;
  return s;
}

DecoderShape phi3(const Size& size) {
  DecoderShape s = llama(size);
  s.fused_qkv = s.fused_gate = true;
  return s;
}

DecoderShape phi2() {
  DecoderShape s = llama({32, 2560, 32, 32, 10240, 51200, 2048});
  s.norm = NormKind::layer;
  s.branches = Branches::parallel;
  s.activation = Activation::gelu_new;
  s.gated = false;
  s.qkv_bias = s.output_bias = s.feed_forward_bias = s.head_bias = true;
  return s;
}

DecoderShape falcon(const Size& size, Branches branches) {
  DecoderShape s = llama(size);
  s.norm = NormKind::layer;
  s.branches = branches;
  s.activation = Activation::gelu;
  s.gated = false;
  s.fused_qkv = true;
  return s;
}

DecoderShape neox(const Size& size) {
  DecoderShape s = falcon(size, Branches::parallel_two_norms);
  s.qkv_bias = s.output_bias = s.feed_forward_bias = true;
  return s;
}

// Six layers of attention among 24, the rest short convolutions; two dense layers before 22 of experts.
DecoderShape lfm2() {
  DecoderShape s = sparse(qwen3({24, 2048, 32, 8, 7168, 65536, 128000, true}),
                          {.count = 32, .per_token = 4, .width = 1792, .bias_of_router = true}, 2);
  for (DecoderLayer& layer : s.layers) layer.convolution = true;
  for (const std::size_t i : {2U, 6U, 10U, 14U, 18U, 21U}) s.layers[i].convolution = false;
  return s;
}

std::vector<Network> llamas() {
  return {
      decoder_network("llama-7b", "Llama (2023), 6.7 G", llama({32, 4096, 32, 32, 11008, 32000, 2048})),
      decoder_network("llama-2-7b", "Llama 2, 6.7 G", llama({32, 4096, 32, 32, 11008, 32000, 4096})),
      decoder_network("llama-2-13b", "Llama 2, 13 G", llama({40, 5120, 40, 40, 13824, 32000, 4096})),
      decoder_network("llama-2-70b", "Llama 2, 69 G", llama({80, 8192, 64, 8, 28672, 32000, 4096})),
      decoder_network("llama-3-8b", "Llama 3, 8.0 G", llama({32, 4096, 32, 8, 14336, 128256, 131072}),
                      {"llama-3.1-8b", "deepseek-r1-8b"}),
      decoder_network("llama-3-70b", "Llama 3, 71 G", llama({80, 8192, 64, 8, 28672, 128256, 131072}),
                      {"llama-3.1-70b", "llama-3.3-70b", "deepseek-r1-70b"}),
      decoder_network("llama-3.2-1b", "Llama 3.2, 1.2 G",
                      llama({16, 2048, 32, 8, 8192, 128256, 131072, true}), {"llama-3.2-1b-instruct"}),
      decoder_network("llama-3.2-3b", "Llama 3.2, 3.2 G",
                      llama({28, 3072, 24, 8, 8192, 128256, 131072, true}), {"llama-3.2-3b-instruct"}),
      decoder_network("tinyllama-1.1b", "TinyLlama, 1.1 G", llama({22, 2048, 32, 4, 5632, 32000, 2048}),
                      {"tinyllama"}),
      decoder_network("smollm2-135m", "SmolLM 2, 135 M", llama({30, 576, 9, 3, 1536, 49152, 8192, true}),
                      {"smollm-135m", "smollm2-135m-instruct"}),
      decoder_network("smollm2-360m", "SmolLM 2, 362 M", llama({32, 960, 15, 5, 2560, 49152, 8192, true}),
                      {"smollm2-360m-instruct"}),
      decoder_network("smollm2-1.7b", "SmolLM 2, 1.7 G", llama({24, 2048, 32, 32, 8192, 49152, 8192, true}),
                      {"smollm2"}),
      decoder_network("mistral-7b", "Mistral 0.1, windows of 4,096, 7.2 G",
                      windowed(llama({32, 4096, 32, 8, 14336, 32000, 32768}), 4096)),
      decoder_network("mixtral-8x7b", "Mixtral, 2 of 8 experts, 47 G",
                      sparse(llama({32, 4096, 32, 8, 14336, 32000, 32768}),
                             {.count = 8, .per_token = 2, .width = 14336})),
      decoder_network("mixtral-8x22b", "Mixtral, 2 of 8 experts, 141 G",
                      sparse(llama({56, 6144, 48, 8, 16384, 32768, 65536}),
                             {.count = 8, .per_token = 2, .width = 16384})),
  };
}

std::vector<Network> qwens() {
  return {
      decoder_network("qwen2-0.5b", "Qwen 2 and 2.5, 494 M",
                      qwen2({24, 896, 14, 2, 4864, 151936, 32768, true}),
                      {"qwen2.5-0.5b", "qwen2.5-0.5b-instruct"}),
      decoder_network("qwen2-1.5b", "Qwen 2 and 2.5, 1.5 G",
                      qwen2({28, 1536, 12, 2, 8960, 151936, 32768, true}), {"qwen2.5-1.5b"}),
      decoder_network("deepseek-r1-1.5b", "Qwen 2.5 Math distilled, head apart, 1.8 G",
                      qwen2({28, 1536, 12, 2, 8960, 151936, 131072})),
      decoder_network("qwen2.5-3b", "Qwen 2.5, 3.1 G", qwen2({36, 2048, 16, 2, 11008, 151936, 32768, true})),
      decoder_network("qwen2-7b", "Qwen 2 and 2.5, 7.6 G", qwen2({28, 3584, 28, 4, 18944, 152064, 131072}),
                      {"qwen2.5-7b", "qwen2.5-coder-7b", "deepseek-r1-7b"}),
      decoder_network("qwen2.5-14b", "Qwen 2.5, 15 G", qwen2({48, 5120, 40, 8, 13824, 152064, 131072}),
                      {"deepseek-r1-14b"}),
      decoder_network("qwen2.5-32b", "Qwen 2.5, 33 G", qwen2({64, 5120, 40, 8, 27648, 152064, 131072}),
                      {"deepseek-r1-32b"}),
      decoder_network("qwen2-72b", "Qwen 2 and 2.5, 73 G", qwen2({80, 8192, 64, 8, 29568, 152064, 131072}),
                      {"qwen2.5-72b"}),
      decoder_network("qwen3-0.6b", "Qwen 3, 596 M",
                      qwen3({28, 1024, 16, 8, 3072, 151936, 40960, true, 128})),
      decoder_network("qwen3-4b", "Qwen 3, 4.0 G", qwen3({36, 2560, 32, 8, 9728, 151936, 40960, true, 128})),
      decoder_network("qwen3-8b", "Qwen 3, 8.2 G",
                      qwen3({36, 4096, 32, 8, 12288, 151936, 40960, false, 128})),
      decoder_network("qwen3-14b", "Qwen 3, 15 G",
                      qwen3({40, 5120, 40, 8, 17408, 151936, 40960, false, 128})),
      decoder_network("qwen3-32b", "Qwen 3, 33 G",
                      qwen3({64, 5120, 64, 8, 25600, 151936, 40960, false, 128})),
      decoder_network("qwen3-30b-a3b", "Qwen 3, 8 of 128 experts, 31 G",
                      sparse(qwen3({48, 2048, 32, 4, 6144, 151936, 40960, false, 128}),
                             {.count = 128, .per_token = 8, .width = 768})),
  };
}

std::vector<Network> others() {
  return {
      decoder_network("gemma-2b", "Gemma, one key head, 2.5 G",
                      gemma({18, 2048, 8, 1, 16384, 256000, 8192, true, 256})),
      decoder_network("gemma-7b", "Gemma, 8.5 G", gemma({28, 3072, 16, 16, 24576, 256000, 8192, true, 256})),
      decoder_network("gemma2-2b", "Gemma 2, every other layer a window, 2.6 G",
                      gemma2({26, 2304, 8, 4, 9216, 256000, 8192, true, 256})),
      decoder_network("gemma2-9b", "Gemma 2, 9.2 G",
                      gemma2({42, 3584, 16, 8, 14336, 256000, 8192, true, 256})),
      decoder_network("gemma2-27b", "Gemma 2, 27 G",
                      gemma2({46, 4608, 32, 16, 36864, 256000, 8192, true, 128})),
      decoder_network("phi-2", "Phi-2, 2.8 G", phi2()),
      decoder_network("phi-3-mini", "Phi-3, windows of 2,047, 3.8 G",
                      windowed(phi3({32, 3072, 32, 32, 8192, 32064, 4096}), 2047), {"phi3-3.8b"}),
      decoder_network("phi-3-medium", "Phi-3, windows of 2,047, 14 G",
                      windowed(phi3({40, 5120, 40, 10, 17920, 32064, 4096}), 2047), {"phi3-14b"}),
      decoder_network("falcon-7b", "Falcon, one key head, 6.9 G",
                      falcon({32, 4544, 71, 1, 18176, 65024, 2048, true}, Branches::parallel)),
      decoder_network("falcon-40b", "Falcon, 8 key heads, 41 G",
                      falcon({60, 8192, 128, 8, 32768, 65024, 2048, true}, Branches::parallel_two_norms)),
      decoder_network("gpt-neox-20b", "GPT-NeoX, 21 G", neox({44, 6144, 64, 64, 24576, 50432, 2048})),
      decoder_network("lfm2-8b-a1b", "LFM2, convolutions and attention, 4 of 32 experts, 8.3 G", lfm2()),
  };
}

}  // namespace

std::vector<Network> language_family() {
  std::vector<Network> all;
  for (const auto group : {llamas, qwens, others}) {
    for (Network& network : group()) all.push_back(std::move(network));
  }
  return all;
}

}  // namespace roofcast
