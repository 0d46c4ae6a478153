// Inverted residuals with depthwise convolutions: MobileNetV3-Large, EfficientNet-B0.
// Source: Howard et al. (2019), table 1, as torchvision; Tan and Le (2019), table 1.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

struct Inverted {
  std::int64_t kernel, expanded, out, stride;
  std::int64_t squeezed;  // hidden width of squeeze and excite; 0: none
  const char* function;   // "relu", "hardswish", "silu"
};

Feature inverted(ImageBuilder& b, const std::string& name, Feature x, const Inverted& i, const char* inner,
                 const char* gate) {
  Feature y = x;
  if (i.expanded != x.c) y = b.conv_bn(name + ".expand", y, {.out = i.expanded}, i.function);
  y = b.conv_bn(
      name + ".depthwise", y,
      {.out = i.expanded, .size = i.kernel, .stride = i.stride, .pad = i.kernel / 2, .groups = i.expanded},
      i.function);
  if (i.squeezed > 0) y = b.squeeze_excite(name + ".se", y, i.squeezed, inner, gate);
  y = b.conv_bn(name + ".project", y, {.out = i.out}, "");
  return i.stride == 1 && i.out == x.c ? b.add(name + ".add", y, x) : y;
}

Graph build_mobilenet_v3_large(const WorkloadRequest& request, const WorkloadInfo& info) {
  constexpr const char* swish = "hardswish";
  static constexpr Inverted blocks[]{
      {3, 16, 16, 1, 0, "relu"},    {3, 64, 24, 2, 0, "relu"},    {3, 72, 24, 1, 0, "relu"},
      {5, 72, 40, 2, 24, "relu"},   {5, 120, 40, 1, 32, "relu"},  {5, 120, 40, 1, 32, "relu"},
      {3, 240, 80, 2, 0, swish},    {3, 200, 80, 1, 0, swish},    {3, 184, 80, 1, 0, swish},
      {3, 184, 80, 1, 0, swish},    {3, 480, 112, 1, 120, swish}, {3, 672, 112, 1, 168, swish},
      {5, 672, 160, 2, 168, swish}, {5, 960, 160, 1, 240, swish}, {5, 960, 160, 1, 240, swish}};
  ImageBuilder b(info.name, info.description, request, *info.default_image_size);
  Feature x = b.conv_bn("features.0", b.image(), {.out = 16, .size = 3, .stride = 2, .pad = 1}, swish);
  int index = 0;
  for (const Inverted& block : blocks)
    x = inverted(b, "features." + std::to_string(++index), x, block, "relu", "hardsigmoid");
  x = b.global_average("avgpool", b.conv_bn("features.16", x, {.out = 960}, swish));
  x = b.activation("classifier.0.hardswish", b.dense("classifier.0", x, 1280), swish);
  return b.classify("classifier.1", b.dropout_image("dropout", x), request.classes.value_or(1000));
}

Graph build_efficientnet_b0(const WorkloadRequest& request, const WorkloadInfo& info) {
  struct Stage {
    std::int64_t ratio, kernel, out, repeats, stride;
  };
  static constexpr Stage stages[]{{1, 3, 16, 1, 1},  {6, 3, 24, 2, 2},  {6, 5, 40, 2, 2}, {6, 3, 80, 3, 2},
                                  {6, 5, 112, 3, 1}, {6, 5, 192, 4, 2}, {6, 3, 320, 1, 1}};
  ImageBuilder b(info.name, info.description, request, *info.default_image_size);
  Feature x = b.conv_bn("stem", b.image(), {.out = 32, .size = 3, .stride = 2, .pad = 1}, "silu");
  int index = 0;
  for (const Stage& stage : stages) {
    for (std::int64_t repeat = 0; repeat < stage.repeats; ++repeat) {
      const Inverted block{
          stage.kernel, x.c * stage.ratio, stage.out, repeat == 0 ? stage.stride : 1, x.c / 4, "silu"};
      x = inverted(b, "blocks." + std::to_string(index++), x, block, "silu", "sigmoid");
    }
  }
  x = b.global_average("avgpool", b.conv_bn("head", x, {.out = 1280}, "silu"));
  return b.classify("classifier", b.dropout_image("dropout", x), request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> mobile_family() {
  return {
      {image_workload("mobilenet-v3-large", "MobileNetV3-Large"),
       {"mobilenet-v3-l", "mobilenetv3-large-100"},
       false,
       {},
       0,
       build_mobilenet_v3_large},
      {image_workload("efficientnet-b0", "EfficientNet-B0"), {}, false, {}, 0, build_efficientnet_b0},
  };
}

}  // namespace roofcast
