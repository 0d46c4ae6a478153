// CaiT: heads that talk to each other, layer scale, and a class token that joins only at the end.
// Source: Touvron et al., "Going deeper with Image Transformers" (2021), as timm, cait.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::int64_t layers, hidden, heads;
};

class Cait : public TokenBuilder {
 public:
  Cait(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : TokenBuilder(request, info), s_(shape) {}

  Graph build(std::int64_t classes) {
    Tokens x =
        flatten("patch_embed.flatten",
                conv("patch_embed", image(), {.out = s_.hidden, .size = 16, .stride = 16, .bias = true}));
    x = positions("pos_embed", x);
    for (std::int64_t i = 0; i < s_.layers; ++i) {
      const std::string name = "blocks." + std::to_string(i);
      Tokens y = talking_heads(name + ".attn", norm(name + ".norm1", x));
      x = sum(name + ".add_1", x, scale_channels(name + ".gamma_1", y));
      y = mlp(name + ".mlp", norm(name + ".norm2", x), 4 * s_.hidden);
      x = sum(name + ".add_2", x, scale_channels(name + ".gamma_2", y));
    }
    Tokens token = x;
    for (int i = 0; i < 2; ++i) {
      const std::string name = "blocks_token_only." + std::to_string(i);
      const Tokens all = norm(name + ".norm1", class_token(name + ".concat", x, 1));
      if (i > 0) at(all.node - 1).parameters = 0;  // the token was learnt once
      Tokens y = token_attention(name + ".attn", all);
      y = scale_channels(name + ".gamma_1", y);
      token = i == 0 ? y : sum(name + ".add_1", token, y);
      y = mlp(name + ".mlp", norm(name + ".norm2", token), 4 * s_.hidden);
      token = sum(name + ".add_2", token, scale_channels(name + ".gamma_2", y));
    }
    return classify_tokens("head", norm("norm", token), classes);
  }

 private:
  /// Heads are mixed before and after the softmax; both mixes want them last in memory.
  Tokens talking_heads(const std::string& name, Tokens x) {
    const Tokens qkv = project(name + ".qkv", x, 3 * x.width);
    split(qkv.node);
    const std::int64_t pairs = elements(name, {x.sequences, x.length, x.length}), n = count(x);
    const std::int64_t scores = elements(name, {pairs, s_.heads}), products = x.sequences * s_.heads;
    const auto part = [&](const char* what) { return rearrange(name + what, qkv.node, n); };
    const auto mix = [&](const std::string& at, int p) {
      p = linear(at, rearrange(at + ".heads_last", p, scores), pairs, s_.heads, s_.heads);
      return rearrange(at + ".heads_first", p, scores);
    };
    const int q = pointwise(name + ".scale", "mulu", n, {part(".query_copy")});
    int p = matmul(name + ".scores", q, part(".key_copy"), products, x.length, x.length, x.width / s_.heads);
    p = mix(name + ".proj_w",
            softmax(name + ".softmax", mix(name + ".proj_l", p), products * x.length, x.length));
    Tokens y = x;
    y.node =
        matmul(name + ".context", p, part(".value_copy"), products, x.length, x.width / s_.heads, x.length);
    y.node = rearrange(name + ".merge_heads", y.node, n);
    return project(name + ".proj", y, x.width);
  }

  /// One query per image, the class token's.
  Tokens token_attention(const std::string& name, Tokens all) {
    const Tokens query = project(name + ".q", first(name + ".token", all), all.width);
    const Tokens key = project(name + ".k", all, all.width), value = project(name + ".v", all, all.width);
    return project(name + ".proj", attend(name, query, key, value, {.heads = s_.heads}), all.width);
  }

  Shape s_;
};

Network entry(const char* name, const char* description, const Shape& shape) {
  Network network = image_network(name, description, {}, 224,
                                  [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                                    return Cait(request, info, shape).build(request.classes.value_or(1000));
                                  });
  network.info.default_optimizer = Optimizer::adam;
  return network;
}

}  // namespace

std::vector<Network> cait_family() {
  return {
      entry("cait-xxs24-224", "CaiT, 24 layers of 192", {24, 192, 4}),
      entry("cait-s24-224", "CaiT, 24 layers of 384", {24, 384, 8}),
  };
}

}  // namespace roofcast
