// Decoders as Hugging Face writes them; what engines fuse is the stack's business.
// Source: transformers 4.46, modeling_{gpt2,opt,gpt_neox,llama,mixtral,qwen2,qwen3_moe,gemma2,phi,phi3,falcon,lfm2}.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/decoder.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/transformer.h"

namespace roofcast {
namespace {

constexpr std::int64_t kDefaultLength = 2048;
constexpr std::int64_t kMostLooped = 256;  // experts that eager code visits one by one; no model has more

class Decoder : public SequenceBuilder {
 public:
  Decoder(const WorkloadRequest& request, const WorkloadInfo& info, const DecoderShape& shape)
      : SequenceBuilder(request, info),
        s_(shape),
        cached_(request.context.has_value()),
        before_(request.context.value_or(0)),
        total_(before_ + length()),
        hidden_(elements(info.name, {tokens(), shape.hidden})) {}

  Graph build() {
    int x = embed();
    for (layer_ = 0; layer_ < count(); ++layer_) x = layer("layers." + std::to_string(layer_), x);
    if (s_.final_norm) x = norm("norm", x, tokens(), s_.hidden);
    head(x);
    if (cached_) keep(cache_elements(s_, batch(), total_), elements("logits", {batch(), s_.vocabulary}));
    return take();
  }

 private:
  std::int64_t count() const { return static_cast<std::int64_t>(s_.layers.size()); }
  const DecoderLayer& here() const { return s_.layers[static_cast<std::size_t>(layer_)]; }
  std::int64_t query_width() const { return s_.heads * s_.head_dim; }
  std::int64_t key_width() const { return s_.kv_heads * s_.head_dim; }

  int placed(int node, WeightPlace::Role role, std::int64_t row) {
    at(node).place = WeightPlace{role, layer_, count(), row};
    return node;
  }

  int product(const std::string& name, int x, std::int64_t in, std::int64_t out, bool bias,
              WeightPlace::Role role = WeightPlace::Role::other) {
    return placed(linear(name, x, tokens(), in, out, {.bias = bias, .weight_in_out = s_.weight_in_out}), role,
                  in);
  }

  int norm(const std::string& name, int x, std::int64_t rows, std::int64_t cols) {
    if (s_.norm == NormKind::rms) return fused_rms_norm(name, x, rows, cols);
    const int y = layer_norm(name, x, rows, cols);
    if (!s_.norm_bias) at(y).parameters = cols;
    return y;
  }

  int embed() {
    const std::int64_t width = s_.embedding_width.value_or(s_.hidden);
    int x = placed(embedding("embed_tokens", tokens(), width, s_.vocabulary),
                   s_.tied ? WeightPlace::Role::output : WeightPlace::Role::embedding, width);
    if (width != s_.hidden) x = linear("project_in", x, tokens(), width, s_.hidden, {.bias = false});
    if (s_.scales_embedding) x = pointwise("embed_scale", "mulu", hidden_, {x});
    if (s_.learned_positions) {
      const int position = embedding("embed_positions", length(), s_.hidden, *s_.learned_positions);
      x = add_broadcast("embed.add", x, hidden_, position, length() * s_.hidden);
    }
    if (s_.embedding_norm) x = norm("embed_norm", x, tokens(), s_.hidden);
    return x;
  }

  void head(int x) {
    const std::int64_t width = s_.embedding_width.value_or(s_.hidden);
    std::int64_t rows = tokens();
    if (cached_ && length() > 1) {  // of each prompt only the last token is asked for its successor
      rows = batch();
      x = rearrange("last_token", x, elements("last_token", {rows, s_.hidden}));
    }
    if (width != s_.hidden) x = linear("project_out", x, rows, s_.hidden, width, {.bias = false});
    int logits = linear("lm_head", x, rows, width, s_.vocabulary, {.bias = s_.head_bias, .tied = s_.tied});
    placed(logits, WeightPlace::Role::output, width);
    if (s_.softcap) logits = cap("lm_head.softcap", logits, elements("logits", {rows, s_.vocabulary}));
    cross_entropy("loss", logits, rows, s_.vocabulary);
  }

  int cap(const std::string& name, int x, std::int64_t n) {
    x = pointwise(name + ".div", "divu", n, {x});
    x = pointwise(name + ".tanh", "tanh", n, {x});
    return pointwise(name + ".mul", "mulu", n, {x});
  }

