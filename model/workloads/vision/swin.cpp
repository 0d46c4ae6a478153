// Swin transformers: attention in windows that are shifted every other block.
// Source: Liu et al., "Swin Transformer" (2021), 3.1-3.3; "Swin Transformer V2" (2022), 3.2-3.3; timm,
// swin_transformer.py and swin_transformer_v2.py: the roll, the window's partition and reverse are copies.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::array<int, 4> blocks;
  std::int64_t width, heads;  // of the first stage; both double with each
  std::int64_t window;
  bool v2 = false;  // norms after, cosine attention, positions from a small network
  bool torchvision =
      false;  // its code: images are padded by a copy even where nothing is missing, and queries, keys
              // and values are indexed, so each has a gradient of all three
};

class Swin : public TokenBuilder {
 public:
  Swin(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : TokenBuilder(request, info), s_(shape) {}

  Graph build(std::int64_t classes) {
    Feature patches = conv("patch_embed", image(), {.out = s_.width, .size = 4, .stride = 4, .bias = true});
    h_ = patches.h;
    w_ = patches.w;
    Tokens x = norm("patch_embed.norm", flatten("patch_embed.flatten", patches));
    for (std::size_t stage = 0; stage < s_.blocks.size(); ++stage) {
      const std::string at = "layers." + std::to_string(stage);
      if (stage > 0) x = merge(at + ".downsample", x);
      for (int block = 0; block < s_.blocks[stage]; ++block)
        x = this->block(at + "." + std::to_string(block), x, s_.heads << stage, block % 2 == 1);
    }
    return classify_tokens("head", mean("avgpool", norm("norm", x)), classes);
  }

 private:
  /// Four neighbours side by side, then half of their width. V2 norms what comes out.
  Tokens merge(const std::string& name, Tokens x) {
    const std::int64_t width = x.width;
    h_ = (h_ + 1) / 2;
    w_ = (w_ + 1) / 2;
    x.length = h_ * w_;
    x.width *= 4;
    x.node = rearrange(name + ".gather", x.node, count(x));
    if (s_.v2) return norm(name + ".norm", project(name + ".reduction", x, 2 * width, false));
    return project(name + ".reduction", norm(name + ".norm", x), 2 * width, false);
  }

  Tokens block(const std::string& name, Tokens x, std::int64_t heads, bool shifted) {
    const auto residual = [&](const std::string& add, Tokens y) {
      return sum(name + add, x, drop_path(name + add + ".drop_path", y));
    };
    if (s_.v2) {
      x = residual(".add_1", norm(name + ".norm1", windows(name, x, heads, shifted)));
      return residual(".add_2", norm(name + ".norm2", mlp(name + ".mlp", x, 4 * x.width)));
    }
    x = residual(".add_1", windows(name, norm(name + ".norm1", x), heads, shifted));
    return residual(".add_2", mlp(name + ".mlp", norm(name + ".norm2", x), 4 * x.width));
  }

  /// Stochastic depth (Huang et al. 2016): every image's branch is kept or zeroed, by a product.
  Tokens drop_path(const std::string& name, Tokens x) {
    if (!training()) return x;
    const Pointwise pass{count(x), 1, 1, 1};
    Node node;
    node.name = name;
    node.op = pass;
    node.backward = {pass};
    node.output_elements = count(x);
    node.saves_input = false;
    node.fusable = node.training_only = true;
    x.node = add(std::move(node), {x.node});
    return x;
  }

  /// Roll, partition, attend, reverse, roll back. A window as large as the image is neither shifted nor masked.
  Tokens windows(const std::string& name, Tokens x, std::int64_t heads, bool shifted) {
    const std::int64_t side = std::min({s_.window, h_, w_});
    const std::int64_t rows = (h_ + side - 1) / side, columns = (w_ + side - 1) / side;
    const Tokens before = x;
    if (s_.torchvision || rows * side != h_ || columns * side != w_)
      x = resized(name + ".pad", x, rows * side * columns * side);
    const bool rolls = shifted && side < std::max(h_, w_);
    if (rolls) x.node = copied(name + ".roll", x);
    Tokens y = regroup(name + ".partition", x, elements(name, {batch(), rows, columns}), side * side);
    AttentionOptions options{.heads = heads, .mask = rolls};
    if (s_.v2) {
      y = cosine_attention(name + ".attn", y, options, side);
    } else {
      options.table = (2 * side - 1) * (2 * side - 1) * heads;
      options.written_out = true;
      y = self_attention(name + ".attn", y, options);
    }
    y = regroup(name + ".reverse", y, batch(), x.length);
    if (rolls) y.node = copied(name + ".roll_back", y);
    if (y.length != before.length) y = resized(name + ".crop", y, before.length);
    return y;
  }

  int copied(const std::string& name, const Tokens& x) {
    Node node;
    node.name = name;
    const Copy copy{count(x), 1, 1, false};
    node.op = copy;
    node.backward = {copy};
    node.output_elements = count(x);
    node.saves_input = false;
    return add(std::move(node), {x.node});
  }

  Tokens resized(const std::string& name, Tokens x, std::int64_t length) {
    const std::int64_t from = count(x);
    x.length = length;
    Node node;
    node.name = name;
    const double part = std::min(1.0, static_cast<double>(from) / static_cast<double>(count(x)));
    node.op = Copy{count(x), part, 1, false};
    node.backward = {Copy{from, 1, 1, false}};
    node.output_elements = count(x);
    node.saves_input = false;
    x.node = add(std::move(node), {x.node});
    return x;
  }

  /// Queries and keys of length one, scaled per head; the bias of a pair comes from a network on its distance.
  Tokens cosine_attention(const std::string& name, Tokens x, const AttentionOptions& o, std::int64_t side) {
    const std::int64_t width = x.width, pairs = (2 * side - 1) * (2 * side - 1);
    Tokens qkv = project(name + ".qkv", x, 3 * width, true);
    at(qkv.node).parameters -= width;  // keys have no bias
    split(qkv.node);
    const std::int64_t n = count(x);
    const auto unit = [&](const char* what) {
      Node length;  // the norm of every row, and x divided by it
      length.name = name + what + ".norm";
      length.op = Reduction{n, n / (width / o.heads)};
      length.output_elements = n / (width / o.heads);
      length.backward = {Pointwise{n, 1, 1, 4}, Pointwise{n, 1, 1, 1}};  // times x; zero where it was
      length.fp32_under_amp = true;
      const int norms = add(std::move(length), {qkv.node});
      const int y = pointwise(name + what + ".unit", "mulu", n, {qkv.node, norms});
      at(y).saves_input = true;
      // d(x / |x|): a quotient; minus the gradient times x / |x|² in four steps and a sum; both gradients of x added.
      const Pointwise pass{n, 1, 1, 1}, two{n, 2, 1, 1};
      at(y).backward = {pass, pass, pass, pass, two, Reduction{n, n / (width / o.heads)}, two};
      index(y, n);
      return rearrange(name + what + ".copy", y, n);
    };
    const std::int64_t products = elements(name, {x.sequences, o.heads});
    const std::int64_t scores = elements(name, {products, x.length, x.length});
    const int q = unit(".query"), k = unit(".key");
    int p = matmul(name + ".scores", q, k, products, x.length, x.length, width / o.heads);
    p = pointwise(name + ".logit_scale", "mulu", scores, {p});
    at(p).parameters = o.heads;
    at(p).saves_input = true;
    at(p).backward = {Pointwise{scores, 1, 1, 1}, Pointwise{scores, 2, 1, 1}, Reduction{scores, o.heads}};
    const int hidden = pointwise(name + ".cpb_mlp.relu", "relu", pairs * 512,
                                 {linear(name + ".cpb_mlp.0", kModelInput, pairs, 2, 512)});
    const int bias = linear(name + ".cpb_mlp.2", hidden, pairs, 512, o.heads, Linear{.bias = false});
    p = add_broadcast(name + ".position_bias", p, scores, bias, o.heads * x.length * x.length);
    at(p).fusable = false;  // written out: no fused attention takes its place
    if (o.mask) p = pointwise(name + ".mask", "addu", scores, {p});
    p = softmax(name + ".softmax", p, products * x.length, x.length);
    Tokens y = x;
    const int value = rearrange(name + ".value_copy", qkv.node, n);
    index(value, n);
    y.node = matmul(name + ".context", p, value, products, x.length, width / o.heads, x.length);
    y.node = rearrange(name + ".merge_heads", y.node, n);
    return project(name + ".proj", y, width);
  }

  /// The backward of indexing: the gradient of all three is zeroed, its part written, and the three are added.
  void index(int node, std::int64_t n) {
    if (!s_.torchvision) return;
    at(node).backward.emplace_back(Copy{3 * n, 1.0 / 3, 4.0 / 3, false});
    at(node).backward.emplace_back(Pointwise{n, 2, 1, 1});
  }

  Shape s_;
  std::int64_t h_ = 0, w_ = 0;
};

Network entry(const char* name, const char* description, std::vector<std::string> aliases, std::int64_t size,
              const Shape& shape) {
  Network network = image_network(name, description, std::move(aliases), size,
                                  [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                                    return Swin(request, info, shape).build(request.classes.value_or(1000));
                                  });
  network.info.default_optimizer = Optimizer::adam;
  return network;
}

}  // namespace

