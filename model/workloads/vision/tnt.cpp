// Transformer in transformer: every patch is a sequence of sixteen pixels' tokens.
// Source: Han et al., "Transformer in Transformer" (2021), table 1, as timm, tnt.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::int64_t inner, inner_heads, outer, outer_heads;
};

Graph build_tnt(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& s) {
  TokenBuilder b(request, info);
  constexpr std::int64_t pixels = 16;
  const Feature fine =
      b.conv("pixel_embed", b.image(), {.out = s.inner, .size = 7, .stride = 4, .pad = 3, .bias = true});
  const std::int64_t patches = (fine.h / 4) * (fine.w / 4);
  const Tokens flat = b.flatten("pixel_embed.unfold", fine);
  Tokens pixel = b.regroup("pixel_embed.transpose", flat, elements(info.name, {b.batch(), patches}), pixels);
  pixel = b.positions("pixel_pos", pixel);
  /// The tokens of a patch, normed one by one or together, as one token of the outer transformer.
  const auto outward = [&](const std::string& name, Tokens x, bool together) {
    const Tokens one{x.node, b.batch(), patches, pixels * x.width};
    x = together ? b.norm(name + ".norm1_proj", one) : b.norm(name + ".norm1_proj", x);
    return b.project(name + ".proj", {x.node, one.sequences, one.length, one.width}, s.outer);
  };
  Tokens patch = b.norm("norm2_proj", outward("embed", pixel, true));
  patch = b.positions("patch_pos", b.class_token("cls_token", patch));
  for (int i = 0; i < 12; ++i) {
    const std::string name = "blocks." + std::to_string(i);
    Tokens y =
        b.self_attention(name + ".attn_in", b.norm(name + ".norm_in", pixel),
                         {.heads = s.inner_heads, .bias = false, .written_out = true, .scales_scores = true});
    pixel = b.sum(name + ".add_in_1", pixel, y);
    pixel = b.sum(name + ".add_in_2", pixel,
                  b.mlp(name + ".mlp_in", b.norm(name + ".norm_mlp_in", pixel), 4 * s.inner));
    const Tokens fed = outward(name, pixel, false);
    Tokens sum = patch;  // the class token passes by
    sum.node = b.pointwise(name + ".add_pixels", "add", b.count(fed), {patch.node, fed.node});
    Node join;
    join.name = name + ".concat";
    join.op = Copy{b.count(patch), 1, 1, false};
    join.backward = {Copy{b.count(fed), 1, 1, false}};
    join.output_elements = b.count(patch);
    join.saves_input = false;
    patch.node = b.add(std::move(join), {sum.node});
    y = b.self_attention(name + ".attn_out", b.norm(name + ".norm_out", patch),
                         {.heads = s.outer_heads, .bias = false, .written_out = true, .scales_scores = true});
    patch = b.sum(name + ".add_out_1", patch, y);
    patch = b.sum(name + ".add_out_2", patch,
                  b.mlp(name + ".mlp", b.norm(name + ".norm_mlp", patch), 4 * s.outer));
  }
  return b.classify_tokens("head", b.first("class", b.norm("norm", patch)), request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> tnt_family() {
  const auto entry = [](const char* name, const char* description, const Shape& shape) {
    Network network = image_network(name, description, {}, 224,
                                    [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                                      return build_tnt(request, info, shape);
                                    });
    network.info.default_optimizer = Optimizer::adam;
    return network;
  };
  return {
      entry("tnt-s-patch16-224", "Transformer in transformer, small", {24, 4, 384, 6}),
      entry("tnt-b-patch16-224", "Transformer in transformer, base", {40, 4, 640, 10}),
  };
}

}  // namespace roofcast
