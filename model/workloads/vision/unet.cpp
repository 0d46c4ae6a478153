// U-Net: down, up, and what was seen on the way down beside what comes up.
// Source: Ronneberger et al., "U-Net" (2015), figure 1: unpadded convolutions, 572×572 in, 388×388 out, one channel in.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

Graph build_unet(const WorkloadRequest& request, const WorkloadInfo& info) {
  ImageBuilder b(request, info);
  const auto twice = [&](const std::string& name, Feature x, std::int64_t out) {
    for (const char* layer : {".0", ".1"})
      x = b.relu(name + layer + ".relu", b.conv(name + layer, x, {.out = out, .size = 3, .bias = true}));
    return x;
  };
  Feature x = b.image();
  x.c = 1;
  b.set_input(b.count(x));
  std::vector<Feature> passed;
  for (int level = 0; level < 4; ++level) {
    const std::string name = "down." + std::to_string(level);
    passed.push_back(twice(name, x, std::int64_t{64} << level));
    x = passed.back();
    if (x.h % 2 != 0 || x.w % 2 != 0)
      throw std::invalid_argument(
          fmt::format("{}: {}×{} pixels cannot be halved at {}; 572 can", info.name, x.h, x.w, name));
    x = b.max_pool(name + ".pool", x, 2, 2, 0);
  }
  x = twice("bottom", x, 1024);
  for (int level = 3; level >= 0; --level) {
    const std::string name = "up." + std::to_string(level);
    const std::int64_t width = std::int64_t{64} << level;
    x = b.conv_transpose(name + ".conv_transpose", x, {.out = width, .size = 2, .stride = 2, .bias = true});
    Feature cropped = passed[static_cast<std::size_t>(level)];
    cropped.h = x.h;
    cropped.w = x.w;
    x = twice(name, b.concat(name + ".concat", {cropped, x}), width);
  }
  x = b.conv("out", x, {.out = request.classes.value_or(2), .bias = true});
  b.cross_entropy("loss", x.node, b.batch() * x.h * x.w, x.c);
  return b.take();
}

}  // namespace

std::vector<Network> unet_family() {
  Network network = image_network("unet", "U-Net, segmentation of one channel", {"u-net"}, 572, build_unet);
  network.info.default_batch = 8;
  return {std::move(network)};
}

}  // namespace roofcast
