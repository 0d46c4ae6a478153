// Dual path networks: some channels are added as in a ResNet, some are concatenated as in a DenseNet.
// Source: Chen et al., "Dual Path Networks" (2017), table 1, as timm, dpn.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::int64_t stem, inner, groups;
  std::array<int, 4> blocks;
  std::array<std::int64_t, 4> growth;
};

Graph build_dual_path(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape) {
  ImageBuilder b(request, info);
  const auto preact = [&](const std::string& name, Feature x, const Filter& filter) {
    return b.conv(name, b.relu(name + ".relu", b.batch_norm(name + ".bn", x)), filter);
  };
  Feature x = b.conv_bn("conv1", b.image(), {.out = shape.stem, .size = 7, .stride = 2, .pad = 3});
  x = b.max_pool("pool", x, 3, 2, 1);
  std::vector<Feature> path{x};  // added channels, then concatenated ones
  for (std::size_t stage = 0; stage < shape.blocks.size(); ++stage) {
    const std::int64_t added = std::int64_t{256} << stage, inner = shape.inner << stage;
    const std::int64_t growth = shape.growth[stage];
    for (int block = 0; block < shape.blocks[stage]; ++block) {
      const std::string name = "conv" + std::to_string(stage + 2) + "." + std::to_string(block);
      const std::int64_t stride = block == 0 && stage > 0 ? 2 : 1;
      x = path.size() > 1 ? b.concat(name + ".concat_in", path) : path.front();
      Feature kept, dense;
      if (block == 0) {
        const Feature both = preact(name + ".c1x1_w", x, {.out = added + 2 * growth, .stride = stride});
        b.split(both.node);
        kept = b.channels(name + ".kept", both, added);
        dense = b.channels(name + ".dense", both, 2 * growth);
      } else {
        kept = path[0];
        dense = path[1];
      }
      Feature y = preact(name + ".c1x1_a", x, {.out = inner});
      y = preact(name + ".c3x3_b", y,
                 {.out = inner, .size = 3, .stride = stride, .pad = 1, .groups = shape.groups});
      y = preact(name + ".c1x1_c", y, {.out = added + growth});
      b.split(y.node);
      const Feature out = b.channels(name + ".out", y, added), grown = b.channels(name + ".grown", y, growth);
      kept.node = b.pointwise(name + ".add", "add", b.count(kept), {kept.node, out.node});
      path = {kept, b.concat(name + ".concat", {dense, grown})};
    }
  }
  x = b.concat("concat", path);
  x = b.global_average("avgpool", b.relu("relu", b.batch_norm("bn", x)));
  return b.finish(b.conv("classifier", x, {.out = request.classes.value_or(1000), .bias = true}));
}

Network entry(const char* name, const char* description, const Shape& shape) {
  return image_network(name, description, {}, 224,
                       [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_dual_path(request, info, shape);
                       });
}

}  // namespace

std::vector<Network> dual_path_family() {
  return {
      entry("dpn92", "Dual path network 92", {64, 96, 32, {3, 4, 20, 3}, {16, 32, 24, 128}}),
      entry("dpn131", "Dual path network 131", {128, 160, 40, {4, 8, 28, 3}, {16, 32, 32, 128}}),
  };
}

}  // namespace roofcast
