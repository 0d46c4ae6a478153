// OPT: pre-norm decoder with ReLU.
// Source: Zhang et al. (2022); Hugging Face transformers 4.38, modeling_opt.py, eager attention.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/decoder.h"
#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/transformer.h"

namespace roofcast {
namespace {

class Opt : public SequenceBuilder {
 public:
  Opt(const WorkloadRequest& request, const WorkloadInfo& info, const TransformerShape& shape)
      : SequenceBuilder(request, info),
        shape_(shape),
        hidden_(elements(info.name, {tokens(), shape.hidden})) {}

  Graph build() {
    make_mask();
    const int token = embedding("embed_tokens", tokens(), shape_.hidden, shape_.vocabulary);
    const int position = embedding("embed_positions", tokens(), shape_.hidden, shape_.positions + 2);
    int x = pointwise("embed.add", "add", hidden_, {token, position});
    for (std::int64_t i = 0; i < shape_.layers; ++i) x = layer("layers." + std::to_string(i), x);
    x = layer_norm("final_layer_norm", x, tokens(), shape_.hidden);
    const int logits =
        linear("lm_head", x, tokens(), shape_.hidden, shape_.vocabulary, {.bias = false, .tied = true});
    cross_entropy("loss", logits, tokens(), shape_.vocabulary);
    return take();
  }

 private:
  // Causal and padding masks of batch × length × length, filled and combined once per forward.
  void make_mask() {
    const std::int64_t count = elements("mask", {tokens(), length()});
    for (const char* step : {"mask.expand", "mask.fill", "mask.combine"}) {
      Node node;
      node.name = step;
      node.op = Pointwise{count, 1, 1, 1};
      node.output_elements = count;
      node.saves_input = node.needs_input_gradient = false;
      mask_ = add(std::move(node), {mask_});
    }
  }

  int layer(const std::string& name, int x) {
    const std::int64_t h = shape_.hidden;
    const std::string at = name + ".self_attn";
    int y = layer_norm(name + ".self_attn_layer_norm", x, tokens(), h);
    const int query = pointwise(at + ".scale", "mulu", hidden_, {linear(at + ".q_proj", y, tokens(), h, h)});
    const Heads heads{query, linear(at + ".k_proj", y, tokens(), h, h),
                      linear(at + ".v_proj", y, tokens(), h, h)};
    const Scores s{batch() * shape_.heads, length(), length(), shape_.head_dim()};
    const std::int64_t count = elements(name, {s.batch_heads, s.rows, s.cols});
    int p = scores(at, heads, s);
    // The mask is repeated over heads and learns nothing.
    Node masked;
    masked.name = at + ".mask";
    masked.op = Pointwise{count, 1 + 1.0 / static_cast<double>(shape_.heads), 1, 1};
    masked.output_elements = count;
    masked.saves_input = false;
    masked.fusable = true;
    p = add(std::move(masked), {p, mask_});
    p = pointwise(at + ".max", "max", count, {p});
    p = softmax(at + ".softmax", p, s.batch_heads * s.rows, s.cols, true);
    y = linear(at + ".out_proj", context(at, p, heads.value, s, hidden_), tokens(), h, h);
    x = pointwise(name + ".add_1", "add", hidden_, {x, dropout(at + ".dropout", y, hidden_)});
    y = layer_norm(name + ".final_layer_norm", x, tokens(), h);
    y = linear(name + ".fc1", y, tokens(), h, shape_.feed_forward);
    y = pointwise(name + ".relu", "relu", elements(name, {tokens(), shape_.feed_forward}), {y});
    y = linear(name + ".fc2", y, tokens(), shape_.feed_forward, h);
    return pointwise(name + ".add_2", "add", hidden_, {x, dropout(name + ".dropout", y, hidden_)});
  }

  TransformerShape shape_;
  std::int64_t hidden_;
  int mask_ = kModelInput;
};

/// The same with a key-value cache.
DecoderShape with_cache(const TransformerShape& shape) {
  DecoderShape s = early_decoder(shape);
  s.learned_positions = shape.positions + 2;
  s.activation = Activation::relu;
  return s;
}

Graph build_opt(const WorkloadRequest& request, const WorkloadInfo& info) {
  const TransformerShape shape{24, 2048, 32, 8192, 50272, 2048};
  return request.context ? build_decoder(request, info, with_cache(shape))
                         : Opt(request, info, shape).build();
}

}  // namespace

std::vector<Network> opt_family() {
  return {{sequence_workload("opt-1.3b", "OPT-1.3B", 2048, Task::language_model),
           {"opt-13", "opt-1.3"},
           false,
           {Task::language_model},
           2048,
           build_opt,
           true}};
}

}  // namespace roofcast
