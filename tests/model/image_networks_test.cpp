// Convolutional networks against their published parameters and multiply-adds.
// Source of the figures: torchvision and timm model tables; He et al. (2016).
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "model/workloads/workload.h"

using namespace roofcast;
using doctest::Approx;

namespace {

Graph network(const char* name, std::optional<std::int64_t> image = {}, std::optional<Stem> stem = {},
              Mode mode = Mode::inference) {
  WorkloadRequest r;
  r.name = name;
  r.mode = mode;
  r.image_size = image;
  r.stem = stem;
  return build(r);
}

}  // namespace

TEST_CASE("ResNet-50 has the parameters torchvision counts") {
  CHECK(network("resnet50").parameters() == 25'557'032);
}

TEST_CASE("ResNet-50 on CIFAR-10 means three things") {
  CHECK(network("resnet50", 224).multiply_adds() * 1e-9 == Approx(4.09).epsilon(0.01));
  CHECK(network("resnet50", 32).multiply_adds() * 1e-9 == Approx(0.084).epsilon(0.02));
  CHECK(network("resnet50", 32, Stem::cifar).multiply_adds() * 1e-9 == Approx(1.3).epsilon(0.01));
}

TEST_CASE("ten classes take 990 · 2049 parameters off ResNet-50") {
  WorkloadRequest r;
  r.name = "resnet50";
  r.classes = 10;
  CHECK(build(r).parameters() == 25'557'032 - 990 * 2049);
}

TEST_CASE("only the first layer of a network needs no gradient of its input") {
  const Graph g = network("resnet50", {}, {}, Mode::training);
  CHECK(std::count_if(g.nodes.begin(), g.nodes.end(),
                      [](const Node& n) { return !n.needs_input_gradient; }) == 1);
  CHECK_FALSE(g.nodes.front().needs_input_gradient);
  CHECK(g.nodes.front().name == "conv1");
}

TEST_CASE("operations grow with the batch, parameters do not") {
  for (const WorkloadInfo& info : zoo()) {
    if (info.domain != Domain::image) continue;
    WorkloadRequest r;
    r.name = info.name;
    r.mode = Mode::inference;
    const Graph one = build(r);
    r.batch = 8;
    const Graph eight = build(r);
    // Swin v2 and MaxViT compute their positions once, however many images there are.
    const bool shares = info.name.starts_with("swinv2") || info.name.starts_with("swin-v2") ||
                        info.name.starts_with("maxvit");
    CHECK(eight.multiply_adds() == Approx(8 * one.multiply_adds()).epsilon(shares ? 0.003 : 1e-9));
    CHECK(eight.parameters() == one.parameters());
  }
}

TEST_CASE("loss and dropout exist in training only") {
  const auto has = [](const Graph& g, const char* name) {
    return std::any_of(g.nodes.begin(), g.nodes.end(), [&](const Node& n) { return n.name == name; });
  };
  CHECK(has(network("vgg16", {}, {}, Mode::training), "loss"));
  CHECK(has(network("vgg16", {}, {}, Mode::training), "classifier.0.dropout"));
  CHECK_FALSE(has(network("vgg16"), "loss"));
  CHECK_FALSE(has(network("vgg16"), "classifier.0.dropout"));
}
