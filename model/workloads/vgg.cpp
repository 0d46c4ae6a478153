// Plain stacks of convolutions with large fully connected heads.
// Source: Krizhevsky, "One weird trick" (2014) as torchvision/models/alexnet.py; Simonyan and Zisserman (2015) as vgg.py.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

Feature hidden(ImageBuilder& b, const std::string& name, Feature x, bool dropout_first) {
  if (dropout_first) x = b.dropout_image(name + ".dropout", x);
  x = b.relu(name + ".relu", b.dense(name, x, 4096));
  return dropout_first ? x : b.dropout_image(name + ".dropout", x);
}

/// Networks with fully connected heads average to a fixed size first; at the usual image size that changes nothing.
Feature resize(ImageBuilder& b, Feature x, std::int64_t side) {
  if (x.h == side && x.w == side) return x;
  Node node;
  node.name = "avgpool";
  Feature y = x;
  y.h = y.w = side;
  node.op =
      Pool{Pool::Kind::average, b.batch(), x.c, x.h, x.w, side, side, std::max<std::int64_t>(1, x.h / side)};
  node.output_elements = b.count(y);
  node.saves_input = false;
  y.node = b.add(std::move(node), {x.node});
  return y;
}

template <std::array<int, 5> Convolutions>
Graph build_vgg(const WorkloadRequest& request, const WorkloadInfo& info) {
  ImageBuilder b(info.name, info.description, request, *info.default_image_size);
  constexpr std::array<std::int64_t, 5> widths{64, 128, 256, 512, 512};
  Feature x = b.image();
  for (std::size_t stage = 0; stage < 5; ++stage) {
    for (int i = 0; i < Convolutions[stage]; ++i) {
      const std::string name = "features." + std::to_string(stage) + "." + std::to_string(i);
      x = b.relu(name + ".relu", b.conv(name, x, {.out = widths[stage], .size = 3, .pad = 1, .bias = true}));
    }
    x = b.max_pool("features." + std::to_string(stage) + ".pool", x, 2, 2, 0);
  }
  x = resize(b, x, 7);
  x = hidden(b, "classifier.0", x, false);
  x = hidden(b, "classifier.1", x, false);
  return b.classify("classifier.2", x, request.classes.value_or(1000));
}

Graph build_alexnet(const WorkloadRequest& request, const WorkloadInfo& info) {
  ImageBuilder b(info.name, info.description, request, *info.default_image_size);
  const auto layer = [&](const char* name, Feature x, Filter f) {
    f.bias = true;
    return b.relu(std::string(name) + ".relu", b.conv(name, x, f));
  };
  Feature x = layer("features.0", b.image(), {.out = 64, .size = 11, .stride = 4, .pad = 2});
  x = b.max_pool("features.0.pool", x, 3, 2, 0);
  x = layer("features.1", x, {.out = 192, .size = 5, .pad = 2});
  x = b.max_pool("features.1.pool", x, 3, 2, 0);
  x = layer("features.2", x, {.out = 384, .size = 3, .pad = 1});
  x = layer("features.3", x, {.out = 256, .size = 3, .pad = 1});
  x = layer("features.4", x, {.out = 256, .size = 3, .pad = 1});
  x = resize(b, b.max_pool("features.4.pool", x, 3, 2, 0), 6);
  x = hidden(b, "classifier.0", x, true);
  x = hidden(b, "classifier.1", x, true);
  return b.classify("classifier.2", x, request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> vgg_family() {
  return {
      {image_workload("alexnet", "AlexNet (one-tower version of 2014)"), {}, false, {}, 0, build_alexnet},
      {image_workload("vgg16", "VGG-16"), {}, false, {}, 0, build_vgg<std::array{2, 2, 3, 3, 3}>},
      {image_workload("vgg19", "VGG-19"), {}, false, {}, 0, build_vgg<std::array{2, 2, 4, 4, 4}>},
  };
}

}  // namespace roofcast
