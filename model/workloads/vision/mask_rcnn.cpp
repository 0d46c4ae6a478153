// Mask R-CNN on a feature pyramid: boxes proposed from every level, then judged, fitted and outlined one by one.
// Source: He et al., "Mask R-CNN" (2017); Lin et al., "Feature Pyramid Networks for Object Detection" (2017);
// torchvision/models/detection/mask_rcnn.py, whose backbone keeps its batch norms frozen: a product and a sum.
// Sorting and suppression of boxes, small kernels whose number depends on the picture, are left out.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

constexpr std::int64_t kWidth = 256, kAnchors = 3, kHidden = 1024;
// Boxes of an image: sampled in training, of which a quarter has an object to outline; proposed and kept in inference.
constexpr std::int64_t kSampled = 512, kOutlined = 128, kProposed = 1000, kDetected = 100;

class MaskRcnn : public ImageBuilder {
 public:
  using ImageBuilder::ImageBuilder;

  Graph build(std::int64_t classes) {
    const std::vector<Feature> pyramid = fpn(backbone());
    propose(pyramid);
    judge(pyramid, classes);
    outline(pyramid, classes);
    return take();
  }

 private:
  Feature conv_frozen(const std::string& name, Feature x, const Filter& filter, bool activates = true) {
    x = conv(name + ".conv", x, filter);
    Node norm;  // x · scale + shift, both constant
    norm.name = name + ".frozen_bn";
    norm.op = Pointwise{count(x), 1, 1, 2};
    norm.composed = {Pointwise{count(x), 1, 1, 1}, Pointwise{count(x), 1, 1, 1}};
    norm.backward = {Pointwise{count(x), 1, 1, 1}};
    norm.output_elements = count(x);
    norm.saves_input = false;
    norm.fusable = true;
    x.node = GraphBuilder::add(std::move(norm), {x.node});
    return activates ? relu(name + ".relu", x) : x;
  }

