// CoAtNet and MaxViT: inverted residuals, then attention over all pixels or over windows and grids of them.
// Source: Dai et al., "CoAtNet" (2021); Tu et al., "MaxViT" (2022); timm, maxxvit.py, whose "rw" networks take the width
// of a block from its input, have no biases on its way out and squeeze less.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <stdexcept>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

constexpr std::int64_t kHead = 32;   // values of a head
constexpr std::int64_t kParts = 32;  // of an image's side that a window is one of

struct Shape {
  std::array<std::int64_t, 4> widths;
  std::array<int, 4> blocks;
  std::array<std::int64_t, 2> stem;
  bool windows = true;  // MaxViT in every stage; CoAtNet: two stages of convolutions, two of attention
  bool tf = false;      // Google's weights: "same" padding, biases, GELU, a hidden layer in the head
};

class MaxVit : public TokenBuilder {
 public:
  MaxVit(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : TokenBuilder(request, info), s_(shape), function_(shape.tf ? "gelu" : "silu") {
    if (s_.windows) keep_channels_last();  // its permutes leave tensors so
    if (image().h % kParts != 0 || image().w % kParts != 0)
      throw std::invalid_argument(info.name + ": images are of a multiple of 32 pixels");
  }

  Graph build(std::int64_t classes) {
    Feature x = filter("stem.conv1", image(), s_.stem[0], 3, 2, 1, s_.tf);
    x = filter("stem.conv2", act("stem.norm1", x), s_.stem[1], 3, 1, 1, s_.tf);
    for (std::size_t stage = 0; stage < s_.widths.size(); ++stage) {
      for (int i = 0; i < s_.blocks[stage]; ++i) {
        const std::string at = "stages." + std::to_string(stage) + "." + std::to_string(i);
        const bool shrinks = i == 0;
        if (s_.windows) {
          x = partitioned(at, inverted(at + ".conv", x, s_.widths[stage], shrinks));
        } else {
          x = stage < 2 ? inverted(at, x, s_.widths[stage], shrinks)
                        : global(at, x, s_.widths[stage], shrinks);
        }
      }
    }
    if (!s_.tf) return classify("head.fc", global_average("head.pool", norm("norm", x)), classes);
    x = norm("head.norm", global_average("head.pool", x));
    x = activation("head.tanh", dense("head.pre_logits", x, x.c), "tanh", false);
    return classify("head.fc", x, classes);
  }

 private:
  using TokenBuilder::norm;

  Feature filter(const std::string& name, Feature x, std::int64_t out, std::int64_t size, std::int64_t stride,
                 std::int64_t groups, bool bias) {
    const bool same = s_.tf && stride > 1;
    if (same) x = pad_same(name + ".pad", x, size, stride);
    return conv(name, x,
                {.out = out,
                 .size = size,
                 .stride = stride,
                 .pad = same ? 0 : size / 2,
                 .groups = groups,
                 .bias = bias});
  }

  Feature act(const std::string& name, Feature x) {
    return activation(name + "." + std::string(function_), batch_norm(name, x), function_, !s_.tf);
  }

  /// Half the side, and the width where it changes.
  Feature downsample(const std::string& name, Feature x, std::int64_t width, bool bias) {
    x = average_pool(name + ".pool", x, 2, 2);
    return x.c == width ? x : conv(name + ".expand", x, {.out = width, .bias = bias});
  }

  /// CoAtNet halves the image before the block and squeezes before the norm, MaxViT in its depthwise filter and after.
  Feature inverted(const std::string& name, Feature x, std::int64_t width, bool shrinks) {
    const std::int64_t inner = 4 * (s_.tf ? width : x.c);
    const std::int64_t squeezed = s_.tf ? width / 4 : s_.windows ? inner / 16 : inner / 4;
    const auto squeeze = [&](Feature y) {
      return squeeze_excite(name + ".se", y, squeezed, s_.windows ? "silu" : "relu", "sigmoid");
    };
    const Feature shortcut = shrinks ? downsample(name + ".shortcut", x, width, s_.tf) : x;
    Feature y = s_.windows ? batch_norm(name + ".pre_norm", x) : act(name + ".pre_norm", x);
    if (!s_.windows && shrinks) y = average_pool(name + ".down", y, 2, 2);
    y = act(name + ".norm1", conv(name + ".conv1_1x1", y, {.out = inner}));
    y = filter(name + ".conv2_kxk", y, inner, 3, s_.windows && shrinks ? 2 : 1, inner, false);
    y = s_.windows ? squeeze(act(name + ".norm2", y)) : act(name + ".norm2", squeeze(y));
    y = conv(name + ".conv3_1x1", y, {.out = width, .bias = s_.tf});
    y.node = pointwise(name + ".add", "add", count(y), {y.node, shortcut.node});
    return y;
  }

  Feature norm(const std::string& name, Feature x) {
    x.node = layer_norm(name, x.node, count(x) / x.c, x.c);
    return x;
  }

  /// A learnt number per head and distance of two of h × w places.
  AttentionOptions positions(std::int64_t width, std::int64_t h, std::int64_t w) const {
    AttentionOptions options{.heads = width / kHead};
    options.table = options.heads * (2 * h - 1) * (2 * w - 1);
    options.written_out = true;
    return options;
  }

  /// Google's lookup: products with matrices of ones and zeros, rows of distances first, then columns.
  int gather(const std::string& name, std::int64_t heads, std::int64_t h, std::int64_t w) {
    const int rows =
        matmul(name + ".rows", kModelInput, kModelInput, 1, h * h, heads * (2 * w - 1), 2 * h - 1);
    return matmul(name + ".columns", rows, kModelInput, 1, heads * h * h, w * w, 2 * w - 1);
  }

  Feature feed_forward(const std::string& name, Feature x, Tokens y) {
    y = mlp(name + ".mlp", norm(name + ".norm2", y), 4 * y.width);
    x.node = pointwise(name + ".add_2", "add", count(x), {x.node, y.node});
    return x;
  }

  /// CoAtNet: every pixel attends to every other. The layer norm copies pixels side by side.
  Feature global(const std::string& name, Feature x, std::int64_t width, bool shrinks) {
    Tokens y = norm(name + ".norm1", flatten(name + ".norm1.copy", x));
    if (shrinks) {
      x = downsample(name + ".shortcut", x, width, false);
      const Feature half =
          average_pool(name + ".norm1.down", unflatten("", y, 2 * x.h, 2 * x.w, false), 2, 2);
      y = {half.node, batch(), x.h * x.w, y.width};
    }
    const Tokens qkv = project(name + ".attn.qkv", y, 3 * y.width);
    split(qkv.node);
    y = attend(name + ".attn", y, y, y, positions(y.width, x.h, x.w), qkv.node);
    y = project(name + ".attn.proj", y, width);
    x.node = pointwise(name + ".add_1", "add", count(x), {x.node, y.node});
    return feed_forward(name, x, flatten(name + ".norm2.copy", x));
  }

  /// MaxViT: within windows, then between the pixels of a grid that lie as far apart as windows are wide.
  Feature partitioned(const std::string& name, Feature x) {
    const std::int64_t h = image().h / kParts, w = image().w / kParts;
    for (const char* kind : {".attn_block", ".attn_grid"}) {
      const std::string at = name + kind;
      Tokens y = norm(at + ".norm1", Tokens{x.node, batch(), x.h * x.w, x.c});
      y = regroup(at + ".partition", y, elements(at, {batch(), x.h / h, x.w / w}), h * w);
      AttentionOptions options = positions(x.c, h, w);
      if (s_.tf) options.gathered = gather(at + ".attn.rel_pos", options.heads, h, w);
      y = self_attention(at + ".attn", y, options);
      y = regroup(at + ".reverse", y, batch(), x.h * x.w);
      x.node = pointwise(at + ".add_1", "add", count(x), {x.node, y.node});
      x = feed_forward(at, x, {x.node, batch(), x.h * x.w, x.c});
    }
    return x;
  }

  Tokens attend(const std::string& name, Tokens q, Tokens k, Tokens v, const AttentionOptions& options,
                int packed) {
    q.node = k.node = v.node = packed;
    return TokenBuilder::attend(name, q, k, v, options);
  }

  Shape s_;
  std::string_view function_;
};

Network entry(const char* name, const char* description, std::vector<std::string> aliases,
              const Shape& shape) {
  Network network = image_network(name, description, std::move(aliases), 224,
                                  [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                                    return MaxVit(request, info, shape).build(request.classes.value_or(1000));
                                  });
  network.info.default_optimizer = Optimizer::adam;
  return network;
}

}  // namespace