std::vector<Network> swin_family() {
  constexpr std::array<int, 4> shallow{2, 2, 6, 2}, deep{2, 2, 18, 2};
  return {
      entry("swin-tiny", "Swin, tiny", {"swin-t", "swin-tiny-patch4-window7-224"}, 224, {shallow, 96, 3, 7}),
      entry("swin-small", "Swin, small", {"swin-s", "swin-small-patch4-window7-224"}, 224, {deep, 96, 3, 7}),
      entry("swin-base", "Swin, base", {"swin-b", "swin-base-patch4-window7-224"}, 224, {deep, 128, 4, 7}),
      entry("swin-large", "Swin, large", {"swin-l", "swin-large-patch4-window7-224"}, 224, {deep, 192, 6, 7}),
      entry("swin-base-384", "Swin, base, windows of 12", {"swin-base-patch4-window12-384"}, 384,
            {deep, 128, 4, 12}),
      entry("swinv2-tiny", "Swin v2, tiny", {"swinv2-tiny-window8-256"}, 256, {shallow, 96, 3, 8, true}),
      entry("swinv2-small", "Swin v2, small", {"swinv2-small-window8-256"}, 256, {deep, 96, 3, 8, true}),
      entry("swinv2-base", "Swin v2, base", {"swinv2-base-window8-256"}, 256, {deep, 128, 4, 8, true}),
      entry("swin-v2-t", "Swin v2, tiny, of torchvision", {}, 256, {shallow, 96, 3, 8, true, true}),
      entry("swin-v2-s", "Swin v2, small, of torchvision", {}, 256, {deep, 96, 3, 8, true, true}),
      entry("swin-v2-b", "Swin v2, base, of torchvision", {}, 256, {deep, 128, 4, 8, true, true}),
  };
}

}  // namespace roofcast
