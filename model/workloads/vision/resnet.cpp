// ResNets v1.5 and their grouped, squeezed, wide and deep-stemmed kin.
// Source: He et al. (2016); Xie et al. (2017); Hu et al. (2018); Zagoruyko and Komodakis (2016); He et al. (2019) for
// "D"; torchvision/models/resnet.py (stride in the 3×3 of a bottleneck, which is what v1.5 means); timm, resnet.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

struct Shape {
  std::array<int, 4> blocks;
  bool bottleneck = true;
  std::int64_t groups = 1;
  std::int64_t width_per_group = 64;  // of the first stage: inner width = 64 · 2^stage · width / 64 · groups
  bool squeeze = false;
  bool d = false;  // three 3×3 convolutions as stem, average pooling before a shortcut's 1×1
};

class ResNet : public ImageBuilder {
 public:
  ResNet(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : ImageBuilder(request, info), shape_(shape) {}

  Graph build(Stem stem, std::int64_t classes) {
    Feature x = image();
    if (stem == Stem::cifar) {
      x = relu("relu", batch_norm("bn1", conv("conv1", x, {.out = 64, .size = 3, .pad = 1})));
    } else {
      if (shape_.d) {
        x = conv_bn("conv1.0", x, {.out = 32, .size = 3, .stride = 2, .pad = 1});
        x = conv_bn("conv1.1", x, {.out = 32, .size = 3, .pad = 1});
        x = conv("conv1.2", x, {.out = 64, .size = 3, .pad = 1});
      } else {
        x = conv("conv1", x, {.out = 64, .size = 7, .stride = 2, .pad = 3});
      }
      x = max_pool("maxpool", relu("relu", batch_norm("bn1", x)), 3, 2, 1);
    }
    for (std::size_t stage = 0; stage < 4; ++stage) {
      for (int block = 0; block < shape_.blocks[stage]; ++block) {
        const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(block);
        const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
        x = residual(name, x, std::int64_t{64} << stage, stride);
      }
    }
    return classify("fc", global_average("avgpool", x), classes);
  }

 private:
  Feature residual(const std::string& name, Feature x, std::int64_t planes, std::int64_t stride) {
    const std::int64_t out = shape_.bottleneck ? planes * 4 : planes;
    Feature y = shape_.bottleneck ? bottleneck(name, x, planes, stride) : basic(name, x, planes, stride);
    if (shape_.squeeze)
      y = squeeze_excite(name + ".se", y, std::max<std::int64_t>(8, out / 16), "relu", "sigmoid");
    Feature shortcut = x;
    if (stride != 1 || x.c != out) {
      if (shape_.d && stride != 1) {
        shortcut = average_pool(name + ".downsample.pool", x, 2, 2, 0, true);
        stride = 1;
      }
      shortcut = conv(name + ".downsample.0", shortcut, {.out = out, .size = 1, .stride = stride});
      shortcut = batch_norm(name + ".downsample.1", shortcut);
    }
    return relu(name + ".relu", add(name + ".add", y, shortcut));
  }

  Feature bottleneck(const std::string& name, Feature x, std::int64_t planes, std::int64_t stride) {
    const std::int64_t inner = planes * shape_.width_per_group / 64 * shape_.groups;
    Feature y = relu(name + ".relu1", batch_norm(name + ".bn1", conv(name + ".conv1", x, {.out = inner})));
    y = conv(name + ".conv2", y,
             {.out = inner, .size = 3, .stride = stride, .pad = 1, .groups = shape_.groups});
    y = relu(name + ".relu2", batch_norm(name + ".bn2", y));
    return batch_norm(name + ".bn3", conv(name + ".conv3", y, {.out = planes * 4}));
  }

  Feature basic(const std::string& name, Feature x, std::int64_t planes, std::int64_t stride) {
    Feature y = conv(name + ".conv1", x, {.out = planes, .size = 3, .stride = stride, .pad = 1});
    y = relu(name + ".relu1", batch_norm(name + ".bn1", y));
    return batch_norm(name + ".bn2", conv(name + ".conv2", y, {.out = planes, .size = 3, .pad = 1}));
  }

  Shape shape_;
};

Network entry(const char* name, const char* description, std::vector<std::string> aliases,
              const Shape& shape) {
  Network network =
      image_network(name, description, std::move(aliases), 224,
                    [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                      return ResNet(request, info, shape)
                          .build(request.stem.value_or(Stem::imagenet), request.classes.value_or(1000));
                    });
  network.takes_stem = true;
  return network;
}

}  // namespace

