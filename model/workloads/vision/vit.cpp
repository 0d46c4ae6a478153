// Vision transformers: ViT, DeiT, BEiT and the image half of CLIP.
// Source: Dosovitskiy et al. (2021); Touvron et al., "DeiT" (2021) and "DeiT III" (2022); Bao et al., "BEiT" (2022);
// Radford et al., "CLIP" (2021); timm, vision_transformer.py and beit.py, eager attention.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::int64_t patch, layers, hidden, heads;
  std::int64_t extra_tokens = 1;  // class token; DeiT's distilled ones have two and two heads
  bool layer_scale = false;       // DeiT III, BEiT
  bool patch_positions = false;   // DeiT III: the class token has none
  bool relative_positions =
      false;                    // BEiT: a table per layer in place of learnt positions; mean of the patches
  std::int64_t projection = 0;  // CLIP: norm before the layers, projection in place of a head
};

class Vit : public TokenBuilder {
 public:
  Vit(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : TokenBuilder(request, info), s_(shape) {}

  Graph build(std::int64_t classes) {
    if (image().h % s_.patch != 0 || image().w % s_.patch != 0) {
      throw std::invalid_argument(
          fmt::format("{}: image size must be a multiple of its patch, {}", network(), s_.patch));
    }
    const bool clip = s_.projection > 0;
    const Feature patches =
        conv("patch_embed", image(), {.out = s_.hidden, .size = s_.patch, .stride = s_.patch, .bias = !clip});
    side_h_ = patches.h;
    side_w_ = patches.w;
    Tokens x = flatten("patch_embed.flatten", patches);
    if (s_.patch_positions) x = positions("pos_embed", x);
    x = class_token("class_token", x, s_.extra_tokens);
    if (!s_.patch_positions && !s_.relative_positions) x = positions("pos_embed", x);
    if (clip) x = norm("norm_pre", x);
    for (std::int64_t i = 0; i < s_.layers; ++i) x = block("blocks." + std::to_string(i), x);
    if (s_.relative_positions) return classify_tokens("head", norm("fc_norm", mean("mean", x)), classes);
    x = norm("norm", x);
    if (clip)
      return finish({project("proj", first("pooled", x), s_.projection, false).node, s_.projection, 1, 1});
    const Tokens token = first("class", x);
    if (s_.extra_tokens > 1)
      project("head_dist", first("distilled", x), classes);  // averaged with the other in inference
    return classify_tokens("head", token, classes);
  }

 private:
  Tokens block(const std::string& name, Tokens x) {
    AttentionOptions options{.heads = s_.heads};
    if (s_.relative_positions) {
      options.key_bias = false;
      options.table = ((2 * side_h_ - 1) * (2 * side_w_ - 1) + 3) * s_.heads;
    }
    Tokens y = self_attention(name + ".attn", norm(name + ".norm1", x), options);
    if (s_.layer_scale) y = scale_channels(name + ".gamma_1", y);
    x = sum(name + ".add_1", x, y);
    y = mlp(name + ".mlp", norm(name + ".norm2", x), 4 * s_.hidden);
    if (s_.layer_scale) y = scale_channels(name + ".gamma_2", y);
    return sum(name + ".add_2", x, y);
  }

  Shape s_;
  std::int64_t side_h_ = 0, side_w_ = 0;
};

Network entry(const char* name, const char* description, std::vector<std::string> aliases, const Shape& shape,
              std::int64_t size = 224) {
  Network network = image_network(name, description, std::move(aliases), size,
                                  [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                                    return Vit(request, info, shape).build(request.classes.value_or(1000));
                                  });
  network.info.default_optimizer = Optimizer::adam;
  return network;
}

}  // namespace

