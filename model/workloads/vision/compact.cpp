// Networks that save parameters: SqueezeNet, GoogLeNet.
// Source: Iandola et al. (2016), Szegedy et al. (2015), as torchvision writes them.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

/// 1.0 has a 7×7 stem of 96 and pools later than 1.1.
Graph build_squeezenet(const WorkloadRequest& request, const WorkloadInfo& info, bool first_version) {
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
  const auto pool = [&](const char* name, Feature x) { return b.max_pool(name, x, 3, 2, 0, true); };
  const Filter stem =
      first_version ? Filter{.out = 96, .size = 7, .stride = 2} : Filter{.out = 64, .size = 3, .stride = 2};
  Feature x = pool("pool1", layer("conv1", b.image(), stem));
  x = fire(fire(x, 16, 64), 16, 64);
  if (!first_version) x = pool("pool2", x);
  x = fire(x, 32, 128);
  if (first_version) x = pool("pool2", x);
  x = fire(x, 32, 128);
  if (!first_version) x = pool("pool3", x);
  x = fire(fire(x, 48, 192), 48, 192);
  x = fire(x, 64, 256);
  if (first_version) x = pool("pool3", x);
  x = fire(x, 64, 256);
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

}  // namespace

std::vector<Network> compact_family() {
  const auto squeezenet = [](bool first_version) {
    return [first_version](const WorkloadRequest& request, const WorkloadInfo& info) {
      return build_squeezenet(request, info, first_version);
    };
  };
  return {
      image_network("squeezenet1.0", "SqueezeNet 1.0", {}, 224, squeezenet(true)),
      image_network("squeezenet1.1", "SqueezeNet 1.1", {"squeezenet"}, 224, squeezenet(false)),
      image_network("googlenet", "GoogLeNet (Inception v1) with batch norm", {"inception-v1"}, 224,
                    build_googlenet),
  };
}

}  // namespace roofcast