std::vector<Network> resnet_family() {
  constexpr std::array<int, 4> b18{2, 2, 2, 2}, b50{3, 4, 6, 3}, b101{3, 4, 23, 3}, b152{3, 8, 36, 3},
      b200{3, 24, 36, 3};
  return {
      entry("resnet18", "ResNet-18", {}, {.blocks = b18, .bottleneck = false}),
      entry("resnet34", "ResNet-34", {}, {.blocks = b50, .bottleneck = false}),
      entry("resnet26", "ResNet-26", {}, {.blocks = b18}),
      entry("resnet50", "ResNet-50 v1.5", {"resnet50-v1.5"}, {.blocks = b50}),
      entry("resnet101", "ResNet-101 v1.5", {}, {.blocks = b101}),
      entry("resnet152", "ResNet-152 v1.5", {}, {.blocks = b152}),
      entry("resnet200", "ResNet-200 v1.5", {}, {.blocks = b200}),
      entry("resnet18d", "ResNet-18 D", {}, {.blocks = b18, .bottleneck = false, .d = true}),
      entry("resnet34d", "ResNet-34 D", {}, {.blocks = b50, .bottleneck = false, .d = true}),
      entry("resnet26d", "ResNet-26 D", {}, {.blocks = b18, .d = true}),
      entry("resnet50d", "ResNet-50 D", {}, {.blocks = b50, .d = true}),
      entry("resnet101d", "ResNet-101 D", {}, {.blocks = b101, .d = true}),
      entry("resnet152d", "ResNet-152 D", {}, {.blocks = b152, .d = true}),
      entry("resnet200d", "ResNet-200 D", {}, {.blocks = b200, .d = true}),
      entry("resnext50-32x4d", "ResNeXt-50, 32 groups of 4", {"resnext50"},
            {.blocks = b50, .groups = 32, .width_per_group = 4}),
      entry("resnext101-32x4d", "ResNeXt-101, 32 groups of 4", {},
            {.blocks = b101, .groups = 32, .width_per_group = 4}),
      entry("resnext101-32x8d", "ResNeXt-101, 32 groups of 8", {"ig-resnext101-32x8d", "resnext101"},
            {.blocks = b101, .groups = 32, .width_per_group = 8}),
      entry("resnext101-64x4d", "ResNeXt-101, 64 groups of 4", {},
            {.blocks = b101, .groups = 64, .width_per_group = 4}),
      entry("resnext50d-32x4d", "ResNeXt-50 D, 32 groups of 4", {},
            {.blocks = b50, .groups = 32, .width_per_group = 4, .d = true}),
      entry("se-resnet18", "ResNet-18 with squeeze and excite", {},
            {.blocks = b18, .bottleneck = false, .squeeze = true}),
      entry("se-resnet34", "ResNet-34 with squeeze and excite", {},
            {.blocks = b50, .bottleneck = false, .squeeze = true}),
      entry("se-resnet50", "ResNet-50 with squeeze and excite", {}, {.blocks = b50, .squeeze = true}),
      entry("se-resnet101", "ResNet-101 with squeeze and excite", {}, {.blocks = b101, .squeeze = true}),
      entry("se-resnet152", "ResNet-152 with squeeze and excite", {}, {.blocks = b152, .squeeze = true}),
      entry("se-resnet152d", "ResNet-152 D with squeeze and excite", {},
            {.blocks = b152, .squeeze = true, .d = true}),
      entry("se-resnext26d-32x4d", "ResNeXt-26 D with squeeze and excite", {"seresnext26d"},
            {.blocks = b18, .groups = 32, .width_per_group = 4, .squeeze = true, .d = true}),
      entry("se-resnext50-32x4d", "ResNeXt-50 with squeeze and excite", {},
            {.blocks = b50, .groups = 32, .width_per_group = 4, .squeeze = true}),
      entry("se-resnext101-32x4d", "ResNeXt-101 with squeeze and excite", {},
            {.blocks = b101, .groups = 32, .width_per_group = 4, .squeeze = true}),
      entry("se-resnext101-32x8d", "ResNeXt-101, groups of 8, with squeeze and excite", {},
            {.blocks = b101, .groups = 32, .width_per_group = 8, .squeeze = true}),
      entry("wide-resnet50-2", "ResNet-50, inner width doubled", {}, {.blocks = b50, .width_per_group = 128}),
      entry("wide-resnet101-2", "ResNet-101, inner width doubled", {},
            {.blocks = b101, .width_per_group = 128}),
  };
}

}  // namespace roofcast
