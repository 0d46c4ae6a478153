// MobileNet 1 to 3 and MnasNet.
// Source: Howard et al. (2017), table 1; Sandler et al. (2018), table 2; Howard et al. (2019), tables 1 and 2, as
// torchvision; Tan et al., "MnasNet" (2019), figure 7, as timm's mnasnet_b1.
// SPDX-License-Identifier: Apache-2.0
#include <span>

#include "model/workloads/families.h"
#include "model/workloads/vision/inverted_residual.h"

namespace roofcast {
namespace {

constexpr const char* kSwish = "hardswish";
constexpr const char* kRelu = "relu";

/// A row of MobileNetV3's tables.
struct V3Row {
  std::int64_t kernel, expanded, out, squeezed;
  const char* function;
  std::int64_t stride;
};

Graph build_v3(const WorkloadRequest& request, const WorkloadInfo& info, std::span<const V3Row> rows,
               std::int64_t last, std::int64_t hidden) {
  ImageBuilder b(request, info);
  Feature x = b.conv_bn("features.0", b.image(), {.out = 16, .size = 3, .stride = 2, .pad = 1}, kSwish);
  int index = 0;
  for (const V3Row& r : rows) {
    x = inverted_residual(b, "features." + std::to_string(++index), x,
                          {.kernel = r.kernel,
                           .expanded = r.expanded,
                           .out = r.out,
                           .stride = r.stride,
                           .squeezed = r.squeezed,
                           .function = r.function,
                           .gate = "hardsigmoid"});
  }
  const std::string name = "features." + std::to_string(++index);
  x = b.global_average("avgpool", b.conv_bn(name, x, {.out = last}, kSwish));
  x = b.activation("classifier.0.hardswish", b.dense("classifier.0", x, hidden), kSwish);
  return b.classify("classifier.1", b.dropout_image("dropout", x), request.classes.value_or(1000));
}

Graph build_v3_large(const WorkloadRequest& request, const WorkloadInfo& info) {
  static constexpr V3Row rows[]{
      {3, 16, 16, 0, kRelu, 1},      {3, 64, 24, 0, kRelu, 2},      {3, 72, 24, 0, kRelu, 1},
      {5, 72, 40, 24, kRelu, 2},     {5, 120, 40, 32, kRelu, 1},    {5, 120, 40, 32, kRelu, 1},
      {3, 240, 80, 0, kSwish, 2},    {3, 200, 80, 0, kSwish, 1},    {3, 184, 80, 0, kSwish, 1},
      {3, 184, 80, 0, kSwish, 1},    {3, 480, 112, 120, kSwish, 1}, {3, 672, 112, 168, kSwish, 1},
      {5, 672, 160, 168, kSwish, 2}, {5, 960, 160, 240, kSwish, 1}, {5, 960, 160, 240, kSwish, 1}};
  return build_v3(request, info, rows, 960, 1280);
}

Graph build_v3_small(const WorkloadRequest& request, const WorkloadInfo& info) {
  static constexpr V3Row rows[]{
      {3, 16, 16, 8, kRelu, 2},     {3, 72, 24, 0, kRelu, 2},    {3, 88, 24, 0, kRelu, 1},
      {5, 96, 40, 24, kSwish, 2},   {5, 240, 40, 64, kSwish, 1}, {5, 240, 40, 64, kSwish, 1},
      {5, 120, 48, 32, kSwish, 1},  {5, 144, 48, 40, kSwish, 1}, {5, 288, 96, 72, kSwish, 2},
      {5, 576, 96, 144, kSwish, 1}, {5, 576, 96, 144, kSwish, 1}};
  return build_v3(request, info, rows, 576, 1024);
}

/// A stage of repeated blocks: only the first has the stride.
struct Stage {
  std::int64_t ratio, kernel, out, repeats, stride;
};

Graph build_stages(const WorkloadRequest& request, const WorkloadInfo& info, std::span<const Stage> stages,
                   const char* function) {
  ImageBuilder b(request, info);
  Feature x = b.conv_bn("stem", b.image(), {.out = 32, .size = 3, .stride = 2, .pad = 1}, function);
  int index = 0;
  for (const Stage& s : stages) {
    for (std::int64_t repeat = 0; repeat < s.repeats; ++repeat) {
      x = inverted_residual(b, "blocks." + std::to_string(index++), x,
                            {.kernel = s.kernel,
                             .expanded = x.c * s.ratio,
                             .out = s.out,
                             .stride = repeat == 0 ? s.stride : 1,
                             .function = function});
    }
  }
  x = b.global_average("avgpool", b.conv_bn("head", x, {.out = 1280}, function));
  return b.classify("classifier", b.dropout_image("dropout", x), request.classes.value_or(1000));
}

Graph build_v2(const WorkloadRequest& request, const WorkloadInfo& info) {
  static constexpr Stage stages[]{{1, 3, 16, 1, 1}, {6, 3, 24, 2, 2},  {6, 3, 32, 3, 2}, {6, 3, 64, 4, 2},
                                  {6, 3, 96, 3, 1}, {6, 3, 160, 3, 2}, {6, 3, 320, 1, 1}};
  return build_stages(request, info, stages, "relu6");
}

Graph build_mnasnet(const WorkloadRequest& request, const WorkloadInfo& info) {
  static constexpr Stage stages[]{{1, 3, 16, 1, 1}, {3, 3, 24, 3, 2},  {3, 5, 40, 3, 2}, {6, 5, 80, 3, 2},
                                  {6, 3, 96, 2, 1}, {6, 5, 192, 4, 2}, {6, 3, 320, 1, 1}};
  return build_stages(request, info, stages, kRelu);
}

Graph build_v1(const WorkloadRequest& request, const WorkloadInfo& info) {
  struct Layer {
    std::int64_t out, stride;
  };
  static constexpr Layer layers[]{{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                                  {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  ImageBuilder b(request, info);
  Feature x = b.conv_bn("stem", b.image(), {.out = 32, .size = 3, .stride = 2, .pad = 1});
  int index = 0;
  for (const Layer& layer : layers) {
    const std::string name = "blocks." + std::to_string(index++);
    x = b.conv_bn(name + ".depthwise", x,
                  {.out = x.c, .size = 3, .stride = layer.stride, .pad = 1, .groups = x.c});
    x = b.conv_bn(name + ".pointwise", x, {.out = layer.out});
  }
  return b.classify("classifier", b.global_average("avgpool", x), request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> mobile_family() {
  return {
      image_network("mobilenet-v1", "MobileNet", {"mobilenet", "mobilenetv1-100"}, 224, build_v1),
      image_network("mobilenet-v2", "MobileNetV2", {"mobilenetv2-100"}, 224, build_v2),
      image_network("mobilenet-v3-small", "MobileNetV3-Small", {"mobilenet-v3-s", "mobilenetv3-small-100"},
                    224, build_v3_small),
      image_network("mobilenet-v3-large", "MobileNetV3-Large", {"mobilenet-v3-l", "mobilenetv3-large-100"},
                    224, build_v3_large),
      image_network("mnasnet-b1", "MnasNet-B1", {"mnasnet", "mnasnet1-0", "mnasnet-100"}, 224, build_mnasnet),
  };
}

}  // namespace roofcast
