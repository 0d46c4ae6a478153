// Decoder-only language models: one description for GPT, OPT, Llama, Mixtral, Gemma, Phi, Falcon and their like.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/workloads/network.h"

namespace roofcast {

enum class NormKind { layer, rms };

/// How eager code spells it: `gelu_new` takes eight kernels, `gelu_tanh` is the same function in one.
enum class Activation { relu, gelu, gelu_new, gelu_tanh, quick_gelu, silu };

/// Where attention and feed-forward of a layer get their input: one after the other, or both from the residual, with
/// one norm (Falcon-7B, Phi-2) or two (GPT-NeoX).
enum class Branches { sequential, parallel, parallel_two_norms };

/// A feed-forward layer of experts, of which each token visits a few.
struct Experts {
  std::int64_t count = 0, per_token = 0, width = 0;
  std::int64_t shared_width = 0;  // of the expert every token visits
  bool shared_gate = false;       // with a gate of its own (Qwen2-MoE)
  bool bias_of_router = false;    // a correction per expert

  /// Experts that `tokens` tokens visit, drawn alike: count · (1 - (1 - per_token / count)^tokens).
  /// Example: 8 experts, 2 per token: 2 for one token, 7.2 for eight.
  double visited(std::int64_t tokens) const;
};

/// What mixes tokens in a layer, and whether its feed-forward part is of experts.
struct DecoderLayer {
  std::optional<std::int64_t> window;  // of a sliding-window layer
  bool sparse = false;
  bool convolution = false;  // a gated short convolution instead of attention (LFM2)
};

struct DecoderShape {
  std::int64_t hidden = 0, vocabulary = 0, feed_forward = 0;
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  std::vector<DecoderLayer> layers;
  std::int64_t positions = 0;                     // longest sequence; 0: no limit
  std::optional<std::int64_t> learned_positions;  // rows of the position table; nothing: rotary or ALiBi
  bool rotary = true;
  std::optional<std::int64_t> embedding_width;  // where it is not `hidden` (OPT-350M)
  std::int64_t convolution_taps = 3;

  NormKind norm = NormKind::rms;
  bool norm_bias = true;  // of layer norms
  Branches branches = Branches::sequential;
  bool norm_after = false;       // the norm follows the sum (OPT-350M)
  bool norm_of_outputs = false;  // besides those of inputs (Gemma 2)
  bool norm_of_heads = false;    // of every query and key (Qwen3)
  bool final_norm = true;
  bool embedding_norm = false;

  Activation activation = Activation::silu;
  bool gated = true;
  bool qkv_bias = false, output_bias = false, feed_forward_bias = false, head_bias = false;
  bool fused_qkv = false, fused_gate = false;  // one product where others have three or two
  bool weight_in_out = false;                  // GPT-2's Conv1D
  bool tied = false;                           // the head is the embedding
  bool softcap = false;                        // scores and logits pass a tanh (Gemma 2)
  bool scales_embedding = false;               // Gemma
  std::optional<Experts> experts;
};

/// Tokens a block of a paged key-value cache holds. Source: vLLM's default block size.
inline constexpr std::int64_t kCacheBlock = 16;
/// Tokens of whole blocks that hold so many. Example: 17 take 32.
constexpr std::int64_t in_blocks(std::int64_t tokens) {
  return (tokens + kCacheBlock - 1) / kCacheBlock * kCacheBlock;
}

/// Keys and values `sequences` sequences of `tokens` tokens keep, in elements: 2 · kv_heads · head_dim a token and layer,
/// rounded up to blocks; a windowed layer keeps its window, a convolution the taps before the last.
std::int64_t cache_elements(const DecoderShape& shape, std::int64_t sequences, std::int64_t tokens);

/// The graph of `request`: sequence_length new tokens after `context` cached ones. Without a context there is no cache and
/// every token gets logits; with one only the last does.
Graph build_decoder(const WorkloadRequest& request, const WorkloadInfo& info, const DecoderShape& shape);

/// A network of that shape. Its default sequence is its longest, at most 2,048.
Network decoder_network(std::string name, std::string description, DecoderShape shape,
                        std::vector<std::string> aliases = {});

}  // namespace roofcast
