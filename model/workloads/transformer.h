// What transformers share: the shape of one, and attention as eager code launches it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "model/workloads/decoder.h"
#include "model/workloads/graph_builder.h"

namespace roofcast {

struct TransformerShape {
  std::int64_t layers, hidden, heads, feed_forward, vocabulary, positions;
  std::int64_t head_dim() const { return hidden / heads; }
};

/// A decoder as GPT-2 and OPT are: learned positions, layer norms, every head its own key and value, biases, tied head.
DecoderShape early_decoder(const TransformerShape& shape);

/// Queries, keys and values as [tokens, heads × head_dim] tensors.
struct Heads {
  int query, key, value;
};

/// What lies between the score product and the softmax.
struct Scores {
  std::int64_t batch_heads, rows, cols, head_dim;
  std::int64_t count() const { return batch_heads * rows * cols; }
};

/// Texts of an encoder and the decoder beside it.
struct TextPair {
  std::int64_t source = 1;  // tokens the encoder reads or has read
  std::int64_t target = 1;  // tokens the decoder takes
  std::int64_t past = 0;    // ... behind so many whose keys and values are kept
  bool cached = false;
  bool reads() const { return past == 0; }  // the encoder runs
  /// Keys and values of both for one layer and sequence, in tokens of whole blocks.
  std::int64_t kept() const { return in_blocks(past + target) + in_blocks(source); }
};
/// Without a context the whole of both, every token with logits; with one of 0 tokens the pass that reads the source and
/// makes the first word; behind more of them a step of the decoder alone.
TextPair text_pair(const WorkloadRequest& request, const WorkloadInfo& info);

/// Weights of the whole network that a step does not run lie in memory all the same; `place`: what a recipe makes of them.
void add_idle_weights(Graph& step, const Graph& whole, std::optional<WeightPlace> place = {});

class SequenceBuilder : public GraphBuilder {
 public:
  SequenceBuilder(const WorkloadRequest& request, const WorkloadInfo& info);

  std::int64_t length() const { return length_; }
  std::int64_t tokens() const { return tokens_; }

  /// torch.matmul of permuted heads copies each operand into a contiguous batch first (reshape of a permuted view).
  int scores(const std::string& name, const Heads& heads, const Scores& s);
  /// Softmax already taken: dropout, product with the values, heads put back side by side.
  int context(const std::string& name, int probabilities, int value, const Scores& s,
              std::int64_t out_elements);

 private:
  std::int64_t length_, tokens_;
};

}  // namespace roofcast
