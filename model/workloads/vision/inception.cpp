// Inception v3, v4 and Inception-ResNet v2.
// Source: Szegedy et al., "Rethinking the Inception Architecture" (2016), as torchvision/models/inception.py without the
// auxiliary head; Szegedy et al., "Inception-v4, Inception-ResNet" (2017), as timm, inception_v4.py and
// inception_resnet_v2.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

/// One layer of a branch: conv, batch norm, ReLU.
Filter one(std::int64_t out) { return {.out = out}; }
Filter three(std::int64_t out) { return {.out = out, .size = 3, .pad = 1}; }
Filter halve(std::int64_t out) { return {.out = out, .size = 3, .stride = 2}; }
Filter valid(std::int64_t out) { return {.out = out, .size = 3}; }
Filter five(std::int64_t out) { return {.out = out, .size = 5, .pad = 2}; }
Filter row(std::int64_t out, std::int64_t n) { return {.out = out, .size = 1, .width = n, .pad_w = n / 2}; }
Filter column(std::int64_t out, std::int64_t n) {
  return {.out = out, .size = n, .pad = n / 2, .width = 1, .pad_w = 0};
}

class Inception : public ImageBuilder {
 public:
  using ImageBuilder::ImageBuilder;

  Feature chain(const std::string& name, Feature x, const std::vector<Filter>& filters) {
    for (std::size_t i = 0; i < filters.size(); ++i)
      x = conv_bn(name + "." + std::to_string(i), x, filters[i]);
    return x;
  }
  Feature averaged(const std::string& name, Feature x, std::int64_t out) {
    return conv_bn(name + ".conv", average_pool(name + ".avg", x, 3, 1, 1), one(out));
  }
  /// The last layer of a branch twice, side by side.
  Feature fork(const std::string& name, Feature x, std::int64_t out) {
    return concat(name + ".concat",
                  {conv_bn(name + ".row", x, row(out, 3)), conv_bn(name + ".column", x, column(out, 3))});
  }
  Feature block(const std::string& name, Feature x, const std::vector<std::vector<Filter>>& branches,
                std::int64_t averaged_out) {
    std::vector<Feature> parts;
    for (std::size_t i = 0; i < branches.size(); ++i)
      parts.push_back(chain(name + ".branch" + std::to_string(i), x, branches[i]));
    if (averaged_out > 0) {
      parts.push_back(averaged(name + ".pool", x, averaged_out));
    } else {
      parts.push_back(max_pool(name + ".pool", x, 3, 2, 0));
    }
    return concat(name + ".concat", parts);
  }
};

Graph build_v3(const WorkloadRequest& request, const WorkloadInfo& info) {
  Inception b(request, info);
  Feature x = b.chain("stem", b.image(), {halve(32), valid(32), three(64)});
  x = b.chain("stem.2", b.max_pool("stem.pool1", x, 3, 2, 0), {one(80), valid(192)});
  x = b.max_pool("stem.pool2", x, 3, 2, 0);
  int index = 0;
  const auto next = [&] { return "mixed." + std::to_string(index++); };
  for (const std::int64_t pool : {32, 64, 64})
    x = b.block(next(), x, {{one(64)}, {one(48), five(64)}, {one(64), three(96), three(96)}}, pool);
  x = b.block(next(), x, {{halve(384)}, {one(64), three(96), halve(96)}}, 0);
  for (const std::int64_t c : {128, 160, 160, 192}) {
    x = b.block(next(), x,
                {{one(192)},
                 {one(c), row(c, 7), column(192, 7)},
                 {one(c), column(c, 7), row(c, 7), column(c, 7), row(192, 7)}},
                192);
  }
  x = b.block(next(), x, {{one(192), halve(320)}, {one(192), row(192, 7), column(192, 7), halve(192)}}, 0);
  for (int i = 0; i < 2; ++i) {
    const std::string name = next();
    const Feature narrow = b.conv_bn(name + ".branch0", x, one(320));
    const Feature three_way = b.fork(name + ".branch1", b.chain(name + ".branch1", x, {one(384)}), 384);
    const Feature double_way =
        b.fork(name + ".branch2", b.chain(name + ".branch2", x, {one(448), three(384)}), 384);
    x = b.concat(name + ".concat", {narrow, three_way, double_way, b.averaged(name + ".pool", x, 192)});
  }
  x = b.dropout_image("dropout", b.global_average("avgpool", x));
  return b.classify("fc", x, request.classes.value_or(1000));
}

