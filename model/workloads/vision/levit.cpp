// LeViT: a convolutional stem, then attention with narrow keys and batch norms in place of layer norms.
// Source: Graham et al., "LeViT" (2021), table 1, as timm, levit.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::array<std::int64_t, 3> widths;
  std::array<std::int64_t, 3> heads;
  std::int64_t key;
  int depth;
};

class Levit : public TokenBuilder {
 public:
  Levit(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : TokenBuilder(request, info), s_(shape) {}

  Graph build(std::int64_t classes) {
    Feature f = image();
    for (int i = 0; i < 4; ++i) {
      const std::string name = "stem." + std::to_string(i);
      const Filter half{.out = s_.widths[0] >> (3 - i), .size = 3, .stride = 2, .pad = 1};
      f = conv_bn(name, f, half, i < 3 ? "hardswish" : "");
    }
    side_ = f.h;
    Tokens x = flatten("flatten", f);
    for (std::size_t stage = 0; stage < 3; ++stage) {
      const std::string at = "stages." + std::to_string(stage);
      if (stage > 0) {
        x = subsample(at + ".downsample", x, s_.widths[stage]);
        x = sum(at + ".downsample.add", x, feed(at + ".downsample.mlp", x));
      }
      for (int i = 0; i < s_.depth; ++i) {
        const std::string name = at + "." + std::to_string(i);
        x = sum(name + ".add_1", x, attention(name + ".attn", x, s_.heads[stage]));
        x = sum(name + ".add_2", x, feed(name + ".mlp", x));
      }
    }
    x = mean("mean", x);
    const auto head = [&](const std::string& name) {
      return project(name + ".linear", normed(name + ".bn", x), classes);
    };
    head("head_dist");  // trained by distillation, averaged with the other
    return finish({head("head").node, classes, 1, 1});
  }

 private:
  Tokens normed(const std::string& name, Tokens x) {
    x.node = batch_norm(name, Feature{x.node, x.width, x.length, 1}).node;
    return x;
  }
  Tokens linear_bn(const std::string& name, Tokens x, std::int64_t out) {
    return normed(name + ".bn", project(name, x, out, false));
  }
  Tokens feed(const std::string& name, Tokens x) {
    const Tokens y = activation(name + ".hardswish", linear_bn(name + ".ln1", x, 2 * x.width), "hardswish");
    return linear_bn(name + ".ln2", y, x.width);
  }
  Tokens attention(const std::string& name, Tokens x, std::int64_t heads) {
    const std::int64_t keys = s_.key * heads;
    const Tokens qkv = linear_bn(name + ".qkv", x, 4 * keys);  // values are twice as wide
    split(qkv.node);
    Tokens query = qkv, value = qkv;
    query.width = keys;
    value.width = 2 * keys;
    const Tokens y =
        attend(name, query, query, value,
               {.heads = heads, .table = x.length * heads, .written_out = true, .scales_scores = true});
    return linear_bn(name + ".proj", activation(name + ".hardswish", y, "hardswish"), x.width);
  }
  /// Attention whose queries are every other pixel of every other row.
  Tokens subsample(const std::string& name, Tokens x, std::int64_t out) {
    const std::int64_t heads = x.width / s_.key, keys = s_.key * heads;
    const Tokens both = linear_bn(name + ".kv", x, 5 * keys);  // values are four times as wide
    split(both.node);
    Tokens key = both, value = both, fewer = x;
    key.width = keys;
    value.width = 4 * keys;
    side_ = (side_ + 1) / 2;
    fewer.length = side_ * side_;
    fewer.node = rearrange(name + ".subsample", x.node, count(fewer));
    const Tokens query = linear_bn(name + ".q", fewer, keys);
    const Tokens y =
        attend(name, query, key, value,
               {.heads = heads, .table = x.length * heads, .written_out = true, .scales_scores = true});
    return linear_bn(name + ".proj", activation(name + ".hardswish", y, "hardswish"), out);
  }

  Shape s_;
  std::int64_t side_ = 0;
};

}  // namespace

std::vector<Network> levit_family() {
  const auto entry = [](const char* name, const char* description, const Shape& shape) {
    return image_network(name, description, {}, 224,
                         [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                           return Levit(request, info, shape).build(request.classes.value_or(1000));
                         });
  };
  return {
      entry("levit-192", "LeViT-192", {{192, 288, 384}, {3, 5, 6}, 32, 4}),
      entry("levit-256", "LeViT-256", {{256, 384, 512}, {4, 6, 8}, 32, 4}),
      entry("levit-384", "LeViT-384", {{384, 512, 768}, {6, 9, 12}, 32, 4}),
  };
}

}  // namespace roofcast
