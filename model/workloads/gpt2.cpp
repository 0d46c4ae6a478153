// GPT-2 and the GPT-3 shapes run with its code.
// Source: Radford et al. (2019); Brown et al. (2020), table 2.1; Hugging Face transformers 4.38, modeling_gpt2.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/decoder.h"
#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/transformer.h"

namespace roofcast {
namespace {

constexpr std::int64_t kVocabulary = 50257;

class Gpt2 : public SequenceBuilder {
 public:
  Gpt2(const WorkloadRequest& request, const WorkloadInfo& info, const TransformerShape& shape)
      : SequenceBuilder(request, info),
        shape_(shape),
        hidden_(elements(info.name, {tokens(), shape.hidden})) {}

  Graph build() {
    const int token = embedding("wte", tokens(), shape_.hidden, shape_.vocabulary);
    const int position = embedding("wpe", length(), shape_.hidden, shape_.positions);
    int x = add_broadcast("embeddings.add", token, hidden_, position, length() * shape_.hidden);
    x = dropout("embeddings.dropout", x, hidden_);
    for (std::int64_t i = 0; i < shape_.layers; ++i) x = layer("h." + std::to_string(i), x);
    x = layer_norm("ln_f", x, tokens(), shape_.hidden);
    const int logits =
        linear("lm_head", x, tokens(), shape_.hidden, shape_.vocabulary, {.bias = false, .tied = true});
    cross_entropy("loss", logits, tokens(), shape_.vocabulary);
    return take();
  }

 private:
  /// GPT-2's Conv1D: a weight stored in × out.
  int conv1d(const std::string& name, int x, std::int64_t in, std::int64_t out) {
    return linear(name, x, tokens(), in, out, {.weight_in_out = true});
  }

  int layer(const std::string& name, int x) {
    const std::int64_t h = shape_.hidden;
    const std::string at = name + ".attn";
    int y = layer_norm(name + ".ln_1", x, tokens(), h);
    const int qkv = conv1d(at + ".c_attn", y, h, 3 * h);
    split(qkv);
    const Scores s{batch() * shape_.heads, length(), length(), shape_.head_dim()};
    const std::int64_t count = elements(name, {s.batch_heads, s.rows, s.cols});
    int p = scores(at, {qkv, qkv, qkv}, s);
    p = pointwise(at + ".scale", "divu", count, {p});
    p = pointwise(at + ".mask", "mask", count, {p});
    p = softmax(at + ".softmax", p, s.batch_heads * s.rows, s.cols, true);
    p = dropout(at + ".dropout", p, count);
    y = context(at, p, qkv, s, hidden_);
    y = dropout(at + ".resid_dropout", conv1d(at + ".c_proj", y, h, h), hidden_);
    x = pointwise(name + ".add_1", "add", hidden_, {y, x});
    y = layer_norm(name + ".ln_2", x, tokens(), h);
    y = gelu_new(name + ".mlp.act", conv1d(name + ".mlp.c_fc", y, h, shape_.feed_forward));
    y = dropout(name + ".mlp.dropout", conv1d(name + ".mlp.c_proj", y, shape_.feed_forward, h), hidden_);
    return pointwise(name + ".add_2", "add", hidden_, {x, y});
  }

  /// 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), one kernel per operation.
  int gelu_new(const std::string& name, int x) {
    const std::int64_t n = elements(name, {tokens(), shape_.feed_forward});
    const int half = pointwise(name + ".half", "mulu", n, {x});
    int y = pointwise(name + ".pow", "powu", n, {x});
    y = pointwise(name + ".scale_pow", "mulu", n, {y});
    y = pointwise(name + ".add", "add", n, {x, y});
    y = pointwise(name + ".scale", "mulu", n, {y});
    y = pointwise(name + ".tanh", "tanh", n, {y});
    y = pointwise(name + ".one", "addu", n, {y});
    return pointwise(name + ".mul", "mul", n, {half, y});
  }

  TransformerShape shape_;
  std::int64_t hidden_;
};

/// The same with a key-value cache.
DecoderShape with_cache(const TransformerShape& shape) {
  DecoderShape s = early_decoder(shape);
  s.activation = Activation::gelu_new;
  s.fused_qkv = s.weight_in_out = true;
  return s;
}

template <int Layers, int Hidden, int NumHeads, int Positions>
Graph build_gpt2(const WorkloadRequest& request, const WorkloadInfo& info) {
  if (request.context)
    return build_decoder(request, info,
                         with_cache({Layers, Hidden, NumHeads, 4 * Hidden, kVocabulary, Positions}));
  return Gpt2(request, info, {Layers, Hidden, NumHeads, 4 * Hidden, kVocabulary, Positions}).build();
}

Network entry(const char* name, const char* description, std::vector<std::string> aliases,
              std::int64_t positions, Graph (*build)(const WorkloadRequest&, const WorkloadInfo&)) {
  return {sequence_workload(name, description, positions, Task::language_model),
          std::move(aliases),
          false,
          {Task::language_model},
          positions,
          build,
          true};
}

}  // namespace

std::vector<Network> gpt2_family() {
  return {
      entry("gpt2", "GPT-2 small, 124 M", {"gpt2-small"}, 1024, build_gpt2<12, 768, 12, 1024>),
      entry("gpt2-medium", "GPT-2 medium, 355 M", {}, 1024, build_gpt2<24, 1024, 16, 1024>),
      entry("gpt2-large", "GPT-2 large, 774 M", {}, 1024, build_gpt2<36, 1280, 20, 1024>),
      entry("gpt2-xl", "GPT-2 XL, 1.6 G", {}, 1024, build_gpt2<48, 1600, 25, 1024>),
      // Not the paper's XL (hidden 2048): the shape measured under that name.
      entry("gpt3-xl", "GPT-3 of 24 layers, hidden 3072, 2.9 G", {}, 2048, build_gpt2<24, 3072, 24, 2048>),
      entry("gpt3-2.7b", "GPT-3 2.7B", {"gpt3-27", "gpt3-2.7"}, 2048, build_gpt2<32, 2560, 32, 2048>),
  };
}

}  // namespace roofcast
