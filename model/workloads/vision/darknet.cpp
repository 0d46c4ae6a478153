// The YOLOs of Darknet: version 3 with and without spatial pyramid pooling, its tiny one, and version 4.
// Source: Redmon and Farhadi, "YOLOv3" (2018); Bochkovskiy et al., "YOLOv4" (2020); darknet's cfg/yolov3*.cfg, yolov4.cfg.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

class Darknet : public ImageBuilder {
 public:
  Darknet(const WorkloadRequest& request, const WorkloadInfo& info) : ImageBuilder(request, info) {
    if (image().h % 32 != 0 || image().w % 32 != 0)
      throw std::invalid_argument(
          fmt::format("{}: sides must be multiples of 32, e.g. 416 or 608", info.name));
    outputs_ = 3 * (5 + request.classes.value_or(80));
  }

  void use(const char* function) { function_ = function; }
  Feature layer(Feature x, std::int64_t out, std::int64_t size = 1, std::int64_t stride = 1) {
    return conv_bn(next(), x, {.out = out, .size = size, .stride = stride, .pad = size / 2}, function_);
  }
  Feature residuals(Feature x, std::int64_t hidden, int repeats) {
    for (int i = 0; i < repeats; ++i) {
      const Feature y = layer(layer(x, hidden), x.c, 3);
      x.node = pointwise(next() + ".add", "add", count(y), {x.node, y.node});
    }
    return x;
  }
  /// 1×1 and 3×3 in turn, `layers` of them.
  Feature tower(Feature x, std::int64_t narrow, int layers) {
    for (int i = 0; i < layers; ++i) x = i % 2 == 0 ? layer(x, narrow) : layer(x, 2 * narrow, 3);
    return x;
  }
  Feature pyramid_pool(Feature x) {
    std::vector<Feature> parts;
    for (const std::int64_t window : {13, 9, 5})
      parts.push_back(max_pool(next() + ".max", x, window, 1, window / 2));
    parts.push_back(x);
    return concat(next() + ".concat", parts);
  }
  Feature join(Feature a, Feature b) { return concat(next() + ".concat", {a, b}); }
  Feature up(Feature x, std::int64_t out) { return upsample(next() + ".upsample", layer(x, out), 2); }
  void detect(Feature x, std::int64_t wide) {
    const Feature y = conv(next(), layer(x, wide, 3), {.out = outputs_, .bias = true});
    if (!training()) activation(next() + ".sigmoid", y, "sigmoid");
  }

 private:
  std::string next() { return "layers." + std::to_string(index_++); }
  int index_ = 0;
  std::int64_t outputs_ = 255;
  const char* function_ = "leakyrelu";
};

Graph build_v3(const WorkloadRequest& request, const WorkloadInfo& info, bool pools) {
  Darknet b(request, info);
  Feature x = b.residuals(b.layer(b.layer(b.image(), 32, 3), 64, 3, 2), 32, 1);
  x = b.residuals(b.layer(x, 128, 3, 2), 64, 2);
  const Feature p3 = b.residuals(b.layer(x, 256, 3, 2), 128, 8);
  const Feature p4 = b.residuals(b.layer(p3, 512, 3, 2), 256, 8);
  x = b.residuals(b.layer(p4, 1024, 3, 2), 512, 4);
  x = b.tower(x, 512, 3);
  if (pools) x = b.layer(b.pyramid_pool(x), 512);
  x = b.layer(b.layer(x, 1024, 3), 512);
  b.detect(x, 1024);
  x = b.tower(b.join(b.up(x, 256), p4), 256, 5);
  b.detect(x, 512);
  x = b.tower(b.join(b.up(x, 128), p3), 128, 5);
  b.detect(x, 256);
  return b.take();
}

Graph build_v3_tiny(const WorkloadRequest& request, const WorkloadInfo& info) {
  Darknet b(request, info);
  Feature x = b.image(), p4;
  for (const std::int64_t out : {16, 32, 64, 128, 256}) {
    p4 = b.layer(x, out, 3);
    x = b.max_pool("pool" + std::to_string(out), p4, 2, 2, 0);
  }
  x = b.layer(b.max_pool("pool512", b.layer(x, 512, 3), 3, 1, 1), 1024, 3);
  x = b.layer(x, 256);
  b.detect(x, 512);
  b.detect(b.join(b.up(x, 128), p4), 256);
  return b.take();
}

Graph build_v4(const WorkloadRequest& request, const WorkloadInfo& info) {
  Darknet b(request, info);
  b.use("mish");
  /// A cross-stage partial stage: half through residual blocks, half past them.
  const auto stage = [&](Feature x, std::int64_t out, std::int64_t half, std::int64_t hidden, int repeats) {
    x = b.layer(x, out, 3, 2);
    const Feature past = b.layer(x, half);
    const Feature through = b.layer(b.residuals(b.layer(x, half), hidden, repeats), half);
    return b.layer(b.join(through, past), out);
  };
  Feature x = stage(b.layer(b.image(), 32, 3), 64, 64, 32, 1);
  x = stage(x, 128, 64, 64, 2);
  const Feature c3 = stage(x, 256, 128, 128, 8);
  const Feature c4 = stage(c3, 512, 256, 256, 8);
  x = stage(c4, 1024, 512, 512, 4);
  b.use("leakyrelu");
  const Feature p5 = b.tower(b.pyramid_pool(b.tower(x, 512, 3)), 512, 3);
  Feature above = b.up(p5, 256);
  const Feature p4 = b.tower(b.join(b.layer(c4, 256), above), 256, 5);
  above = b.up(p4, 128);
  x = b.tower(b.join(b.layer(c3, 128), above), 128, 5);
  b.detect(x, 256);
  x = b.tower(b.join(b.layer(x, 256, 3, 2), p4), 256, 5);
  b.detect(x, 512);
  x = b.tower(b.join(b.layer(x, 512, 3, 2), p5), 512, 5);
  b.detect(x, 1024);
  return b.take();
}

Network entry(const char* name, const char* description, std::vector<std::string> aliases,
              BuildNetwork build) {
  Network network = image_network(name, description, std::move(aliases), 608, std::move(build));
  network.info.default_batch = 16;
  return network;
}

}  // namespace

std::vector<Network> darknet_family() {
  const auto v3 = [](bool pools) {
    return [pools](const WorkloadRequest& request, const WorkloadInfo& info) {
      return build_v3(request, info, pools);
    };
  };
  return {
      entry("yolov3", "YOLOv3, object detection", {}, v3(false)),
      entry("yolov3-spp", "YOLOv3 with pyramid pooling", {}, v3(true)),
      entry("yolov3-tiny", "YOLOv3, tiny", {}, build_v3_tiny),
      entry("yolov4", "YOLOv4, object detection", {}, build_v4),
  };
}

}  // namespace roofcast
