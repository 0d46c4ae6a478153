// YOLO versions 5, 8 and 11, inference of raw boxes and scores (non-maximum suppression apart).
// Source: github.com/ultralytics/ultralytics, cfg/models/{v5,v8,11}/*.yaml, and ultralytics/yolov5, models/yolov5*.yaml
// (v6); published at 640×640: parameters and FLOPs of the models' READMEs.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "model/workloads/families.h"
#include "model/workloads/vision/yolo_layers.h"

namespace roofcast {
namespace {

struct Scale {
  const char* letter;
  double depth, width;
  std::int64_t most;  // channels before scaling
};

std::int64_t wide(const Scale& s, std::int64_t channels) {
  const double scaled = static_cast<double>(std::min(channels, s.most)) * s.width;
  return static_cast<std::int64_t>(std::ceil(scaled / 8)) * 8;
}

std::int64_t deep(const Scale& s, std::int64_t repeats) {
  if (repeats == 1) return 1;
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::nearbyint(static_cast<double>(repeats) * s.depth)));
}

YoloBuilder start(const WorkloadRequest& request, const WorkloadInfo& info) {
  YoloBuilder b(request, info);
  if (b.image().h % 32 != 0 || b.image().w % 32 != 0)
    throw std::invalid_argument(
        fmt::format("{}: sides must be multiples of 32, e.g. 640 or 1088x1920", info.name));
  return b;
}

/// The pyramid all three share: up twice and down twice, `block` wherever scales meet.
template <typename Block, typename Narrow>
std::vector<Feature> pyramid(YoloBuilder& b, const Scale& s, const Feature& p3, const Feature& p4,
                             const Feature& p5, Block block, Narrow narrow) {
  const auto up = [&](const std::string& name, Feature low, Feature high) {
    return b.concat(name + ".concat", {b.upsample(name, low, 2), high});
  };
  const auto down = [&](const std::string& name, Feature high, Feature low) {
    return b.concat(name + ".concat", {b.cbs(name, high, high.c, 3, 2), low});
  };
  const Feature top = narrow("head.0", p5, wide(s, 512));
  const Feature middle = narrow("head.2", block("head.1", up("head.up0", top, p4), 512, false), wide(s, 256));
  const Feature small = block("head.3", up("head.up1", middle, p3), 256, false);
  const Feature medium = block("head.4", down("head.down0", small, middle), 512, false);
  return {small, medium, block("head.5", down("head.down1", medium, top), 1024, true)};
}

struct Scales {
  Feature p3, p4, p5;
};

/// The backbone of versions 5 and 8 behind the stem `x`: four stages of `block`, pooled at the end.
template <typename Block>
Scales backbone(YoloBuilder& b, const Scale& s, Feature x, std::int64_t blocks_of_p4, Block block) {
  x = block("2", b.cbs("1", x, wide(s, 128), 3, 2), 128, 3, true);
  const Feature p3 = block("4", b.cbs("3", x, wide(s, 256), 3, 2), 256, 6, true);
  const Feature p4 = block("6", b.cbs("5", p3, wide(s, 512), 3, 2), 512, blocks_of_p4, true);
  x = block("8", b.cbs("7", p4, wide(s, 1024), 3, 2), 1024, 3, true);
  return {p3, p4, b.sppf("9", x, wide(s, 1024))};
}

Graph build_v5(const WorkloadRequest& request, const WorkloadInfo& info, const Scale& s) {
  YoloBuilder b = start(request, info);
  const auto block = [&](const std::string& name, Feature x, std::int64_t out, std::int64_t n,
                         bool shortcut) { return b.c3(name, x, wide(s, out), deep(s, n), shortcut, 1); };
  const Feature stem =
      b.conv_bn("0", b.image(), {.out = wide(s, 64), .size = 6, .stride = 2, .pad = 2}, "silu");
  const auto [p3, p4, p5] = backbone(b, s, stem, 9, block);
  const auto scales = pyramid(
      b, s, p3, p4, p5,
      [&](const std::string& name, Feature f, std::int64_t out, bool) {
        return block(name, f, out, 3, false);
      },
      [&](const std::string& name, Feature f, std::int64_t out) { return b.cbs(name, f, out); });
  const std::int64_t outputs = 3 * (5 + request.classes.value_or(80));  // three anchors each
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const std::string name = "detect." + std::to_string(i);
    Feature y = b.conv(name, scales[i], {.out = outputs, .bias = true});
    if (b.training()) continue;
    y.node = b.rearrange(name + ".transpose", y.node, b.count(y));
    b.activation(name + ".sigmoid", y, "sigmoid", false);
  }
  return b.take();
}

Graph build_v8(const WorkloadRequest& request, const WorkloadInfo& info, const Scale& s) {
  YoloBuilder b = start(request, info);
  const auto block = [&](const std::string& name, Feature x, std::int64_t out, std::int64_t n,
                         bool shortcut) {
    const std::int64_t c = wide(s, out), hidden = c / 2;
    return c2f(b, name, x, c, hidden, deep(s, n),
               [&](const std::string& at, Feature y) { return b.bottleneck(at, y, hidden, 3, shortcut); });
  };
  const auto [p3, p4, p5] = backbone(b, s, b.cbs("0", b.image(), wide(s, 64), 3, 2), 6, block);
  const auto scales = pyramid(
      b, s, p3, p4, p5,
      [&](const std::string& name, Feature f, std::int64_t out, bool) {
        return block(name, f, out, 3, false);
      },
      [](const std::string&, Feature f, std::int64_t) { return f; });
  b.anchor_free_head(scales, request.classes.value_or(80), false);
  return b.take();
}

