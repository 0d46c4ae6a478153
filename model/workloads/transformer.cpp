// Eager attention around the softmax. Source: Hugging Face transformers 4.38, modeling_bert.py and modeling_gpt2.py;
// ATen's matmul, which reshapes to a batched product.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/transformer.h"

#include "model/workloads/elements.h"

namespace roofcast {

DecoderShape early_decoder(const TransformerShape& shape) {
  DecoderShape s;
  s.hidden = shape.hidden;
  s.vocabulary = shape.vocabulary;
  s.feed_forward = shape.feed_forward;
  s.heads = s.kv_heads = shape.heads;
  s.head_dim = shape.head_dim();
  s.layers.resize(static_cast<std::size_t>(shape.layers));
  s.positions = shape.positions;
  s.learned_positions = shape.positions;
  s.rotary = s.gated = false;
  s.norm = NormKind::layer;
  s.qkv_bias = s.output_bias = s.feed_forward_bias = s.tied = true;
  return s;
}

TextPair text_pair(const WorkloadRequest& request, const WorkloadInfo& info) {
  TextPair pair;
  const std::int64_t usual = info.default_sequence_length.value_or(1);
  pair.cached = request.context.has_value();
  pair.past = request.context.value_or(0);
  pair.target = request.sequence_length.value_or(usual);
  pair.source = request.source_length.value_or(pair.past > 0 ? usual : pair.target);
  if (pair.cached && pair.reads() && !request.source_length) pair.target = 1;
  return pair;
}

void add_idle_weights(Graph& step, const Graph& whole, std::optional<WeightPlace> place) {
  Node idle;
  idle.name = "idle";
  idle.op = Copy{1, 1, 1, false};
  idle.view = true;
  idle.output_elements = 1;
  idle.parameters = whole.parameters() - step.parameters();
  idle.place = place;
  step.nodes.push_back(std::move(idle));
}

SequenceBuilder::SequenceBuilder(const WorkloadRequest& request, const WorkloadInfo& info)
    : GraphBuilder(info.name, info.description, request),
      length_(request.sequence_length.value_or(info.default_sequence_length.value_or(1))),
      tokens_(elements(info.name, {request.batch, length_})) {
  set_input(tokens_);
}

int SequenceBuilder::scores(const std::string& name, const Heads& heads, const Scores& s) {
  const int query =
      rearrange(name + ".query_copy", heads.query, elements(name, {s.batch_heads, s.rows, s.head_dim}));
  const int key =
      rearrange(name + ".key_copy", heads.key, elements(name, {s.batch_heads, s.cols, s.head_dim}));
  return matmul(name + ".scores", query, key, s.batch_heads, s.rows, s.cols, s.head_dim);
}

int SequenceBuilder::context(const std::string& name, int probabilities, int value, const Scores& s,
                             std::int64_t out_elements) {
  const int values =
      rearrange(name + ".value_copy", value, elements(name, {s.batch_heads, s.cols, s.head_dim}));
  const int product =
      matmul(name + ".context", probabilities, values, s.batch_heads, s.rows, s.head_dim, s.cols);
  return rearrange(name + ".merge_heads", product, out_elements);
}

}  // namespace roofcast
