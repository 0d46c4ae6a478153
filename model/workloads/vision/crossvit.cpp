// CrossViT: two transformers on patches of two sizes, whose class tokens attend to each other's patches.
// Source: Chen et al., "CrossViT" (2021), 3.3 and table 1, as timm, crossvit.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

struct Branch {
  std::int64_t patch, pixels, hidden, layers;  // layers of each of the three stages
};
struct Shape {
  std::array<Branch, 2> branches;
  std::int64_t heads, ratio;
};

class CrossVit : public TokenBuilder {
 public:
  CrossVit(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : TokenBuilder(request, info), s_(shape) {}

  Graph build(std::int64_t classes) {
    std::array<Tokens, 2> x{embed(0), embed(1)};
    for (int stage = 0; stage < 3; ++stage) {
      const std::string at = "blocks." + std::to_string(stage);
      for (std::size_t i = 0; i < 2; ++i) {
        for (std::int64_t k = 0; k < s_.branches[i].layers; ++k)
          x[i] = block(at + ".blocks." + std::to_string(i) + "." + std::to_string(k), x[i]);
      }
      x = {fuse(at + ".fusion.0", x[0], x[1]), fuse(at + ".fusion.1", x[1], x[0])};
    }
    Tokens logits;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string number = std::to_string(i);
      const Tokens head =
          project("head." + number, first("class." + number, norm("norm." + number, x[i])), classes);
      logits = i == 0 ? head : sum("head.mean", logits, head);
    }
    return finish({logits.node, classes, 1, 1});
  }

 private:
  Tokens embed(std::size_t i) {
    const Branch& branch = s_.branches[i];
    const std::string name = "patch_embed." + std::to_string(i);
    Feature seen = image();
    if (seen.h != branch.pixels) {  // a bicubic copy of another size
      const double part = static_cast<double>(count(image()));
      seen.h = seen.w = seen.h * branch.pixels / s_.branches[0].pixels;
      Node node;
      node.name = name + ".resize";
      node.op = Copy{count(seen), part / static_cast<double>(count(seen)), 1, false};
      node.output_elements = count(seen);
      node.saves_input = node.needs_input_gradient = false;
      seen.node = add(std::move(node), {});
    }
    const Feature patches =
        conv(name, seen, {.out = branch.hidden, .size = branch.patch, .stride = branch.patch, .bias = true});
    at(patches.node).needs_input_gradient = true;
    return positions(name + ".pos_embed",
                     class_token(name + ".cls_token", flatten(name + ".flatten", patches)));
  }

  Tokens block(const std::string& name, Tokens x) {
    x = sum(name + ".add_1", x,
            self_attention(name + ".attn", norm(name + ".norm1", x), {.heads = s_.heads}));
    return sum(name + ".add_2", x, mlp(name + ".mlp", norm(name + ".norm2", x), s_.ratio * x.width));
  }

  /// The class token of `own`, at the other's width, attends to the other's patches and comes back.
  Tokens fuse(const std::string& name, Tokens own, const Tokens& other) {
    const auto change = [&](const std::string& at, Tokens token, std::int64_t out) {
      return project(at, activation(at + ".gelu", norm(at + ".norm", token), "gelu"), out);
    };
    Tokens token = change(name + ".proj", first(name + ".class", own), other.width);
    Tokens all = other;
    all.node = joined(name + ".concat", token, other);
    const Tokens normal = norm(name + ".norm1", all);
    const Tokens q = project(name + ".wq", first(name + ".query", normal), other.width);
    const Tokens k = project(name + ".wk", normal, other.width),
                 v = project(name + ".wv", normal, other.width);
    const Tokens y =
        project(name + ".attn.proj", attend(name + ".attn", q, k, v, {.heads = s_.heads}), other.width);
    token = change(name + ".revert", sum(name + ".add", token, y), own.width);
    Tokens out = own;
    out.node = joined(name + ".concat_back", token, own);
    return out;
  }

  /// `token` in place of the first of `rest`, in new memory.
  int joined(const std::string& name, const Tokens& token, const Tokens& rest) {
    Node node;
    node.name = name;
    node.op = Copy{count(rest), 1, 1, false};
    node.backward = {node.op};
    node.output_elements = count(rest);
    node.saves_input = false;
    return add(std::move(node), {token.node, rest.node});
  }

  Shape s_;
};

Network entry(const char* name, const char* description, const Shape& shape) {
  Network network = image_network(
      name, description, {}, 240, [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
        return CrossVit(request, info, shape).build(request.classes.value_or(1000));
      });
  network.info.default_optimizer = Optimizer::adam;
  return network;
}

}  // namespace

std::vector<Network> crossvit_family() {
  return {
      entry("crossvit-small-240", "CrossViT, small", {{{{12, 240, 192, 1}, {16, 224, 384, 4}}}, 6, 4}),
      entry("crossvit-base-240", "CrossViT, base", {{{{12, 240, 384, 1}, {16, 224, 768, 4}}}, 12, 4}),
  };
}

}  // namespace roofcast
