// Xception: inverted Inception, all depthwise separable convolutions.
// Source: Chollet, "Xception" (2017), figure 5, as timm, xception.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

Graph build_xception(const WorkloadRequest& request, const WorkloadInfo& info) {
  ImageBuilder b(request, info);
  const auto separable = [&](const std::string& name, Feature x, std::int64_t out) {
    x = b.conv(name + ".pointwise", b.depthwise(name + ".depthwise", x, 3, 1), {.out = out});
    return b.batch_norm(name + ".bn", x);
  };
  int index = 0;
  const auto block = [&](Feature x, const std::vector<std::int64_t>& widths, std::int64_t stride,
                         bool relu_first) {
    const std::string name = "block" + std::to_string(++index);
    Feature y = x;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string at = name + "." + std::to_string(i);
      if (i == 0 && relu_first) {
        y = b.activation(at + ".relu", y, "relu", false);  // the shortcut needs what is not yet clipped
      } else if (i > 0) {
        y = b.relu(at + ".relu", y);
      }
      y = separable(at, y, widths[i]);
    }
    if (stride > 1) y = b.max_pool(name + ".pool", y, 3, stride, 1);
    if (stride > 1 || x.c != y.c) x = b.conv_bn(name + ".skip", x, {.out = y.c, .stride = stride}, "");
    return b.add(name + ".add", y, x);
  };
  Feature x = b.conv_bn("conv1", b.image(), {.out = 32, .size = 3, .stride = 2});
  x = b.conv_bn("conv2", x, {.out = 64, .size = 3});
  x = block(x, {128, 128}, 2, false);
  x = block(x, {256, 256}, 2, true);
  x = block(x, {728, 728}, 2, true);
  for (int i = 0; i < 8; ++i) x = block(x, {728, 728, 728}, 1, true);
  x = block(x, {728, 1024}, 2, true);
  x = b.relu("conv3.relu", separable("conv3", x, 1536));
  x = b.relu("conv4.relu", separable("conv4", x, 2048));
  return b.classify("fc", b.global_average("avgpool", x), request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> xception_family() {
  return {image_network("xception", "Xception", {"legacy-xception"}, 299, build_xception)};
}

}  // namespace roofcast
