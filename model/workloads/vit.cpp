// Vision transformers.
// Source: Dosovitskiy et al. (2021); timm, vision_transformer.py, eager attention.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

class Vit : public ImageBuilder {
 public:
  Vit(const WorkloadRequest& request, const WorkloadInfo& info, std::int64_t patch, std::int64_t layers,
      std::int64_t hidden)
      : ImageBuilder(info.name, info.description, request, *info.default_image_size),
        name_(info.name),
        patch_(patch),
        layers_(layers),
        h_(hidden) {}

  Graph build(std::int64_t classes) {
    if (image().h % patch_ != 0) {
      throw std::invalid_argument(
          fmt::format("{}: image size must be a multiple of its patch, {}", name_, patch_));
    }
    const Feature patches =
        conv("patch_embed", image(), {.out = h_, .size = patch_, .stride = patch_, .bias = true});
    length_ = patches.h * patches.w + 1;
    tokens_ = elements(name_, {batch(), length_});
    hidden_ = elements(name_, {tokens_, h_});
    int x = rearrange("patch_embed.flatten", patches.node, count(patches));
    Node join;
    join.name = "class_token";
    join.op = Copy{hidden_, 1, 1, false};
    join.backward = {Copy{count(patches), 1, 1, false}, Reduction{elements(name_, {batch(), h_}), h_}};
    join.output_elements = hidden_;
    join.parameters = h_;
    join.saves_input = false;
    x = add(std::move(join), {x});
    x = pointwise("pos_embed", "addu", hidden_, {x});
    learn_positions(x);
    for (std::int64_t i = 0; i < layers_; ++i) x = block("blocks." + std::to_string(i), x);
    x = layer_norm("norm", x, tokens_, h_);
    return finish({linear("head", x, batch(), h_, classes), classes, 1, 1});  // of the class token
  }

 private:
  void learn_positions(int node) {
    Node& n = at(node);
    n.parameters = length_ * h_;
    n.backward = {Reduction{hidden_, n.parameters}};
  }

  int block(const std::string& name, int x) {
    const std::int64_t heads = h_ / 64;
    const std::int64_t rows = elements(name, {batch(), heads, length_});
    int y = linear(name + ".attn.qkv", layer_norm(name + ".norm1", x, tokens_, h_), tokens_, h_, 3 * h_);
    split(y);
    const int query =
        pointwise(name + ".attn.scale", "mulu", hidden_, {rearrange(name + ".attn.query_copy", y, hidden_)});
    int p = matmul(name + ".attn.scores", query, rearrange(name + ".attn.key_copy", y, hidden_),
                   batch() * heads, length_, length_, 64);
    p = softmax(name + ".attn.softmax", p, rows, length_);
    y = matmul(name + ".attn.context", p, rearrange(name + ".attn.value_copy", y, hidden_), batch() * heads,
               length_, 64, length_);
    y = rearrange(name + ".attn.merge_heads", y, hidden_);
    x = pointwise(name + ".add_1", "add", hidden_, {x, linear(name + ".attn.proj", y, tokens_, h_, h_)});
    y = linear(name + ".mlp.fc1", layer_norm(name + ".norm2", x, tokens_, h_), tokens_, h_, 4 * h_);
    y = pointwise(name + ".mlp.gelu", "gelu", elements(name, {tokens_, 4 * h_}), {y});
    return pointwise(name + ".add_2", "add", hidden_, {x, linear(name + ".mlp.fc2", y, tokens_, 4 * h_, h_)});
  }

  std::string name_;
  std::int64_t patch_, layers_, h_;
  std::int64_t length_ = 0, tokens_ = 0, hidden_ = 0;
};

template <int Patch, int Layers, int Hidden>
Graph build_vit(const WorkloadRequest& request, const WorkloadInfo& info) {
  return Vit(request, info, Patch, Layers, Hidden).build(request.classes.value_or(1000));
}

Network entry(const char* name, const char* description, std::vector<std::string> aliases,
              Graph (*build)(const WorkloadRequest&, const WorkloadInfo&)) {
  WorkloadInfo info = image_workload(name, description);
  info.default_optimizer = Optimizer::adam;
  return {std::move(info), std::move(aliases), false, {}, 0, build};
}

}  // namespace

std::vector<Network> vit_family() {
  return {
      entry("vit-ti-16", "Vision transformer, tiny", {"vit-tiny-patch16-224", "vit-tiny"},
            build_vit<16, 12, 192>),
      entry("vit-s-16", "Vision transformer, small",
            {"vit-s", "vit-small-patch16-224", "deit-small-patch16-224"}, build_vit<16, 12, 384>),
      entry("vit-b-16", "Vision transformer, base",
            {"vit-b", "vit-base-patch16-224", "deit3-base-patch16-224"}, build_vit<16, 12, 768>),
      entry("vit-b-32", "Vision transformer, base, patches of 32", {"vit-base-patch32-224"},
            build_vit<32, 12, 768>),
      entry("vit-l-16", "Vision transformer, large", {"vit-l", "vit-large-patch16-224"},
            build_vit<16, 24, 1024>),
  };
}

}  // namespace roofcast
