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

struct Published {
  const char* name;
  double parameters;     // millions
  double multiply_adds;  // billions, one image of 224 × 224
};

}  // namespace

TEST_CASE("parameters within 0.5 % and multiply-adds within 1 % of what is published") {
  for (const Published& p : {Published{"resnet18", 11.69, 1.81},
                             {"resnet34", 21.80, 3.67},
                             {"resnet50", 25.56, 4.09},
                             {"resnet101", 44.55, 7.80},
                             {"resnet152", 60.19, 11.51},
                             {"vgg16", 138.36, 15.47},
                             {"vgg19", 143.67, 19.63},
                             {"alexnet", 61.10, 0.714},
                             {"squeezenet1.1", 1.235, 0.349},
                             {"googlenet", 6.62, 1.50},
                             {"densenet121", 7.98, 2.83},
                             {"resnext50-32x4d", 25.03, 4.23},
                             {"resnext101-32x4d", 44.18, 7.97},
                             {"se-resnext101-32x4d", 48.96, 7.98},
                             {"wide-resnet50-2", 68.88, 11.40},
                             {"mobilenet-v3-large", 5.48, 0.217},
                             {"efficientnet-b0", 5.29, 0.386},
                             {"vit-s-16", 22.05, 4.61},
                             {"vit-b-16", 86.57, 17.56}}) {
    INFO(p.name);
    const Graph g = network(p.name);
    CHECK(static_cast<double>(g.parameters()) * 1e-6 == Approx(p.parameters).epsilon(0.005));
    CHECK(g.multiply_adds() * 1e-9 == Approx(p.multiply_adds).epsilon(0.01));
  }
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
    const Graph one = build(r);
    r.batch = 8;
    const Graph eight = build(r);
    CHECK(eight.multiply_adds() == Approx(8 * one.multiply_adds()));
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