/// Attention over pixels with queries and keys half as wide as values, and a depthwise filter for positions.
Feature psa(YoloBuilder& b, const std::string& name, Feature x) {
  const std::int64_t heads = std::max<std::int64_t>(1, x.c / 64), key = x.c / heads / 2;
  const auto plain = [&](const std::string& at, Feature f, std::int64_t out) {
    return b.conv_bn(at, f, {.out = out}, "");
  };
  Feature qkv = plain(name + ".attn.qkv", x, x.c + 2 * key * heads);
  b.split(qkv.node);
  const Tokens values{qkv.node, b.batch(), x.h * x.w, x.c};
  Tokens keys = values;
  keys.width = key * heads;
  const Tokens context = b.attend(name + ".attn", keys, keys, values, {.heads = heads});
  const Feature value = b.channels(name + ".attn.value", qkv, x.c);
  const Feature position =
      b.conv_bn(name + ".attn.pe", value, {.out = x.c, .size = 3, .pad = 1, .groups = x.c}, "");
  Feature y = x;
  y.node = b.pointwise(name + ".attn.add", "add", b.count(x), {context.node, position.node});
  y = plain(name + ".attn.proj", y, x.c);
  x.node = b.pointwise(name + ".add_1", "add", b.count(x), {x.node, y.node});
  y = plain(name + ".ffn.1", b.cbs(name + ".ffn.0", x, 2 * x.c), x.c);
  x.node = b.pointwise(name + ".add_2", "add", b.count(x), {x.node, y.node});
  return x;
}

Graph build_v11(const WorkloadRequest& request, const WorkloadInfo& info, const Scale& s) {
  YoloBuilder b = start(request, info);
  const bool large =
      s.width > 0.5 || s.depth == 1.0 || s.most == 512;  // m, l and x use the deeper block everywhere
  const auto block = [&](const std::string& name, Feature x, std::int64_t out, bool deeper,
                         double share = 0.5) {
    const std::int64_t c = wide(s, out);
    const auto hidden = static_cast<std::int64_t>(static_cast<double>(c) * share);
    return c2f(b, name, x, c, hidden, deep(s, 2), [&](const std::string& at, Feature y) {
      return deeper || large ? b.c3(at, y, hidden, 2, true, 3) : b.bottleneck(at, y, hidden / 2, 3, true);
    });
  };
  Feature x = b.cbs("1", b.cbs("0", b.image(), wide(s, 64), 3, 2), wide(s, 128), 3, 2);
  x = block("2", x, 256, false, 0.25);
  const Feature p3 = block("4", b.cbs("3", x, wide(s, 256), 3, 2), 512, false, 0.25);
  const Feature p4 = block("6", b.cbs("5", p3, wide(s, 512), 3, 2), 512, true);
  x = block("8", b.cbs("7", p4, wide(s, 1024), 3, 2), 1024, true);
  x = b.sppf("9", x, wide(s, 1024));
  const Feature both = b.cbs("10.cv1", x, x.c);  // half of it through attention
  b.split(both.node);
  Feature y = b.channels("10.chunk", both, x.c / 2);
  const Feature rest = b.channels("10.rest", both, x.c / 2);
  for (std::int64_t i = 0; i < deep(s, 2); ++i) y = psa(b, "10.m." + std::to_string(i), y);
  const Feature p5 = b.cbs("10.cv2", b.concat("10.concat", {rest, y}), x.c);
  const auto scales = pyramid(
      b, s, p3, p4, p5,
      [&](const std::string& name, Feature f, std::int64_t out, bool last) {
        return block(name, f, out, last);
      },
      [](const std::string&, Feature f, std::int64_t) { return f; });
  b.anchor_free_head(scales, request.classes.value_or(80), true);
  return b.take();
}

using Build = Graph (*)(const WorkloadRequest&, const WorkloadInfo&, const Scale&);

void add_version(std::vector<Network>& family, const std::string& prefix, const std::string& title,
                 const std::vector<Scale>& scales, Build build) {
  for (const Scale& s : scales) {
    Network network = image_network(prefix + s.letter, title + s.letter + ", object detection", {}, 640,
                                    [s, build](const WorkloadRequest& request, const WorkloadInfo& info) {
                                      return build(request, info, s);
                                    });
    network.info.default_batch = 16;
    family.push_back(std::move(network));
  }
}

}  // namespace

std::vector<Network> yolo_family() {
  constexpr std::int64_t any = 1 << 20;
  std::vector<Network> family;
  add_version(family, "yolov5", "YOLOv5",
              {{"n", 0.33, 0.25, any},
               {"s", 0.33, 0.5, any},
               {"m", 0.67, 0.75, any},
               {"l", 1, 1, any},
               {"x", 1.33, 1.25, any}},
              build_v5);
  add_version(family, "yolov8", "YOLOv8",
              {{"n", 0.33, 0.25, 1024},
               {"s", 0.33, 0.5, 1024},
               {"m", 0.67, 0.75, 768},
               {"l", 1, 1, 512},
               {"x", 1, 1.25, 512}},
              build_v8);
  add_version(family, "yolo11", "YOLO11",
              {{"n", 0.5, 0.25, 1024},
               {"s", 0.5, 0.5, 1024},
               {"m", 0.5, 1, 512},
               {"l", 1, 1, 512},
               {"x", 1, 1.5, 512}},
              build_v11);
  return family;
}

}  // namespace roofcast
