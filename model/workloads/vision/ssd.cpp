// SSD: boxes of several sizes and their classes from every pixel of six feature maps.
// Source: Liu et al., "SSD: Single Shot MultiBox Detector" (2016), as torchvision/models/detection/ssd.py, on VGG-16; as
// NVIDIA/DeepLearningExamples, PyTorch/Detection/SSD, on a ResNet-50 that stops after its third stage and no longer
// strides there, with batch norm in what follows. Matching and suppression of boxes run on the host.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

constexpr std::array<std::int64_t, 6> kBoxes{4, 6, 6, 6, 4, 4};  // of a pixel

class Ssd : public ImageBuilder {
 public:
  Ssd(const WorkloadRequest& request, const WorkloadInfo& info, bool resnet)
      : ImageBuilder(request, info), resnet_(resnet) {}

  Graph build(std::int64_t classes) {
    std::vector<Feature> maps = resnet_ ? resnet() : vgg();
    // Inner and outer width, and whether a map is half as large; later ones lose a frame of one pixel.
    struct Extra {
      std::int64_t inner, out;
      bool halves;
    };
    const std::array<Extra, 5> extras =
        resnet_ ? std::array<Extra, 5>{{{256, 512, true},
                                        {256, 512, true},
                                        {128, 256, true},
                                        {128, 256, false},
                                        {128, 256, false}}}
                : std::array<Extra, 5>{
                      {{}, {256, 512, true}, {128, 256, true}, {128, 256, false}, {128, 256, false}}};
    for (std::size_t i = maps.size() - 1; i < extras.size(); ++i) {
      const Extra& e = extras[i];
      const std::string at = "extra." + std::to_string(i);
      const Feature x = layer(at + ".0", maps.back(), {.out = e.inner});
      maps.push_back(layer(at + ".1", x,
                           {.out = e.out, .size = 3, .stride = e.halves ? 2 : 1, .pad = e.halves ? 1 : 0}));
    }
    detect(maps, classes);
    return take();
  }

 private:
  /// A convolution and ReLU, with a norm on ResNet and a bias on VGG.
  Feature layer(const std::string& name, Feature x, Filter filter) {
    if (resnet_) return conv_bn(name, x, filter);
    filter.bias = true;
    return relu(name + ".relu", conv(name, x, filter));
  }

  std::vector<Feature> resnet() {
    Feature x = max_pool("maxpool", conv_bn("conv1", image(), {.out = 64, .size = 7, .stride = 2, .pad = 3}),
                         3, 2, 1);
    constexpr std::array<int, 3> blocks{3, 4, 6};
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
      const std::int64_t width = std::int64_t{64} << stage;
      for (int i = 0; i < blocks[stage]; ++i) {
        const std::string at = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
        const std::int64_t stride = stage == 1 && i == 0 ? 2 : 1;
        Feature y = conv_bn(at + ".1", x, {.out = width});
        y = conv_bn(at + ".2", y, {.out = width, .size = 3, .stride = stride, .pad = 1});
        y = conv_bn(at + ".3", y, {.out = 4 * width}, "");
        if (i == 0) x = conv_bn(at + ".downsample", x, {.out = 4 * width, .stride = stride}, "");
        x = relu(at + ".relu", add(at + ".add", y, x));
      }
    }
    return {x};
  }

  /// The first map comes from before the fourth pooling, scaled to unit length per pixel; the last two layers stand for
  /// VGG's fully connected ones, their filters dilated.
  std::vector<Feature> vgg() {
    constexpr std::array<std::int64_t, 5> widths{64, 128, 256, 512, 512};
    constexpr std::array<int, 5> layers{2, 2, 3, 3, 3};
    Feature x = image(), early;
    for (std::size_t stage = 0; stage < widths.size(); ++stage) {
      const std::string at = "features." + std::to_string(stage);
      if (stage > 0) x = max_pool(at + ".pool", x, 2, 2, 0, true);
      for (int i = 0; i < layers[stage]; ++i)
        x = layer(at + "." + std::to_string(i), x, {.out = widths[stage], .size = 3, .pad = 1});
      if (stage == 3) early = x;
    }
    early.node = rms_norm("scale", early.node, count(early) / early.c, early.c);
    x = max_pool("extra.pool", x, 3, 1, 1);
    x = layer("fc6", x, {.out = 1024, .size = 3, .pad = 6, .dilation = 6});
    return {early, layer("fc7", x, {.out = 1024})};
  }

  /// Two filters over every map, their results put box after box and side by side.
  void detect(const std::vector<Feature>& maps, std::int64_t classes) {
    for (const auto& [what, values] :
         {std::pair<std::string, std::int64_t>{"classes", classes}, {"boxes", 4}}) {
      std::vector<int> parts;
      std::int64_t boxes = 0;
      for (std::size_t i = 0; i < maps.size(); ++i) {
        const std::string at = "head." + what + "." + std::to_string(i);
        const Feature y = conv(at, maps[i], {.out = kBoxes[i] * values, .size = 3, .pad = 1, .bias = true});
        parts.push_back(rearrange(at + ".permute", y.node, count(y)));
        boxes += kBoxes[i] * y.h * y.w;
      }
      const std::int64_t rows = elements(network(), {batch(), boxes});
      Node joined;
      joined.name = "head." + what;
      joined.output_elements = elements(network(), {rows, values});
      joined.op = Copy{joined.output_elements, 1, 1, false};
      joined.backward = {Copy{joined.output_elements, 1, 1, false}};
      joined.saves_input = false;
      const int all = add(std::move(joined), parts);
      cross_entropy("loss." + what, all, rows, values);  // of boxes smooth L1, which reads as much
    }
  }

  bool resnet_;
};

Network entry(const char* name, const char* description, std::vector<std::string> aliases, bool resnet,
              std::int64_t classes) {
  Network network =
      image_network(name, description, std::move(aliases), 300,
                    [=](const WorkloadRequest& request, const WorkloadInfo& info) {
                      return Ssd(request, info, resnet).build(request.classes.value_or(classes));
                    });
  network.info.default_batch = 32;
  return network;
}

}  // namespace

std::vector<Network> ssd_family() {
  return {
      entry("ssd300-vgg16", "SSD of 300 pixels on VGG-16, 91 classes", {"ssd300", "ssd-vgg16"}, false, 91),
      entry("ssd300-resnet50", "SSD of 300 pixels on ResNet-50, 81 classes", {"ssd", "ssd-resnet50"}, true,
            81),
  };
}

}  // namespace roofcast
