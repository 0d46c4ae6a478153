// NFNets: residual networks without batch norm, whose weights are standardised at every step instead.
// Source: Brock et al., "High-Performance Large-Scale Image Recognition Without Normalization" (2021); timm, nfnet.py and
// layers/std_conv.py: a filter's weights lose their mean, are scaled to unit variance and by a learnt gain, in a kernel.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

constexpr std::array<std::int64_t, 4> kWidths{256, 512, 1536, 1536};

struct Shape {
  std::array<int, 4> blocks;
  std::int64_t group, narrower;  // channels a group; how many times narrower a block is inside
  std::int64_t features, squeeze;
  bool deepmind = true;  // its weights: "same" padding, GELU times a constant, a learnt gain per block
};

class NfNet : public ImageBuilder {
 public:
  NfNet(const WorkloadRequest& request, const WorkloadInfo& info, const Shape& shape)
      : ImageBuilder(request, info), s_(shape) {}

  Graph build(std::int64_t classes) {
    Feature x = image();
    constexpr std::array<std::int64_t, 4> stem{16, 32, 64, 128};
    for (std::size_t i = 0; i < stem.size(); ++i) {
      const std::string at = "stem.conv" + std::to_string(i + 1);
      if (i > 0) x = act(at + ".act", x);
      x = standard(at, x, {.out = stem[i], .size = 3, .stride = i % 3 == 0 ? 2 : 1, .pad = 1});
    }
    for (std::size_t stage = 0; stage < kWidths.size(); ++stage) {
      for (int i = 0; i < s_.blocks[stage]; ++i)
        x = block("stages." + std::to_string(stage) + "." + std::to_string(i), x, kWidths[stage],
                  stage > 0 && i == 0 ? 2 : 1);
    }
    x = act("final_act", standard("final_conv", x, {.out = s_.features}));
    return classify("head.fc", global_average("head.pool", x), classes);
  }

 private:
  Feature standard(const std::string& name, Feature x, Filter filter) {
    Node node;
    const std::int64_t values = x.c / filter.groups * filter.size * filter.size;
    node.name = name + ".standardise";
    node.op = Rowwise{Rowwise::Kind::layer_norm, filter.out, values};
    node.output_elements = filter.out * values;
    node.parameters = filter.out;
    add(std::move(node), {});
    if (s_.deepmind && filter.stride > 1) {
      x = pad_same(name + ".pad", x, filter.size, filter.stride);
      filter.pad = 0;
    }
    filter.bias = true;
    return conv(name, x, filter);
  }

  Feature times(const std::string& name, Feature x) {
    x.node = pointwise(name, "mulu", count(x), {x.node});
    return x;
  }

  /// Activations keep the variance of what they get: times a constant.
  Feature act(const std::string& name, Feature x) {
    x = activation(name, x, s_.deepmind ? "gelu" : "silu", false);
    return s_.deepmind ? times(name + ".gamma", x) : x;
  }

  Feature block(const std::string& name, Feature x, std::int64_t width, std::int64_t stride) {
    const std::int64_t inner = width / s_.narrower, groups = inner / s_.group;
    const Feature in = times(name + ".beta", act(name + ".act1", x));
    Feature shortcut = x;
    if (stride != 1 || x.c != width) {
      shortcut = stride > 1 ? average_pool(name + ".downsample.pool", in, 2, 2, 0, true) : in;
      shortcut = standard(name + ".downsample.conv", shortcut, {.out = width});
    }
    Feature y = standard(name + ".conv1", in, {.out = inner});
    y = standard(name + ".conv2", act(name + ".act2", y),
                 {.out = inner, .size = 3, .stride = stride, .pad = 1, .groups = groups});
    y = standard(name + ".conv2b", act(name + ".act2b", y),
                 {.out = inner, .size = 3, .pad = 1, .groups = groups});
    y = standard(name + ".conv3", act(name + ".act3", y), {.out = width});
    y = times(name + ".gain",
              squeeze_excite(name + ".se", y, (width / s_.squeeze + 7) / 8 * 8, "relu", "sigmoid"));
    if (s_.deepmind) {
      y = times(name + ".skipinit", y);
      at(y.node).parameters = 1;
    }
    y = times(name + ".alpha", y);
    y.node = pointwise(name + ".add", "add", count(y), {y.node, shortcut.node});
    return y;
  }

  Shape s_;
};

Network entry(const char* name, const char* description, std::int64_t size, const Shape& shape) {
  return image_network(name, description, {}, size,
                       [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
                         return NfNet(request, info, shape).build(request.classes.value_or(1000));
                       });
}

}  // namespace

std::vector<Network> nfnet_family() {
  return {
      entry("nfnet-l0", "NFNet of timm, light", 288, {{1, 2, 6, 3}, 64, 4, 2304, 4, false}),
      entry("dm-nfnet-f0", "NFNet F0", 256, {{1, 2, 6, 3}, 128, 2, 3072, 2}),
      entry("dm-nfnet-f1", "NFNet F1", 320, {{2, 4, 12, 6}, 128, 2, 3072, 2}),
      entry("dm-nfnet-f2", "NFNet F2", 352, {{3, 6, 18, 9}, 128, 2, 3072, 2}),
      entry("dm-nfnet-f3", "NFNet F3", 416, {{4, 8, 24, 12}, 128, 2, 3072, 2}),
  };
}

}  // namespace roofcast