std::vector<Network> vit_family() {
  constexpr Shape tiny{16, 12, 192, 3}, small{16, 12, 384, 6}, base{16, 12, 768, 12}, large{16, 24, 1024, 16};
  constexpr Shape small32{32, 12, 384, 6}, base32{32, 12, 768, 12}, large32{32, 24, 1024, 16};
  const auto with = [](Shape s, auto change) {
    change(s);
    return s;
  };
  const auto distilled = [](Shape& s) { s.extra_tokens = 2; };
  const auto deit3 = [](Shape& s) { s.layer_scale = s.patch_positions = true; };
  const auto beit = [](Shape& s) { s.layer_scale = s.relative_positions = true; };
  return {
      entry("vit-ti-16", "Vision transformer, tiny",
            {"vit-tiny-patch16-224", "vit-tiny", "deit-tiny-patch16-224", "deit-tiny"}, tiny),
      entry("vit-s-16", "Vision transformer, small",
            {"vit-s", "vit-small", "vit-small-patch16-224", "deit-small-patch16-224", "deit-small"}, small),
      entry("vit-s-32", "Vision transformer, small, patches of 32", {"vit-small-patch32-224"}, small32),
      entry("vit-b-16", "Vision transformer, base",
            {"vit-b", "vit-base", "vit-base-patch16-224", "deit-base-patch16-224", "deit-base"}, base),
      entry("vit-b-32", "Vision transformer, base, patches of 32", {"vit-base-patch32-224"}, base32),
      entry("vit-l-16", "Vision transformer, large", {"vit-l", "vit-large", "vit-large-patch16-224"}, large),
      entry("vit-l-32", "Vision transformer, large, patches of 32", {"vit-large-patch32-224"}, large32),
      entry("vit-b-8", "Vision transformer, base, patches of 8", {"vit-base-patch8-224"}, {8, 12, 768, 12}),
      entry("vit-l-14", "Vision transformer, large, patches of 14", {"vit-large-patch14-224"},
            {14, 24, 1024, 16}),
      entry("vit-h-14", "Vision transformer, huge, patches of 14", {"vit-huge-patch14-224"},
            {14, 32, 1280, 16}),
      entry("vit-ti-16-384", "Vision transformer, tiny, 384", {"vit-tiny-patch16-384"}, tiny, 384),
      entry("vit-s-16-384", "Vision transformer, small, 384", {"vit-small-patch16-384"}, small, 384),
      entry("vit-b-16-384", "Vision transformer, base, 384",
            {"vit-base-patch16-384", "deit-base-patch16-384"}, base, 384),
      entry("vit-b-32-384", "Vision transformer, base, patches of 32, 384", {"vit-base-patch32-384"}, base32,
            384),
      entry("vit-l-16-384", "Vision transformer, large, 384", {"vit-large-patch16-384"}, large, 384),
      entry("deit-tiny-distilled", "DeiT, tiny, distilled", {"deit-tiny-distilled-patch16-224"},
            with(tiny, distilled)),
      entry("deit-small-distilled", "DeiT, small, distilled", {"deit-small-distilled-patch16-224"},
            with(small, distilled)),
      entry("deit-base-distilled", "DeiT, base, distilled", {"deit-base-distilled-patch16-224"},
            with(base, distilled)),
      entry("deit3-small", "DeiT III, small", {"deit3-small-patch16-224"}, with(small, deit3)),
      entry("deit3-base", "DeiT III, base", {"deit3-base-patch16-224"}, with(base, deit3)),
      entry("deit3-large", "DeiT III, large", {"deit3-large-patch16-224"}, with(large, deit3)),
      entry("beit-base", "BEiT, base", {"beit-base-patch16-224"}, with(base, beit)),
      entry("beit-large", "BEiT, large", {"beit-large-patch16-224"}, with(large, beit)),
      entry("clip-vit-b-16-image", "CLIP, image half, ViT-B/16", {},
            with(base, [](Shape& s) { s.projection = 512; })),
      entry("clip-vit-b-32-image", "CLIP, image half, ViT-B/32", {},
            with(base32, [](Shape& s) { s.projection = 512; })),
      entry("clip-vit-l-14-image", "CLIP, image half, ViT-L/14", {},
            {.patch = 14, .layers = 24, .hidden = 1024, .heads = 16, .projection = 768}),
  };
}

}  // namespace roofcast
