// DenseNets: every layer reads all earlier ones of its block.
// Source: Huang et al. (2017), table 1, as torchvision/models/densenet.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::int64_t growth, stem;
  std::array<int, 4> layers;
};

Graph build_densenet(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape) {
  ImageBuilder b(request, info);
  Feature x = b.conv_bn("stem", b.image(), {.out = shape.stem, .size = 7, .stride = 2, .pad = 3});
  x = b.max_pool("pool0", x, 3, 2, 1);
  for (std::size_t block = 0; block < shape.layers.size(); ++block) {
    const std::string at = "denseblock" + std::to_string(block + 1);
    std::vector<Feature> features{x};
    for (int layer = 0; layer < shape.layers[block]; ++layer) {
      const std::string name = at + "." + std::to_string(layer);
      Feature y = features.size() > 1 ? b.concat(name + ".concat", features) : x;
      y = b.conv(name + ".conv1", b.relu(name + ".relu1", b.batch_norm(name + ".norm1", y)),
                 {.out = 4 * shape.growth});
      y = b.relu(name + ".relu2", b.batch_norm(name + ".norm2", y));
      features.push_back(b.conv(name + ".conv2", y, {.out = shape.growth, .size = 3, .pad = 1}));
    }
    x = b.concat(at + ".concat", features);
    const std::string name = "transition" + std::to_string(block + 1);
    x = b.relu(name + ".relu", b.batch_norm(name + ".norm", x));
    if (block + 1 < shape.layers.size())
      x = b.average_pool(name + ".pool", b.conv(name + ".conv", x, {.out = x.c / 2}), 2, 2);
  }
  return b.classify("classifier", b.global_average("avgpool", x), request.classes.value_or(1000));
}

Network entry(const char* name, const char* description, const Shape& shape) {
  return image_network(name, description, {}, 224,
                       [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_densenet(request, info, shape);
                       });
}

}  // namespace

std::vector<Network> densenet_family() {
  return {
      entry("densenet121", "DenseNet-121", {32, 64, {6, 12, 24, 16}}),
      entry("densenet161", "DenseNet-161, growth 48", {48, 96, {6, 12, 36, 24}}),
      entry("densenet169", "DenseNet-169", {32, 64, {6, 12, 32, 32}}),
      entry("densenet201", "DenseNet-201", {32, 64, {6, 12, 48, 32}}),
  };
}

}  // namespace roofcast
