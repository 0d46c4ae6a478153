// PoolFormer: a transformer whose attention is an average of nine neighbours.
// Source: Yu et al., "MetaFormer is Actually What You Need for Vision" (2022), table 1, as timm, metaformer.py.
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

Graph build_poolformer(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape) {
  ImageBuilder b(request, info);
  const auto sum = [&](const std::string& name, Feature x, Feature y) {
    x.node = b.pointwise(name, "add", b.count(x), {x.node, y.node});
    return x;
  };
  Feature x = b.image();
  for (std::size_t stage = 0; stage < shape.layers.size(); ++stage) {
    const std::string at = "stages." + std::to_string(stage);
    const std::int64_t width = shape.widths[stage];
    x = stage == 0
            ? b.conv("stem", x, {.out = width, .size = 7, .stride = 4, .pad = 2, .bias = true})
            : b.conv(at + ".downsample", x, {.out = width, .size = 3, .stride = 2, .pad = 1, .bias = true});
    for (int layer = 0; layer < shape.layers[stage]; ++layer) {
      const std::string name = at + "." + std::to_string(layer);
      const Feature normal = b.group_norm(name + ".norm1", x, 1);
      Feature y = b.average_pool(name + ".token_mixer.pool", normal, 3, 1, 1);
      y.node = b.pointwise(name + ".token_mixer.sub", "sub", b.count(y), {y.node, normal.node});
      x = sum(name + ".add_1", x, b.scale_channels(name + ".layer_scale1", y));
      y = b.conv(name + ".mlp.fc1", b.group_norm(name + ".norm2", x, 1), {.out = 4 * width, .bias = true});
      y = b.activation(name + ".mlp.gelu", y, "gelu", false);
      y = b.conv(name + ".mlp.fc2", y, {.out = width, .bias = true});
      x = sum(name + ".add_2", x, b.scale_channels(name + ".layer_scale2", y));
    }
  }
  x = b.group_norm("head.norm", b.global_average("head.pool", x), 1);
  return b.classify("head.fc", x, request.classes.value_or(1000));
}

Network entry(const char* name, const char* description, const Shape& shape) {
  return image_network(name, description, {}, 224,
                       [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_poolformer(request, info, shape);
                       });
}

}  // namespace

std::vector<Network> poolformer_family() {
  return {
      entry("poolformer-s12", "PoolFormer, 12 layers", {{2, 2, 6, 2}, {64, 128, 320, 512}}),
      entry("poolformer-s24", "PoolFormer, 24 layers", {{4, 4, 12, 4}, {64, 128, 320, 512}}),
      entry("poolformer-s36", "PoolFormer, 36 layers", {{6, 6, 18, 6}, {64, 128, 320, 512}}),
  };
}

}  // namespace roofcast