  int layer(const std::string& name, int x) {
    const std::int64_t h = s_.hidden;
    const int first = s_.norm_after ? x : norm(name + ".input_norm", x, tokens(), h);
    int mixed =
        here().convolution ? convolution(name + ".conv", first) : attention(name + ".self_attn", first);
    if (s_.branches != Branches::sequential) {
      const int second =
          s_.branches == Branches::parallel ? first : norm(name + ".post_norm", x, tokens(), h);
      const int wide = feed_forward(name + ".mlp", second);
      const int sum = pointwise(name + ".add_1", "add", hidden_, {mixed, wide});
      return pointwise(name + ".add_2", "add", hidden_, {sum, x});
    }
    if (s_.norm_of_outputs) mixed = norm(name + ".attention_norm", mixed, tokens(), h);
    x = pointwise(name + ".add_1", "add", hidden_, {mixed, x});
    if (s_.norm_after) x = norm(name + ".input_norm", x, tokens(), h);
    int wide = feed_forward(name + ".mlp", s_.norm_after ? x : norm(name + ".post_norm", x, tokens(), h));
    if (s_.norm_of_outputs) wide = norm(name + ".mlp_norm", wide, tokens(), h);
    x = pointwise(name + ".add_2", "add", hidden_, {wide, x});
    return s_.norm_after ? norm(name + ".post_norm", x, tokens(), h) : x;
  }

  // Rotary embedding: x cos + rotate(x) sin, where eager code negates a half, joins and takes two products and a sum.
  int rotate(const std::string& name, int x, std::int64_t width) {
    if (!s_.rotary) return x;
    const std::int64_t n = elements(name, {tokens(), width});
    const int y = pointwise(name, "mulu", n, {x});
    Node& node = at(y);
    node.op = Pointwise{n, 1, 1, 3};
    node.backward = {Pointwise{n, 1, 1, 3}};
    node.composed = {Pointwise{n / 2, 1, 1, 1}, Copy{n, 1, 1, false}, Pointwise{n, 1, 1, 1},
                     Pointwise{n, 1, 1, 1}, Pointwise{n, 2, 1, 1}};
    return y;
  }

  int head_norm(const std::string& name, int x, std::int64_t heads) {
    return s_.norm_of_heads ? fused_rms_norm(name, x, elements(name, {tokens(), heads}), s_.head_dim) : x;
  }

  int join_cache(const std::string& name, int x) {
    if (before_ == 0) return x;
    const std::int64_t keys = std::min(here().window.value_or(total_), total_);
    return append(name, x, elements(name, {batch(), keys, key_width()}));
  }

  /// Every key and value once for each query head that shares it, as matmul wants them.
  int repeat(const std::string& name, int x, std::int64_t keys, bool always) {
    if (s_.kv_heads == s_.heads && !always) return x;
    const std::int64_t n = elements(name, {batch(), keys, query_width()});
    const double share = static_cast<double>(s_.kv_heads) / static_cast<double>(s_.heads);
    const int y = rearrange(name, x, n);
    at(y).op = Copy{n, share, 1, true};
    at(y).backward = {Reduction{n, std::max<std::int64_t>(1, elements(name, {batch(), keys, key_width()}))}};
    return y;
  }

