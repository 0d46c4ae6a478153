// ShuffleNet v2: half of the channels pass by, then all are interleaved.
// Source: Ma et al., "ShuffleNet V2" (2018), table 5, as torchvision/models/shufflenetv2.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

using Widths = std::array<std::int64_t, 4>;  // of the three stages and the last layer

Graph build_shufflenet(const WorkloadRequest& request, const WorkloadInfo& info, const Widths& widths) {
  ImageBuilder b(request, info);
  const auto branch = [&](const std::string& name, Feature x, std::int64_t out, std::int64_t stride) {
    x = b.conv_bn(name + ".0", x, {.out = out});
    x = b.conv_bn(name + ".1", x, {.out = out, .size = 3, .stride = stride, .pad = 1, .groups = out}, "");
    return b.conv_bn(name + ".2", x, {.out = out});
  };
  const auto shuffle = [&](const std::string& name, Feature left, Feature right) {
    Feature x = b.concat(name + ".concat", {left, right});
    x.node = b.rearrange(name + ".shuffle", x.node, b.count(x));
    return x;
  };
  Feature x = b.conv_bn("conv1", b.image(), {.out = 24, .size = 3, .stride = 2, .pad = 1});
  x = b.max_pool("maxpool", x, 3, 2, 1);
  constexpr std::array<int, 3> repeats{4, 8, 4};
  for (std::size_t stage = 0; stage < repeats.size(); ++stage) {
    const std::int64_t half = widths[stage] / 2;
    for (int block = 0; block < repeats[stage]; ++block) {
      const std::string name = "stage" + std::to_string(stage + 2) + "." + std::to_string(block);
      if (block == 0) {
        Feature left = b.conv_bn(name + ".branch1.0", x,
                                 {.out = x.c, .size = 3, .stride = 2, .pad = 1, .groups = x.c}, "");
        left = b.conv_bn(name + ".branch1.1", left, {.out = half});
        x = shuffle(name, left, branch(name + ".branch2", x, half, 2));
      } else {
        b.split(x.node);
        const Feature left = b.channels(name + ".left", x, half);
        Feature right = b.channels(name + ".right", x, half);
        right.node = b.rearrange(name + ".right_copy", right.node, b.count(right));  // cuDNN wants it whole
        x = shuffle(name, left, branch(name + ".branch2", right, half, 1));
      }
    }
  }
  x = b.global_average("mean", b.conv_bn("conv5", x, {.out = widths[3]}));
  return b.classify("fc", x, request.classes.value_or(1000));
}

Network entry(const char* name, const char* description, std::vector<std::string> aliases,
              const Widths& widths) {
  return image_network(name, description, std::move(aliases), 224,
                       [widths](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_shufflenet(request, info, widths);
                       });
}

}  // namespace

std::vector<Network> shufflenet_family() {
  return {
      entry("shufflenet-v2-x0.5", "ShuffleNet v2, half as wide", {}, {48, 96, 192, 1024}),
      entry("shufflenet-v2-x1.0", "ShuffleNet v2", {"shufflenet-v2"}, {116, 232, 464, 1024}),
      entry("shufflenet-v2-x1.5", "ShuffleNet v2, 1.5 times as wide", {}, {176, 352, 704, 1024}),
      entry("shufflenet-v2-x2.0", "ShuffleNet v2, twice as wide", {}, {244, 488, 976, 2048}),
  };
}

}  // namespace roofcast
