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

using Convolutions = std::array<int, 5>;  // of each stage

Graph build_vgg(const WorkloadRequest& request, const WorkloadInfo& info, const Convolutions& convolutions,
                bool norms) {
  ImageBuilder b(request, info);
  constexpr std::array<std::int64_t, 5> widths{64, 128, 256, 512, 512};
  Feature x = b.image();
  for (std::size_t stage = 0; stage < 5; ++stage) {
    for (int i = 0; i < convolutions[stage]; ++i) {
      const std::string name = "features." + std::to_string(stage) + "." + std::to_string(i);
      x = b.conv(name, x, {.out = widths[stage], .size = 3, .pad = 1, .bias = true});
      if (norms) x = b.batch_norm(name + ".bn", x);
      x = b.relu(name + ".relu", x);
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

void add_vgg(std::vector<Network>& family, const std::string& name, const std::string& title,
             const Convolutions& convolutions) {
  for (const bool norms : {false, true}) {
    family.push_back(
        image_network(name + (norms ? "-bn" : ""), title + (norms ? " with batch norm" : ""), {}, 224,
                      [convolutions, norms](const WorkloadRequest& request, const WorkloadInfo& info) {
                        return build_vgg(request, info, convolutions, norms);
                      }));
  }
}

}  // namespace

std::vector<Network> vgg_family() {
  std::vector<Network> family{
      image_network("alexnet", "AlexNet (one-tower version of 2014)", {}, 224, build_alexnet)};
  add_vgg(family, "vgg11", "VGG-11", {1, 1, 2, 2, 2});
  add_vgg(family, "vgg13", "VGG-13", {2, 2, 2, 2, 2});
  add_vgg(family, "vgg16", "VGG-16", {2, 2, 3, 3, 3});
  add_vgg(family, "vgg19", "VGG-19", {2, 2, 4, 4, 4});
  return family;
}

}  // namespace roofcast
