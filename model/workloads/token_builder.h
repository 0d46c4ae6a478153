// Layers of vision transformers on top of ImageBuilder: images become sequences of tokens.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/workloads/image_builder.h"

namespace roofcast {

/// `sequences` × `length` tokens of `width` values, made by `node`.
struct Tokens {
  int node = kModelInput;
  std::int64_t sequences = 1, length = 1, width = 1;
};

/// What an attention has beyond its heads.
struct AttentionOptions {
  std::int64_t heads = 1;
  std::int64_t head_dim = 0;        // of queries and keys; 0: width / heads
  bool bias = true;                 // of the projections to queries, keys and values
  bool key_bias = true;             // where those have one
  std::int64_t table = 0;           // learnt relative positions, gathered and added to the scores
  int gathered = kModelInput;       // the node that gathers them; nothing: a lookup that costs nothing
  bool written_out = false;         // step by step on any stack: no fused attention takes its place
  bool scales_scores = false;       // and not queries before them
  bool mask = false;                // a constant added to the scores (shifted windows)
  std::int64_t own_parameters = 0;  // that live in the attention itself: logit scales, head mixes
};

class TokenBuilder : public ImageBuilder {
 public:
  using GraphBuilder::layer_norm;
  using ImageBuilder::add;
  using ImageBuilder::count;
  using ImageBuilder::ImageBuilder;

  std::int64_t rows(const Tokens& x) const;
  std::int64_t count(const Tokens& x) const;

  /// The pixels of x as tokens, copied from NCHW.
  Tokens flatten(const std::string& name, Feature x);
  /// Tokens as h × w pixels; `copies`: into NCHW.
  Feature unflatten(const std::string& name, Tokens x, std::int64_t h, std::int64_t w, bool copies = true);
  /// A learnt token before the others, and learnt positions; `positions` of 0 are as many as tokens.
  Tokens class_token(const std::string& name, Tokens x, std::int64_t tokens = 1);
  Tokens positions(const std::string& name, Tokens x);
  /// A contiguous copy of the same tokens as `sequences` of another length.
  Tokens regroup(const std::string& name, Tokens x, std::int64_t sequences, std::int64_t length);
  Tokens norm(const std::string& name, Tokens x);
  Tokens project(const std::string& name, Tokens x, std::int64_t out, bool bias = true);
  Tokens activation(const std::string& name, Tokens x, std::string_view function);
  using ImageBuilder::activation;
  /// x + y into new memory.
  Tokens sum(const std::string& name, Tokens x, Tokens y);
  /// Times a learnt number per channel.
  Tokens scale_channels(const std::string& name, Tokens x);
  using ImageBuilder::scale_channels;
  /// Two layers and an activation, back to the width of x.
  Tokens mlp(const std::string& name, Tokens x, std::int64_t hidden, std::string_view function = "gelu");
  /// Projections, scores, softmax, context and output projection, as eager code runs them.
  Tokens self_attention(const std::string& name, Tokens x, const AttentionOptions& options);
  /// Scores, softmax and context of projected queries, keys and values.
  Tokens attend(const std::string& name, Tokens query, Tokens key, Tokens value,
                const AttentionOptions& options);
  /// Mean of every sequence.
  Tokens mean(const std::string& name, Tokens x);
  /// The first token of every sequence, a view.
  Tokens first(const std::string& name, Tokens x);
  Graph classify_tokens(const std::string& name, Tokens x, std::int64_t classes);
};

}  // namespace roofcast