  int attention(const std::string& name, int x) {
    const std::int64_t h = s_.hidden;
    Heads heads{};
    if (s_.fused_qkv) {
      const int all = product(name + ".qkv_proj", x, h, query_width() + 2 * key_width(), s_.qkv_bias);
      split(all);
      heads = {all, all, all};
    } else {
      heads.query = product(name + ".q_proj", x, h, query_width(), s_.qkv_bias);
      heads.key = product(name + ".k_proj", x, h, key_width(), s_.qkv_bias);
      heads.value = product(name + ".v_proj", x, h, key_width(), s_.qkv_bias, WeightPlace::Role::value);
    }
    heads.query =
        rotate(name + ".rotary_q", head_norm(name + ".q_norm", heads.query, s_.heads), query_width());
    heads.key = rotate(name + ".rotary_k", head_norm(name + ".k_norm", heads.key, s_.kv_heads), key_width());
    const std::int64_t keys = std::min(total_, std::max(length(), here().window.value_or(total_)));
    heads.key = repeat(name + ".repeat_k", join_cache(name + ".cache_k", heads.key), keys, s_.fused_qkv);
    heads.value = repeat(name + ".repeat_v", join_cache(name + ".cache_v", heads.value), keys, true);
    const std::int64_t rows = elements(name, {batch(), s_.heads});
    const std::int64_t scores = elements(name, {rows, length(), keys});
    if (s_.fused_qkv)
      heads.query = rearrange(name + ".query_copy", heads.query, elements(name, {tokens(), query_width()}));
    int p = matmul(name + ".scores", heads.query, heads.key, rows, length(), keys, s_.head_dim);
    p = pointwise(name + ".scale", "mulu", scores, {p});
    if (s_.softcap) p = cap(name + ".softcap", p, scores);
    p = pointwise(name + ".mask", "mask", scores, {p});
    p = softmax(name + ".softmax", p, elements(name, {rows, length()}), keys, true);
    at(p).fused = Attention{.batch = batch(),
                            .heads = s_.heads,
                            .query_length = length(),
                            .key_length = total_,
                            .head_dim = s_.head_dim,
                            .causal = true,
                            .queries_per_key = s_.heads / s_.kv_heads,
                            .window = here().window};
    int y = matmul(name + ".context", p, heads.value, rows, length(), s_.head_dim, keys);
    y = rearrange(name + ".merge_heads", y, elements(name, {tokens(), query_width()}));
    return product(name + ".o_proj", y, query_width(), h, s_.output_bias);
  }

  // B, C, x = W h; y = W' (C · conv(B · x)), a depthwise convolution over a few tokens. Source: LFM2.
  int convolution(const std::string& name, int x) {
    const std::int64_t h = s_.hidden;
    const int all = product(name + ".in_proj", x, h, 3 * h, false);
    const int gated = pointwise(name + ".gate", "mulu", hidden_, {all});
    at(gated).op = Pointwise{hidden_, 2, 1, 1};
    const int mixed = pointwise(name + ".conv", "mulu", hidden_, {gated});
    at(mixed).op = Pointwise{hidden_, 1, 1, 2.0 * static_cast<double>(s_.convolution_taps)};
    at(mixed).parameters = h * s_.convolution_taps;
    const int out = pointwise(name + ".gate_2", "mul", hidden_, {mixed, all});
    return product(name + ".out_proj", out, h, h, false);
  }

  int activate(const std::string& name, int x, std::int64_t n) {
    switch (s_.activation) {
      case Activation::relu: return pointwise(name, "relu", n, {x});
      case Activation::gelu:
      case Activation::gelu_tanh: return pointwise(name, "gelu", n, {x});
      case Activation::silu: return pointwise(name, "silu", n, {x});
      case Activation::gelu_new: {
        const int y = pointwise(name, "gelu", n, {x});
        const Op step = Pointwise{n, 1, 1, 1}, two = Pointwise{n, 2, 1, 1};
        at(y).composed = {step, Pointwise{n, 1, 1, 4}, step, two, step, Pointwise{n, 1, 1, 6}, step, two};
        return y;
      }
      case Activation::quick_gelu: {
        const int y = pointwise(name, "silu", n, {x});
        at(y).composed = {Pointwise{n, 1, 1, 1}, Pointwise{n, 1, 1, 6}, Pointwise{n, 2, 1, 1}};
        return y;
      }
    }
    return x;
  }

  int feed_forward(const std::string& name, int x) {
    if (here().sparse && s_.experts) return experts(name, x, *s_.experts);
    return dense(name, x, s_.feed_forward);
  }

  int dense(const std::string& name, int x, std::int64_t width) {
    const std::int64_t h = s_.hidden, n = elements(name, {tokens(), width});
    const bool bias = s_.feed_forward_bias;
    int y = 0;
    if (s_.gated && s_.fused_gate) {
      const int both = product(name + ".gate_up_proj", x, h, 2 * width, bias);
      y = activate(name + ".act", both, n);
      y = pointwise(name + ".mul", "mul", n, {y, both});
    } else if (s_.gated) {
      const int gate = product(name + ".gate_proj", x, h, width, bias);
      const int up = product(name + ".up_proj", x, h, width, bias);
      y = pointwise(name + ".mul", "mul", n, {activate(name + ".act", gate, n), up});
    } else {
      y = activate(name + ".act", product(name + ".fc1", x, h, width, bias), n);
    }
    return product(name + ".down_proj", y, width, h, bias, WeightPlace::Role::down);
  }

