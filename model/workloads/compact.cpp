// Networks that save parameters: SqueezeNet 1.1, GoogLeNet, DenseNet-121.
// Source: Iandola et al. (2016), Szegedy et al. (2015), Huang et al. (2017), as torchvision writes them.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

Graph build_squeezenet(const WorkloadRequest& request, const WorkloadInfo& info) {
  ImageBuilder b(info.name, info.description, request, *info.default_image_size);
  const auto layer = [&](const std::string& name, Feature x, Filter f) {
    f.bias = true;
    return b.relu(name + ".relu", b.conv(name, x, f));
  };
  int index = 0;
  const auto fire = [&](Feature x, std::int64_t squeeze, std::int64_t expand) {
    const std::string name = "fire" + std::to_string(++index);
    x = layer(name + ".squeeze", x, {.out = squeeze});
    const Feature narrow = layer(name + ".expand1x1", x, {.out = expand});
    const Feature wide = layer(name + ".expand3x3", x, {.out = expand, .size = 3, .pad = 1});
    return b.concat(name + ".concat", {narrow, wide});
  };
  Feature x =
      b.max_pool("pool1", layer("conv1", b.image(), {.out = 64, .size = 3, .stride = 2}), 3, 2, 0, true);
  x = b.max_pool("pool2", fire(fire(x, 16, 64), 16, 64), 3, 2, 0, true);
  x = b.max_pool("pool3", fire(fire(x, 32, 128), 32, 128), 3, 2, 0, true);
  x = fire(fire(x, 48, 192), 48, 192);
  x = fire(fire(x, 64, 256), 64, 256);
  x = layer("classifier", b.dropout_image("dropout", x), {.out = request.classes.value_or(1000)});
  return b.finish(b.global_average("avgpool", x));
}

/// 1×1 | 1×1-3×3 | 1×1-3×3 (torchvision's stand-in for 5×5) | pool-1×1, side by side.
struct Inception {
  std::int64_t one, reduce3, three, reduce5, five, pool;
};

Graph build_googlenet(const WorkloadRequest& request, const WorkloadInfo& info) {
  ImageBuilder b(info.name, info.description, request, *info.default_image_size);
  const auto block = [&](const std::string& name, Feature x, const Inception& i) {
    const Feature one = b.conv_bn(name + ".branch1", x, {.out = i.one});
    Feature three = b.conv_bn(name + ".branch2.0", x, {.out = i.reduce3});
    three = b.conv_bn(name + ".branch2.1", three, {.out = i.three, .size = 3, .pad = 1});
    Feature five = b.conv_bn(name + ".branch3.0", x, {.out = i.reduce5});
    five = b.conv_bn(name + ".branch3.1", five, {.out = i.five, .size = 3, .pad = 1});
    Feature pool = b.max_pool(name + ".branch4.0", x, 3, 1, 1, true);
    pool = b.conv_bn(name + ".branch4.1", pool, {.out = i.pool});
    return b.concat(name + ".concat", {one, three, five, pool});
  };
  Feature x = b.conv_bn("conv1", b.image(), {.out = 64, .size = 7, .stride = 2, .pad = 3});
  x = b.max_pool("maxpool1", x, 3, 2, 0, true);
  x = b.conv_bn("conv3", b.conv_bn("conv2", x, {.out = 64}), {.out = 192, .size = 3, .pad = 1});
  x = b.max_pool("maxpool2", x, 3, 2, 0, true);
  x = block("inception3a", x, {64, 96, 128, 16, 32, 32});
  x = block("inception3b", x, {128, 128, 192, 32, 96, 64});
  x = b.max_pool("maxpool3", x, 3, 2, 0, true);
  x = block("inception4a", x, {192, 96, 208, 16, 48, 64});
  x = block("inception4b", x, {160, 112, 224, 24, 64, 64});
  x = block("inception4c", x, {128, 128, 256, 24, 64, 64});
  x = block("inception4d", x, {112, 144, 288, 32, 64, 64});
  x = block("inception4e", x, {256, 160, 320, 32, 128, 128});
  x = b.max_pool("maxpool4", x, 2, 2, 0, true);
  x = block("inception5a", x, {256, 160, 320, 32, 128, 128});
  x = block("inception5b", x, {384, 192, 384, 48, 128, 128});
  x = b.dropout_image("dropout", b.global_average("avgpool", x));
  return b.classify("fc", x, request.classes.value_or(1000));
}

Graph build_densenet121(const WorkloadRequest& request, const WorkloadInfo& info) {
  constexpr std::int64_t growth = 32;
  constexpr std::array<int, 4> layers{6, 12, 24, 16};
  ImageBuilder b(info.name, info.description, request, *info.default_image_size);
  Feature x = b.conv_bn("stem", b.image(), {.out = 64, .size = 7, .stride = 2, .pad = 3});
  x = b.max_pool("pool0", x, 3, 2, 1);
  for (std::size_t block = 0; block < layers.size(); ++block) {
    const std::string at = "denseblock" + std::to_string(block + 1);
    std::vector<Feature> features{x};
    for (int layer = 0; layer < layers[block]; ++layer) {
      const std::string name = at + "." + std::to_string(layer);
      Feature y = features.size() > 1 ? b.concat(name + ".concat", features) : x;
      y = b.conv(name + ".conv1", b.relu(name + ".relu1", b.batch_norm(name + ".norm1", y)),
                 {.out = 4 * growth});
      y = b.relu(name + ".relu2", b.batch_norm(name + ".norm2", y));
      features.push_back(b.conv(name + ".conv2", y, {.out = growth, .size = 3, .pad = 1}));
    }
    x = b.concat(at + ".concat", features);
    const std::string name = "transition" + std::to_string(block + 1);
    x = b.relu(name + ".relu", b.batch_norm(name + ".norm", x));
    if (block + 1 < layers.size())
      x = b.average_pool(name + ".pool", b.conv(name + ".conv", x, {.out = x.c / 2}), 2, 2);
  }
  return b.classify("classifier", b.global_average("avgpool", x), request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> compact_family() {
  return {
      {image_workload("squeezenet1.1", "SqueezeNet 1.1"), {"squeezenet"}, false, {}, 0, build_squeezenet},
      {image_workload("googlenet", "GoogLeNet (Inception v1) with batch norm"),
       {"inception-v1", "inceptionv1"},
       false,
       {},
       0,
       build_googlenet},
      {image_workload("densenet121", "DenseNet-121"), {}, false, {}, 0, build_densenet121},
  };
}

}  // namespace roofcast