  /// ResNet-50 without its head: the outputs of its four stages. Training leaves the first two as they are (stem and
  /// stage 1), which costs their gradients here all the same where a later layer's pass through.
  std::vector<Feature> backbone() {
    Feature x = conv_frozen("stem", image(), {.out = 64, .size = 7, .stride = 2, .pad = 3});
    x = max_pool("maxpool", x, 3, 2, 1);
    constexpr std::array<int, 4> blocks{3, 4, 6, 3};
    std::vector<Feature> stages;
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
      const std::int64_t width = std::int64_t{64} << stage;
      for (int i = 0; i < blocks[stage]; ++i) {
        const std::string at = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
        const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
        Feature y = conv_frozen(at + ".1", x, {.out = width});
        y = conv_frozen(at + ".2", y, {.out = width, .size = 3, .stride = stride, .pad = 1});
        y = conv_frozen(at + ".3", y, {.out = 4 * width}, false);
        if (i == 0) x = conv_frozen(at + ".downsample", x, {.out = 4 * width, .stride = stride}, false);
        x = relu(at + ".relu", add(at + ".add", y, x));
      }
      stages.push_back(x);
    }
    return stages;
  }

  /// From the top down: each level is its own stage plus the level above, twice as large, then smoothed.
  std::vector<Feature> fpn(const std::vector<Feature>& stages) {
    std::vector<Feature> levels(stages.size());
    Feature above{};
    for (std::size_t i = stages.size(); i-- > 0;) {
      const std::string at = "fpn." + std::to_string(i);
      Feature x = conv(at + ".inner", stages[i], {.out = kWidth, .bias = true});
      if (i + 1 < stages.size()) {
        Feature wide = upsample(at + ".up", above, 2);
        wide.h = x.h;  // odd sizes: interpolated to just so much
        wide.w = x.w;
        x = add(at + ".add", x, wide);
      }
      above = x;
      levels[i] = conv(at + ".layer", x, {.out = kWidth, .size = 3, .pad = 1, .bias = true});
    }
    levels.push_back(max_pool("fpn.pool", levels.back(), 1, 2, 0));
    return levels;
  }

  /// The same three filters on every level: their weights are counted with the first.
  void propose(const std::vector<Feature>& levels) {
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const std::string at = "rpn." + std::to_string(i);
      const int first = node_count();
      const Filter filter{.out = kWidth, .size = 3, .pad = 1, .bias = true};
      const Feature x = relu(at + ".relu", conv(at + ".conv", levels[i], filter));
      const Feature objects = conv(at + ".objects", x, {.out = kAnchors, .bias = true});
      const Feature boxes = conv(at + ".boxes", x, {.out = 4 * kAnchors, .bias = true});
      for (const Feature& y : {objects, boxes}) {
        const int rows = rearrange(at + ".permute", y.node, count(y));
        cross_entropy(at + ".loss", rows, elements(at, {batch(), kAnchors, y.h, y.w}), y.c / kAnchors);
      }
      for (int node = first; i > 0 && node < node_count(); ++node) this->at(node).parameters = 0;
    }
  }

  /// size × size pixels of every box, each the mean of 2 × 2 samples between pixels (RoIAlign). From here on a sample is
  /// a box.
  Feature align(const std::string& name, const std::vector<Feature>& levels, std::int64_t boxes,
                std::int64_t size) {
    set_repetition(boxes, 1);
    Feature y{0, kWidth, size, size};
    Node node;
    node.name = name;
    node.op = Pool{Pool::Kind::average, batch(), kWidth, 2 * size, 2 * size, size, size, 2};
    node.output_elements = count(y);
    node.saves_input = false;
    std::vector<int> inputs;
    for (std::size_t i = 0; i + 1 < levels.size(); ++i) inputs.push_back(levels[i].node);
    y.node = GraphBuilder::add(std::move(node), std::move(inputs));
    return y;
  }

  void judge(const std::vector<Feature>& levels, std::int64_t classes) {
    Feature x = align("box.align", levels, training() ? kSampled : kProposed, 7);
    x = relu("box.fc6.relu", dense("box.fc6", x, kHidden));
    x = relu("box.fc7.relu", dense("box.fc7", x, kHidden));
    const Feature named = dense("box.classes", x, classes), boxes = dense("box.boxes", x, 4 * classes);
    cross_entropy("box.loss", named.node, batch(), classes);
    cross_entropy("box.loss_boxes", boxes.node, batch(), 4);
    set_repetition(1, 1);
  }

  void outline(const std::vector<Feature>& levels, std::int64_t classes) {
    Feature x = align("mask.align", levels, training() ? kOutlined : kDetected, 14);
    for (int i = 0; i < 4; ++i) {
      const std::string at = "mask." + std::to_string(i);
      x = relu(at + ".relu", conv(at, x, {.out = kWidth, .size = 3, .pad = 1, .bias = true}));
    }
    x = relu("mask.up.relu",
             conv_transpose("mask.up", x, {.out = kWidth, .size = 2, .stride = 2, .bias = true}));
    x = conv("mask.masks", x, {.out = classes, .bias = true});
    cross_entropy("mask.loss", x.node, elements("mask.loss", {batch(), x.h}),
                  x.w);  // of the true class alone
    set_repetition(1, 1);
  }
};

}  // namespace

std::vector<Network> mask_rcnn_family() {
  Network network =
      image_network("mask-rcnn-r50-fpn", "Mask R-CNN, ResNet-50 and a feature pyramid, 91 classes",
                    {"mask-rcnn", "maskrcnn_resnet50_fpn"}, 800,
                    [](const WorkloadRequest& request, const WorkloadInfo& info) {
                      return MaskRcnn(request, info).build(request.classes.value_or(91));
                    });
  network.info.default_batch = 2;
  return {network};
}

}  // namespace roofcast