  /// One product for each expert that is visited, grouped into one kernel by engines; all experts are resident.
  int grouped(const std::string& name, int x, const Experts& e, std::int64_t in, std::int64_t out,
              WeightPlace::Role role) {
    const auto visited = static_cast<std::int64_t>(std::llround(e.visited(tokens())));
    const std::int64_t rows = (tokens() * e.per_token + visited - 1) / visited;
    Node node;
    node.name = name;
    Gemm gemm{.batch = visited, .m = rows, .n = out, .k = in, .b_transposed = true};
    node.op = gemm;
    gemm.batch = 1;
    if (visited > 1 && visited <= kMostLooped) node.composed.assign(static_cast<std::size_t>(visited), gemm);
    node.output_elements = elements(name, {visited, rows, out});
    node.parameters = elements(name, {e.count, in, out});
    return placed(add(std::move(node), {x}), role, in);
  }

  int experts(const std::string& name, int x, const Experts& e) {
    const std::int64_t h = s_.hidden, routed = elements(name, {tokens(), e.per_token});
    int route = product(name + ".router", x, h, e.count, false);
    at(route).place.reset();  // routers keep their format
    if (e.bias_of_router) at(route).parameters += e.count;
    route = softmax(name + ".router.softmax", route, tokens(), e.count);
    const int in = rearrange(name + ".gather", x, elements(name, {routed, h}));
    const std::int64_t n = elements(name, {routed, e.width});
    const int gate = grouped(name + ".experts.gate_proj", in, e, h, e.width, WeightPlace::Role::other);
    const int up = grouped(name + ".experts.up_proj", in, e, h, e.width, WeightPlace::Role::other);
    int y = pointwise(name + ".experts.mul", "mul", n, {activate(name + ".experts.act", gate, n), up});
    y = grouped(name + ".experts.down_proj", y, e, e.width, h, WeightPlace::Role::down);
    // Each token's results weighted and summed.
    y = pointwise(name + ".combine", "mul", hidden_, {y, route});
    at(y).op =
        Pointwise{hidden_, static_cast<double>(e.per_token), 1, 2.0 * static_cast<double>(e.per_token)};
    if (e.shared_width == 0) return y;
    int shared = dense(name + ".shared_expert", x, e.shared_width);
    if (e.shared_gate) {
      const int gate_of_shared = linear(name + ".shared_gate", x, tokens(), h, 1, {.bias = false});
      shared = pointwise(name + ".shared_mul", "mulu", hidden_, {shared, gate_of_shared});
    }
    return pointwise(name + ".add_shared", "add", hidden_, {y, shared});
  }

  DecoderShape s_;
  bool cached_;
  std::int64_t before_, total_, hidden_;
  std::int64_t layer_ = 0;
};

}  // namespace

double Experts::visited(std::int64_t tokens) const {
  const double share = static_cast<double>(per_token) / static_cast<double>(count);
  return static_cast<double>(count) * (1 - std::pow(1 - share, static_cast<double>(tokens)));
}

std::int64_t cache_elements(const DecoderShape& shape, std::int64_t sequences, std::int64_t tokens) {
  std::int64_t sum = 0;
  for (const DecoderLayer& layer : shape.layers) {
    if (layer.convolution) {
      sum += shape.hidden * (shape.convolution_taps - 1);
      continue;
    }
    const std::int64_t kept = in_blocks(std::min(tokens, layer.window.value_or(tokens)));
    sum += elements("key-value cache", {2, kept, shape.kv_heads, shape.head_dim});
  }
  return elements("key-value cache", {sequences, sum});
}

Graph build_decoder(const WorkloadRequest& request, const WorkloadInfo& info, const DecoderShape& shape) {
  return Decoder(request, info, shape).build();
}

Network decoder_network(std::string name, std::string description, DecoderShape shape,
                        std::vector<std::string> aliases) {
  const std::int64_t longest = shape.positions;
  const std::int64_t usual = longest > 0 ? std::min(longest, kDefaultLength) : kDefaultLength;
  Network network;
  network.info = sequence_workload(std::move(name), std::move(description), usual, Task::language_model);
  network.aliases = std::move(aliases);
  network.tasks = {Task::language_model};
  network.longest_sequence = longest;
  network.takes_context = true;
  const auto shared = std::make_shared<const DecoderShape>(std::move(shape));
  network.build = [shared](const WorkloadRequest& request, const WorkloadInfo& info) {
    return build_decoder(request, info, *shared);
  };
  return network;
}

}  // namespace roofcast
