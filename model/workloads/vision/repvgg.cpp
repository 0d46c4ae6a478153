// RepVGG while it is trained: a 3×3, a 1×1 and a norm side by side in every layer.
// Source: Ding et al., "RepVGG" (2021), table 2, as timm, byobnet.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::array<int, 4> layers;
  std::array<std::int64_t, 4> widths;
};

Graph build_repvgg(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape) {
  ImageBuilder b(request, info);
  const auto layer = [&](const std::string& name, Feature x, std::int64_t out, std::int64_t stride) {
    Feature y = b.conv_bn(name + ".conv_1x1", x, {.out = out, .stride = stride}, "");
    const Feature wide =
        b.conv_bn(name + ".conv_kxk", x, {.out = out, .size = 3, .stride = stride, .pad = 1}, "");
    y.node = b.pointwise(name + ".add", "add", b.count(y), {y.node, wide.node});
    if (stride == 1 && x.c == out) y = b.add(name + ".add_identity", y, b.batch_norm(name + ".identity", x));
    return b.relu(name + ".relu", y);
  };
  Feature x = layer("stem", b.image(), 64, 2);
  for (std::size_t stage = 0; stage < shape.layers.size(); ++stage) {
    for (int i = 0; i < shape.layers[stage]; ++i) {
      const std::string name = "stages." + std::to_string(stage) + "." + std::to_string(i);
      x = layer(name, x, shape.widths[stage], i == 0 ? 2 : 1);
    }
  }
  return b.classify("head.fc", b.global_average("head.pool", x), request.classes.value_or(1000));
}

Network entry(const char* name, const char* description, const Shape& shape) {
  return image_network(name, description, {}, 224,
                       [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_repvgg(request, info, shape);
                       });
}

}  // namespace

std::vector<Network> repvgg_family() {
  return {
      entry("repvgg-b0", "RepVGG-B0, all branches", {{4, 6, 16, 1}, {64, 128, 256, 1280}}),
      entry("repvgg-b1", "RepVGG-B1, all branches", {{4, 6, 16, 1}, {128, 256, 512, 2048}}),
      entry("repvgg-b2", "RepVGG-B2, all branches", {{4, 6, 16, 1}, {160, 320, 640, 2560}}),
  };
}

}  // namespace roofcast
