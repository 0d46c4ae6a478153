// Deep layer aggregation: blocks as leaves of trees, whose roots join all their leaves.
// Source: Yu et al., "Deep Layer Aggregation" (2018), table 1, as timm, dla.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <optional>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::array<int, 4> depths;  // of the trees
  std::array<std::int64_t, 4> widths;
};

class Dla : public ImageBuilder {
 public:
  using ImageBuilder::ImageBuilder;

  Feature tree(const std::string& name, int depth, Feature x, std::int64_t out, std::int64_t stride,
               bool level_root, std::vector<Feature> children = {}) {
    Feature bottom = x;
    if (level_root || depth == 1) {
      if (stride > 1) bottom = max_pool(name + ".downsample", x, stride, stride, 0);
      if (level_root) children.push_back(bottom);
    }
    if (depth > 1) {
      const Feature first = tree(name + ".tree1", depth - 1, x, out, stride, false);
      children.push_back(first);
      return tree(name + ".tree2", depth - 1, first, out, 1, false, children);
    }
    if (x.c != out) bottom = conv_bn(name + ".project", bottom, {.out = out}, "");
    const Feature first = bottleneck(name + ".tree1", x, out, stride, bottom);
    const Feature second = bottleneck(name + ".tree2", first, out, 1, first);
    std::vector<Feature> parts{second, first};
    parts.insert(parts.end(), children.begin(), children.end());
    return conv_bn(name + ".root", concat(name + ".root.concat", parts), {.out = out});
  }

 private:
  Feature bottleneck(const std::string& name, Feature x, std::int64_t out, std::int64_t stride,
                     Feature shortcut) {
    Feature y = conv_bn(name + ".conv1", x, {.out = out / 2});
    y = conv_bn(name + ".conv2", y, {.out = out / 2, .size = 3, .stride = stride, .pad = 1});
    return relu(name + ".relu", add(name + ".add", conv_bn(name + ".conv3", y, {.out = out}, ""), shortcut));
  }
};

Graph build_dla(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape) {
  Dla b(request, info);
  Feature x = b.conv_bn("base_layer", b.image(), {.out = 16, .size = 7, .pad = 3});
  x = b.conv_bn("level0", x, {.out = 16, .size = 3, .pad = 1});
  x = b.conv_bn("level1", x, {.out = 32, .size = 3, .stride = 2, .pad = 1});
  for (std::size_t i = 0; i < shape.depths.size(); ++i)
    x = b.tree("level" + std::to_string(i + 2), shape.depths[i], x, shape.widths[i], 2, i > 0);
  x = b.global_average("avgpool", x);
  return b.finish(b.conv("fc", x, {.out = request.classes.value_or(1000), .bias = true}));
}

Network entry(const char* name, const char* description, const Shape& shape) {
  return image_network(name, description, {}, 224,
                       [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_dla(request, info, shape);
                       });
}

}  // namespace

std::vector<Network> dla_family() {
  return {
      entry("dla60", "Deep layer aggregation, 60 layers", {{1, 2, 3, 1}, {128, 256, 512, 1024}}),
      entry("dla102", "Deep layer aggregation, 102 layers", {{1, 3, 4, 1}, {128, 256, 512, 1024}}),
  };
}

}  // namespace roofcast
