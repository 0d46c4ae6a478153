// Vision transformers of Hugging Face, and CLIP, whose image tower is one.
// Source: Dosovitskiy et al. (2021); Radford et al. (2021); transformers 4.46, modeling_vit.py and modeling_clip.py.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/tower.h"

namespace roofcast {
namespace {

class Vision : public Tower {
 public:
  Vision(const WorkloadRequest& request, const WorkloadInfo& info, const VisionShape& shape)
      : Tower(request, info),
        v_(shape),
        name_(info.name),
        high_(request.image_size.value_or(shape.image)),
        wide_(request.image_width.value_or(high_)) {
    set_input(elements(name_, {batch(), shape.channels, high_, wide_}));
    if (high_ % v_.patch != 0 || wide_ % v_.patch != 0) {
      throw std::invalid_argument(
          fmt::format("{}: image size must be a multiple of its patch, {}", name_, v_.patch));
    }
  }

  Graph classifier(std::int64_t classes) {
    const Sequence x = norm("layernorm", layers(patches(true)), v_.tower.hidden);
    const int logits = linear("classifier", x.node, batch(), v_.tower.hidden, classes);  // of the class token
    cross_entropy("loss", logits, batch(), classes);
    return take();
  }

  Graph clip(const ClipShape& s) {
    const std::int64_t h = v_.tower.hidden;
    Sequence image = layers(norm("vision.pre_layernorm", patches(false), h));
    image = norm("vision.post_layernorm", {image.node, batch(), 1}, h);
    const int seen = linear("visual_projection", image.node, batch(), h, s.projection, {.bias = false});
    Sequence text{kModelInput, batch(), s.positions};
    text.node = embedding("text.token_embedding", tokens(text), s.text.hidden, s.vocabulary);
    text = positions("text.position_embedding", text, s.text.hidden, s.positions);
    text = norm("text.final_layer_norm", stack("text.layers", text, s.text, true), s.text.hidden);
    const int last = rearrange("text.last_token", text.node, elements(name_, {batch(), s.text.hidden}));
    const int read = linear("text_projection", last, batch(), s.text.hidden, s.projection, {.bias = false});
    const int scores = matmul("logits", read, seen, 1, batch(), batch(), s.projection);
    const int scaled = pointwise("logit_scale", "mulu", elements(name_, {batch(), batch()}), {scores});
    at(scaled).parameters = 1;
    at(scores).training_only = at(scaled).training_only = true;  // every text against every image: the loss's
    cross_entropy("loss", scaled, batch(), batch());
    return take();
  }

 private:
  Sequence patches(bool bias) {
    const std::int64_t h = v_.tower.hidden, rows = high_ / v_.patch, cols = wide_ / v_.patch;
    Node node;
    node.name = "patch_embedding";
    node.op = Conv2d{.n = batch(),
                     .c = v_.channels,
                     .h = high_,
                     .w = wide_,
                     .k = h,
                     .r = v_.patch,
                     .s = v_.patch,
                     .stride_h = v_.patch,
                     .stride_w = v_.patch};
    node.output_elements = elements(name_, {batch(), h, rows, cols});
    node.parameters = elements(name_, {h, v_.channels, v_.patch, v_.patch}) + (bias ? h : 0);
    node.needs_input_gradient = false;
    Sequence x{add(std::move(node), {}), batch(), rows * cols + 1};
    Node join;
    join.name = "class_embedding";
    join.op = Copy{count(x, h), 1, 1, true};
    join.backward = {join.op};
    join.output_elements = count(x, h);
    join.parameters = h;
    join.saves_input = false;
    x.node = add(std::move(join), {x.node});
    return positions("position_embedding", x, h, x.length);
  }

  Sequence layers(const Sequence& x) { return stack("encoder", x, v_.tower, false); }

  VisionShape v_;
  std::string name_;
  std::int64_t high_, wide_;
};

WorkloadInfo info_of(std::string name, std::string description, std::int64_t image) {
  WorkloadInfo info = image_workload(std::move(name), std::move(description));
  info.default_image_size = image;
  info.default_optimizer = Optimizer::adam;
  return info;
}

}  // namespace

Network vision_network(std::string name, std::string description, const VisionShape& shape) {
  Network network;
  network.info = info_of(std::move(name), std::move(description), shape.image);
  network.build = [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
    return Vision(request, info, shape).classifier(request.classes.value_or(shape.classes));
  };
  return network;
}

Network clip_network(std::string name, std::string description, const ClipShape& shape,
                     std::vector<std::string> aliases) {
  Network network;
  network.info = info_of(std::move(name), std::move(description), shape.vision.image);
  network.aliases = std::move(aliases);
  network.build = [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
    return Vision(request, info, shape.vision).clip(shape);
  };
  return network;
}

std::vector<Network> clip_family() {
  ClipShape base;
  base.vision = {{12, 768, 12, 3072, Activation::quick_gelu}, 224, 32};
  ClipShape large;
  large.vision = {{24, 1024, 16, 4096, Activation::quick_gelu}, 224, 14};
  large.text = {12, 768, 12, 3072, Activation::quick_gelu};
  large.projection = 768;
  std::vector<Network> list;
  list.push_back(clip_network("clip-vit-b-32", "CLIP, image and text of 77 tokens, 151 M", base,
                              {"clip", "clip-vit-base-patch32"}));
  list.push_back(clip_network("clip-vit-l-14", "CLIP, large, 428 M", large, {"clip-vit-large-patch14"}));
  return list;
}

}  // namespace roofcast
