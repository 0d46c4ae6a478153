// ConvNeXt: a residual network in a transformer's clothes.
// Source: Liu et al., "A ConvNet for the 2020s" (2022), as timm, convnext.py: its permutes leave tensors NHWC in memory, so
// convolutions are channels-last on any stack (images/s of both layouts are within 1 %).
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/token_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::array<int, 4> blocks;
  std::int64_t width;
};

Graph build_convnext(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape) {
  TokenBuilder b(request, info);
  b.keep_channels_last();
  const auto norm = [&](const std::string& name, Feature x) {
    x.node = b.layer_norm(name, x.node, b.count(x) / x.c, x.c);
    return x;
  };
  Feature x = b.conv("stem", b.image(), {.out = shape.width, .size = 4, .stride = 4, .bias = true});
  x = norm("stem.norm", x);
  for (std::size_t stage = 0; stage < shape.blocks.size(); ++stage) {
    const std::string at = "stages." + std::to_string(stage);
    if (stage > 0) {
      x = norm(at + ".downsample.norm", x);
      x = b.conv(at + ".downsample", x, {.out = 2 * x.c, .size = 2, .stride = 2, .bias = true});
    }
    for (int block = 0; block < shape.blocks[stage]; ++block) {
      const std::string name = at + "." + std::to_string(block);
      Feature y = norm(name + ".norm", b.depthwise(name + ".conv_dw", x, 7, 1, true));
      y.node = b.mlp(name + ".mlp", {y.node, b.batch(), y.h * y.w, y.c}, 4 * y.c).node;
      y = b.scale_channels(name + ".gamma", y);
      x.node = b.pointwise(name + ".add", "add", b.count(x), {y.node, x.node});
    }
  }
  x = norm("head.norm", b.global_average("head.pool", x));
  return b.classify("head.fc", x, request.classes.value_or(1000));
}

Network entry(const char* name, const char* description, const Shape& shape) {
  Network network = image_network(name, description, {}, 224,
                                  [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                                    return build_convnext(request, info, shape);
                                  });
  network.info.default_optimizer = Optimizer::adam;
  return network;
}

}  // namespace

std::vector<Network> convnext_family() {
  return {
      entry("convnext-tiny", "ConvNeXt, tiny", {{3, 3, 9, 3}, 96}),
      entry("convnext-small", "ConvNeXt, small", {{3, 3, 27, 3}, 96}),
      entry("convnext-base", "ConvNeXt, base", {{3, 3, 27, 3}, 128}),
      entry("convnext-large", "ConvNeXt, large", {{3, 3, 27, 3}, 192}),
      entry("convnext-xlarge", "ConvNeXt, extra large", {{3, 3, 27, 3}, 256}),
  };
}

}  // namespace roofcast
