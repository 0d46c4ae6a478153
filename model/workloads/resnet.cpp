// ResNets v1.5 and their grouped, squeezed and wide kin.
// Source: He et al. (2016); Xie et al. (2017); Hu et al. (2018); torchvision/models/resnet.py (stride in the 3×3 of a
// bottleneck, which is what v1.5 means).
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
};

class ResNet : public ImageBuilder {
 public:
  ResNet(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : ImageBuilder(info.name, info.description, request, *info.default_image_size), shape_(shape) {}

  Graph build(Stem stem, std::int64_t classes) {
    Feature x = image();
    if (stem == Stem::cifar) {
      x = relu("relu", batch_norm("bn1", conv("conv1", x, {.out = 64, .size = 3, .pad = 1})));
    } else {
      x = relu("relu", batch_norm("bn1", conv("conv1", x, {.out = 64, .size = 7, .stride = 2, .pad = 3})));
      x = max_pool("maxpool", x, 3, 2, 1);
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
    if (shape_.squeeze) y = squeeze_excite(name + ".se", y, out / 16, "relu", "sigmoid");
    Feature shortcut = x;
    if (stride != 1 || x.c != out) {
      shortcut = conv(name + ".downsample.0", x, {.out = out, .size = 1, .stride = stride});
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

template <int B0, int B1, int B2, int B3, bool Bottleneck, int Groups = 1, int Width = 64,
          bool Squeeze = false>
Graph build_resnet(const WorkloadRequest& request, const WorkloadInfo& info) {
  const Shape shape{{B0, B1, B2, B3}, Bottleneck, Groups, Width, Squeeze};
  return ResNet(request, info, shape)
      .build(request.stem.value_or(Stem::imagenet), request.classes.value_or(1000));
}

using Build = Graph (*)(const WorkloadRequest&, const WorkloadInfo&);

Network entry(const char* name, const char* description, std::vector<std::string> aliases, Build build) {
  return {image_workload(name, description), std::move(aliases), true, {}, 0, build};
}

}  // namespace

std::vector<Network> resnet_family() {
  return {
      entry("resnet18", "ResNet-18", {}, build_resnet<2, 2, 2, 2, false>),
      entry("resnet34", "ResNet-34", {}, build_resnet<3, 4, 6, 3, false>),
      entry("resnet50", "ResNet-50 v1.5", {"resnet50-v1.5"}, build_resnet<3, 4, 6, 3, true>),
      entry("resnet101", "ResNet-101 v1.5", {}, build_resnet<3, 4, 23, 3, true>),
      entry("resnet152", "ResNet-152 v1.5", {}, build_resnet<3, 8, 36, 3, true>),
      entry("resnet200", "ResNet-200 v1.5", {}, build_resnet<3, 24, 36, 3, true>),
      entry("resnext50-32x4d", "ResNeXt-50, 32 groups of 4", {}, build_resnet<3, 4, 6, 3, true, 32, 4>),
      entry("resnext101-32x4d", "ResNeXt-101, 32 groups of 4", {}, build_resnet<3, 4, 23, 3, true, 32, 4>),
      entry("se-resnet50", "ResNet-50 with squeeze and excite", {},
            build_resnet<3, 4, 6, 3, true, 1, 64, true>),
      entry("se-resnext101-32x4d", "ResNeXt-101 with squeeze and excite", {},
            build_resnet<3, 4, 23, 3, true, 32, 4, true>),
      entry("wide-resnet50-2", "ResNet-50, inner width doubled", {}, build_resnet<3, 4, 6, 3, true, 1, 128>),
  };
}

}  // namespace roofcast