std::vector<Network> maxvit_family() {
  constexpr std::array<std::int64_t, 4> tiny{64, 128, 256, 512}, base{96, 192, 384, 768},
      large{128, 256, 512, 1024};
  constexpr std::array<int, 4> few{2, 2, 5, 2}, many{2, 6, 14, 2};
  return {
      entry("coatnet-0", "CoAtNet 0 of timm", {"coatnet-0-rw", "coatnet-0-rw-224"},
            {base, {2, 3, 7, 2}, {32, 64}, false}),
      entry("maxvit-tiny", "MaxViT, tiny", {"maxvit-t", "maxvit-tiny-tf", "maxvit-tiny-tf-224"},
            {tiny, few, {64, 64}, true, true}),
      entry("maxvit-small", "MaxViT, small", {"maxvit-small-tf", "maxvit-small-tf-224"},
            {base, few, {64, 64}, true, true}),
      entry("maxvit-base", "MaxViT, base", {"maxvit-base-tf", "maxvit-base-tf-224"},
            {base, many, {64, 64}, true, true}),
      entry("maxvit-large", "MaxViT, large", {"maxvit-large-tf", "maxvit-large-tf-224"},
            {large, many, {128, 128}, true, true}),
      entry("maxvit-tiny-rw", "MaxViT, tiny, of timm", {"maxvit-tiny-rw-224"}, {tiny, few, {32, 64}}),
  };
}

}  // namespace roofcast