Graph build_v4(const WorkloadRequest& request, const WorkloadInfo& info) {
  Inception b(request, info);
  Feature x = b.chain("stem", b.image(), {halve(32), valid(32), three(64)});
  x = b.concat("stem.3", {b.max_pool("stem.3.pool", x, 3, 2, 0), b.conv_bn("stem.3.conv", x, halve(96))});
  x = b.concat("stem.4", {b.chain("stem.4.0", x, {one(64), valid(96)}),
                          b.chain("stem.4.1", x, {one(64), row(64, 7), column(64, 7), valid(96)})});
  x = b.concat("stem.5", {b.conv_bn("stem.5.conv", x, halve(192)), b.max_pool("stem.5.pool", x, 3, 2, 0)});
  int index = 0;
  const auto next = [&] { return "features." + std::to_string(index++); };
  for (int i = 0; i < 4; ++i)
    x = b.block(next(), x, {{one(96)}, {one(64), three(96)}, {one(64), three(96), three(96)}}, 96);
  x = b.block(next(), x, {{halve(384)}, {one(192), three(224), halve(256)}}, 0);
  for (int i = 0; i < 7; ++i) {
    x = b.block(next(), x,
                {{one(384)},
                 {one(192), row(224, 7), column(256, 7)},
                 {one(192), column(192, 7), row(224, 7), column(224, 7), row(256, 7)}},
                128);
  }
  x = b.block(next(), x, {{one(192), halve(192)}, {one(256), row(256, 7), column(320, 7), halve(320)}}, 0);
  for (int i = 0; i < 3; ++i) {
    const std::string name = next();
    std::vector<Feature> parts{b.conv_bn(name + ".branch0", x, one(256))};
    const auto forks = [&](const char* branch, const std::vector<Filter>& filters) {
      parts.push_back(b.fork(name + branch, b.chain(name + branch, x, filters), 256));
    };
    forks(".branch1", {one(384)});
    forks(".branch2", {one(384), column(448, 3), row(512, 3)});
    parts.push_back(b.averaged(name + ".pool", x, 256));
    x = b.concat(name + ".concat", parts);
  }
  return b.classify("last_linear", b.global_average("avgpool", x), request.classes.value_or(1000));
}

Graph build_resnet_v2(const WorkloadRequest& request, const WorkloadInfo& info) {
  Inception b(request, info);
  int index = 0;
  const auto residual = [&](const char* kind, Feature x, const std::vector<std::vector<Filter>>& branches,
                            bool activated = true) {
    const std::string name = kind + ("." + std::to_string(index++));
    std::vector<Feature> parts;
    for (std::size_t i = 0; i < branches.size(); ++i)
      parts.push_back(b.chain(name + ".branch" + std::to_string(i), x, branches[i]));
    Feature y = b.conv(name + ".conv", b.concat(name + ".concat", parts), {.out = x.c, .bias = true});
    y.node = b.pointwise(name + ".scale", "mulu", b.count(y), {y.node});
    y = b.add(name + ".add", y, x);
    return activated ? b.relu(name + ".relu", y) : y;
  };
  Feature x = b.chain("stem", b.image(), {halve(32), valid(32), three(64)});
  x = b.chain("stem.2", b.max_pool("stem.pool1", x, 3, 2, 0), {one(80), valid(192)});
  x = b.max_pool("stem.pool2", x, 3, 2, 0);
  x = b.block("mixed_5b", x, {{one(96)}, {one(48), five(64)}, {one(64), three(96), three(96)}}, 64);
  for (int i = 0; i < 10; ++i)
    x = residual("block35", x, {{one(32)}, {one(32), three(32)}, {one(32), three(48), three(64)}});
  x = b.block("mixed_6a", x, {{halve(384)}, {one(256), three(256), halve(384)}}, 0);
  for (int i = 0; i < 20; ++i)
    x = residual("block17", x, {{one(192)}, {one(128), row(160, 7), column(192, 7)}});
  x = b.block("mixed_7a", x,
              {{one(256), halve(384)}, {one(256), halve(288)}, {one(256), three(288), halve(320)}}, 0);
  for (int i = 0; i < 10; ++i)
    x = residual("block8", x, {{one(192)}, {one(192), row(224, 3), column(256, 3)}}, i < 9);
  x = b.global_average("avgpool", b.conv_bn("conv2d_7b", x, one(1536)));
  return b.classify("classif", x, request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> inception_family() {
  return {
      image_network("inception-v3", "Inception v3 without its auxiliary head", {"tf-inception-v3"}, 299,
                    build_v3),
      image_network("inception-v4", "Inception v4", {}, 299, build_v4),
      image_network("inception-resnet-v2", "Inception-ResNet v2", {}, 299, build_resnet_v2),
  };
}

}  // namespace roofcast
