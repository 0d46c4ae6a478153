// YOLO's blocks and the head of versions 8 and 11.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/vision/yolo_layers.h"

#include <algorithm>

namespace roofcast {

Feature YoloBuilder::cbs(const std::string& name, Feature x, std::int64_t out, std::int64_t size,
                         std::int64_t stride) {
  return conv_bn(name, x, {.out = out, .size = size, .stride = stride, .pad = size / 2}, "silu");
}

Feature YoloBuilder::bottleneck(const std::string& name, Feature x, std::int64_t hidden, std::int64_t first,
                                bool shortcut) {
  const Feature y = cbs(name + ".cv2", cbs(name + ".cv1", x, hidden, first), x.c, 3);
  if (!shortcut) return y;
  return {pointwise(name + ".add", "add", count(y), {x.node, y.node}), y.c, y.h, y.w};
}

Feature YoloBuilder::c3(const std::string& name, Feature x, std::int64_t out, std::int64_t n, bool shortcut,
                        std::int64_t first) {
  const std::int64_t hidden = out / 2;
  Feature y = cbs(name + ".cv1", x, hidden);
  for (std::int64_t i = 0; i < n; ++i)
    y = bottleneck(name + ".m." + std::to_string(i), y, hidden, first, shortcut);
  return cbs(name + ".cv3", concat(name + ".concat", {y, cbs(name + ".cv2", x, hidden)}), out);
}

Feature YoloBuilder::sppf(const std::string& name, Feature x, std::int64_t out) {
  std::vector<Feature> parts{cbs(name + ".cv1", x, x.c / 2)};
  for (int i = 0; i < 3; ++i)
    parts.push_back(max_pool(name + ".m." + std::to_string(i), parts.back(), 5, 1, 2));
  return cbs(name + ".cv2", concat(name + ".concat", parts), out);
}

void YoloBuilder::anchor_free_head(const std::vector<Feature>& scales, std::int64_t classes,
                                   bool depthwise_classes) {
  constexpr std::int64_t bins = 16;  // of a side's distribution
  const std::int64_t boxes = std::max(scales.front().c / 4, 4 * bins);
  const std::int64_t wide = std::max(scales.front().c, std::min<std::int64_t>(classes, 100));
  std::int64_t anchors = 0;
  std::vector<Feature> outputs;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const std::string name = "detect." + std::to_string(i);
    const Feature x = scales[i];
    Feature box = cbs(name + ".cv2.1", cbs(name + ".cv2.0", x, boxes, 3), boxes, 3);
    box = conv(name + ".cv2.2", box, {.out = 4 * bins, .bias = true});
    Feature sort = x;
    for (const char* layer : {".cv3.0", ".cv3.1"}) {
      if (depthwise_classes) {
        sort = conv_bn(name + layer + ".0", sort, {.out = sort.c, .size = 3, .pad = 1, .groups = sort.c},
                       "silu");
        sort = cbs(name + layer + ".1", sort, wide);
      } else {
        sort = cbs(name + layer, sort, wide, 3);
      }
    }
    sort = conv(name + ".cv3.2", sort, {.out = classes, .bias = true});
    outputs.push_back(concat(name + ".concat", {box, sort}));
    anchors += x.h * x.w;
  }
  if (training()) return;  // the loss is of the host's making and not modelled
  Node all;
  const std::int64_t count = batch() * anchors * (4 * bins + classes);
  all.name = "detect.concat";
  all.op = Copy{count, 1, 1, false};
  all.output_elements = count;
  std::vector<int> inputs;
  for (const Feature& f : outputs) inputs.push_back(f.node);
  const int joined = add(std::move(all), inputs);
  const std::int64_t sides = batch() * anchors * 4;
  const int softened =
      softmax("detect.dfl.softmax", rearrange("detect.dfl.transpose", joined, sides * bins), sides, bins);
  Node expectation;  // a 1×1 convolution with the numbers 0 to 15 as fixed weights
  expectation.name = "detect.dfl.conv";
  Conv2d op;
  op.n = batch();
  op.c = bins;
  op.h = 4;
  op.w = anchors;
  expectation.op = op;
  expectation.output_elements = sides;
  const int decoded = add(std::move(expectation), {softened});
  const int corners = pointwise("detect.decode", "mulu", sides, {decoded});
  const int scores = pointwise("detect.sigmoid", "sigmoid", batch() * anchors * classes, {joined});
  Node result;
  result.name = "detect.output";
  result.op = Copy{batch() * anchors * (4 + classes), 1, 1, false};
  result.output_elements = batch() * anchors * (4 + classes);
  add(std::move(result), {corners, scores});
}

}  // namespace roofcast
