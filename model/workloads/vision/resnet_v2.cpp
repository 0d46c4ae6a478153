// ResNets v2: norm and activation before each convolution, nothing after the sum.
// Source: He et al., "Identity Mappings in Deep Residual Networks" (2016); timm, resnetv2.py (resnetv2_50: batch norm).
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

using Blocks = std::array<int, 4>;

Graph build_resnet_v2(const WorkloadRequest& request, const WorkloadInfo& info, const Blocks& blocks) {
  ImageBuilder b(request, info);
  const auto preact = [&](const std::string& name, Feature x) {
    return b.relu(name + ".relu", b.batch_norm(name, x));
  };
  Feature x = b.conv("stem.conv", b.image(), {.out = 64, .size = 7, .stride = 2, .pad = 3});
  x = b.max_pool("stem.pool", x, 3, 2, 1);
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const std::int64_t inner = std::int64_t{64} << stage;
    for (int block = 0; block < blocks[stage]; ++block) {
      const std::string name = "stages." + std::to_string(stage) + "." + std::to_string(block);
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      Feature y = preact(name + ".norm1", x);
      if (block == 0) x = b.conv(name + ".downsample", y, {.out = 4 * inner, .stride = stride});
      y = preact(name + ".norm2", b.conv(name + ".conv1", y, {.out = inner}));
      y = b.conv(name + ".conv2", y, {.out = inner, .size = 3, .stride = stride, .pad = 1});
      y = b.conv(name + ".conv3", preact(name + ".norm3", y), {.out = 4 * inner});
      x = b.add(name + ".add", y, x);
    }
  }
  x = b.global_average("avgpool", preact("norm", x));
  return b.classify("fc", x, request.classes.value_or(1000));
}

Network entry(const char* name, const char* description, const Blocks& blocks) {
  return image_network(name, description, {}, 224,
                       [blocks](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_resnet_v2(request, info, blocks);
                       });
}

}  // namespace

std::vector<Network> resnet_v2_family() {
  return {
      entry("resnetv2-50", "ResNet-50 v2 (pre-activation)", {3, 4, 6, 3}),
      entry("resnetv2-101", "ResNet-101 v2 (pre-activation)", {3, 4, 23, 3}),
      entry("resnetv2-152", "ResNet-152 v2 (pre-activation)", {3, 8, 36, 3}),
  };
}

}  // namespace roofcast
