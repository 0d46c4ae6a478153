// EfficientNet B0 to B7 and V2.
// Source: Tan and Le (2019), table 1 and compound scaling; Tan and Le, "EfficientNetV2" (2021), table 4; timm,
// efficientnet.py for the "tf_" (TensorFlow's padding) and "rw" versions.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <span>

#include "model/workloads/families.h"
#include "model/workloads/vision/inverted_residual.h"

namespace roofcast {
namespace {

struct Stage {
  bool fused;  // one k×k convolution expands in place of a 1×1 and a depthwise one
  std::int64_t ratio, kernel, stride, out, repeats;
};

struct Shape {
  std::span<const Stage> stages;
  std::int64_t stem, head;
  double width = 1, depth = 1;
  bool same = false;             // TensorFlow's padding
  bool projects_always = false;  // fused blocks without expansion still have their 1×1 (rw)
};

/// Widths in multiples of eight, never more than a tenth below what was asked.
std::int64_t scaled(std::int64_t width, double factor) {
  const double wanted = static_cast<double>(width) * factor;
  const auto rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(wanted + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * wanted ? rounded + 8 : rounded;
}

Feature fused(ImageBuilder& b, const std::string& name, Feature x, const Stage& s, std::int64_t stride,
              const Shape& shape) {
  Feature y = x;
  const bool copies = shape.same && stride > 1;
  if (copies) y = b.pad_same(name + ".pad", y, s.kernel, stride);
  const bool plain = s.ratio == 1 && !shape.projects_always;
  y = b.conv_bn(name + (plain ? ".conv" : ".expand"), y,
                {.out = x.c * s.ratio, .size = s.kernel, .stride = stride, .pad = copies ? 0 : s.kernel / 2},
                "silu");
  if (!plain) y = b.conv_bn(name + ".project", y, {.out = s.out}, "");
  return stride == 1 && y.c == x.c ? b.add(name + ".add", y, x) : y;
}

Graph build_efficientnet(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape) {
  ImageBuilder b(request, info);
  Feature x = b.image();
  if (shape.same) x = b.pad_same("stem.pad", x, 3, 2);
  const std::int64_t stem = scaled(shape.stem, shape.width);
  x = b.conv_bn("stem", x, {.out = stem, .size = 3, .stride = 2, .pad = shape.same ? 0 : 1}, "silu");
  int index = 0;
  for (Stage s : shape.stages) {
    s.out = scaled(s.out, shape.width);
    const auto repeats = static_cast<std::int64_t>(std::ceil(static_cast<double>(s.repeats) * shape.depth));
    for (std::int64_t repeat = 0; repeat < repeats; ++repeat) {
      const std::string name = "blocks." + std::to_string(index++);
      const std::int64_t stride = repeat == 0 ? s.stride : 1;
      x = s.fused ? fused(b, name, x, s, stride, shape)
                  : inverted_residual(b, name, x,
                                      {.kernel = s.kernel,
                                       .expanded = x.c * s.ratio,
                                       .out = s.out,
                                       .stride = stride,
                                       .squeezed = x.c / 4,
                                       .function = "silu",
                                       .inner = "silu",
                                       .same = shape.same});
    }
  }
  x = b.global_average("avgpool", b.conv_bn("head", x, {.out = scaled(shape.head, shape.width)}, "silu"));
  return b.classify("classifier", b.dropout_image("dropout", x), request.classes.value_or(1000));
}

constexpr Stage kV1[]{{false, 1, 3, 1, 16, 1}, {false, 6, 3, 2, 24, 2},  {false, 6, 5, 2, 40, 2},
                      {false, 6, 3, 2, 80, 3}, {false, 6, 5, 1, 112, 3}, {false, 6, 5, 2, 192, 4},
                      {false, 6, 3, 1, 320, 1}};
constexpr Stage kV2S[]{{true, 1, 3, 1, 24, 2},   {true, 4, 3, 2, 48, 4},   {true, 4, 3, 2, 64, 4},
                       {false, 4, 3, 2, 128, 6}, {false, 6, 3, 1, 160, 9}, {false, 6, 3, 2, 256, 15}};
constexpr Stage kV2Rw[]{{true, 1, 3, 1, 24, 2},   {true, 4, 3, 2, 48, 4},   {true, 4, 3, 2, 64, 4},
                        {false, 4, 3, 2, 128, 6}, {false, 6, 3, 1, 160, 9}, {false, 6, 3, 2, 272, 15}};
constexpr Stage kV2M[]{{true, 1, 3, 1, 24, 3},   {true, 4, 3, 2, 48, 5},    {true, 4, 3, 2, 80, 5},
                       {false, 4, 3, 2, 160, 7}, {false, 6, 3, 1, 176, 14}, {false, 6, 3, 2, 304, 18},
                       {false, 6, 3, 1, 512, 5}};
constexpr Stage kV2L[]{{true, 1, 3, 1, 32, 4},    {true, 4, 3, 2, 64, 7},    {true, 4, 3, 2, 96, 7},
                       {false, 4, 3, 2, 192, 10}, {false, 6, 3, 1, 224, 19}, {false, 6, 3, 2, 384, 25},
                       {false, 6, 3, 1, 640, 7}};

Network entry(std::string name, std::string description, std::vector<std::string> aliases, std::int64_t size,
              const Shape& shape) {
  return image_network(std::move(name), std::move(description), std::move(aliases), size,
                       [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return build_efficientnet(request, info, shape);
                       });
}

}  // namespace

std::vector<Network> efficientnet_family() {
  struct Scale {
    double width, depth;
    std::int64_t size;
  };
  static constexpr Scale scales[]{{1.0, 1.0, 224}, {1.0, 1.1, 240}, {1.1, 1.2, 260}, {1.2, 1.4, 300},
                                  {1.4, 1.8, 380}, {1.6, 2.2, 456}, {1.8, 2.6, 528}, {2.0, 3.1, 600}};
  std::vector<Network> family;
  for (const bool same : {false, true}) {
    int index = 0;
    for (const Scale& s : scales) {
      const std::string number = std::to_string(index++);
      family.push_back(
          entry((same ? "tf-efficientnet-b" : "efficientnet-b") + number,
                "EfficientNet-B" + number + (same ? ", TensorFlow's padding" : ""), {}, s.size,
                {.stages = kV1, .stem = 32, .head = 1280, .width = s.width, .depth = s.depth, .same = same}));
    }
    const std::string prefix = same ? "tf-efficientnetv2-" : "efficientnetv2-";
    const std::string title = same ? ", TensorFlow's padding" : "";
    family.push_back(entry(prefix + "s", "EfficientNetV2-S" + title, {}, 384,
                           {.stages = kV2S, .stem = 24, .head = 1280, .same = same}));
    family.push_back(entry(prefix + "m", "EfficientNetV2-M" + title, {}, 480,
                           {.stages = kV2M, .stem = 24, .head = 1280, .same = same}));
    family.push_back(entry(prefix + "l", "EfficientNetV2-L" + title, {}, 480,
                           {.stages = kV2L, .stem = 32, .head = 1280, .same = same}));
  }
  family.push_back(entry("efficientnetv2-rw-s", "EfficientNetV2-S of timm", {}, 384,
                         {.stages = kV2Rw, .stem = 24, .head = 1792, .projects_always = true}));
  return family;
}

}  // namespace roofcast
