// HRNets: several resolutions side by side, mixed again and again.
// Source: Wang et al., "Deep High-Resolution Representation Learning" (2020), as timm, hrnet.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

class HrNet : public ImageBuilder {
 public:
  using ImageBuilder::ImageBuilder;

  Feature bottleneck(const std::string& name, Feature x, std::int64_t planes) {
    Feature y = conv_bn(name + ".conv1", x, {.out = planes});
    y = conv_bn(name + ".conv2", y, {.out = planes, .size = 3, .pad = 1});
    y = conv_bn(name + ".conv3", y, {.out = 4 * planes}, "");
    if (x.c != y.c) x = conv_bn(name + ".downsample", x, {.out = y.c}, "");
    return relu(name + ".relu", add(name + ".add", y, x));
  }

  /// Four basic blocks in every branch, then every branch gets the sum of all, resampled.
  std::vector<Feature> module(const std::string& name, std::vector<Feature> branches) {
    for (std::size_t i = 0; i < branches.size(); ++i) {
      for (int k = 0; k < 4; ++k)
        branches[i] = basic(name + ".branches." + std::to_string(i) + "." + std::to_string(k), branches[i]);
    }
    std::vector<Feature> out;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      Feature sum;
      for (std::size_t j = 0; j < branches.size(); ++j) {
        const std::string at = name + ".fuse." + std::to_string(i) + "." + std::to_string(j);
        const Feature part = resampled(at, branches, i, j);
        if (j == 0) {
          sum = part;
        } else {
          sum = Feature{pointwise(at + ".add", "add", count(part), {sum.node, part.node}), part.c, part.h,
                        part.w};
        }
      }
      out.push_back(relu(name + ".relu." + std::to_string(i), sum));
    }
    return out;
  }

 private:
  Feature basic(const std::string& name, Feature x) {
    const Feature y = conv_bn(name + ".conv1", x, {.out = x.c, .size = 3, .pad = 1});
    return relu(name + ".relu",
                add(name + ".add", conv_bn(name + ".conv2", y, {.out = x.c, .size = 3, .pad = 1}, ""), x));
  }

  Feature resampled(const std::string& name, const std::vector<Feature>& branches, std::size_t to,
                    std::size_t from) {
    Feature x = branches[from];
    const std::int64_t out = branches[to].c;
    if (from > to)
      return upsample(name + ".upsample", conv_bn(name, x, {.out = out}, ""), branches[to].h / x.h);
    for (std::size_t k = from; k < to; ++k) {
      const bool last = k + 1 == to;
      x = conv_bn(name + "." + std::to_string(k), x,
                  {.out = last ? out : x.c, .size = 3, .stride = 2, .pad = 1}, last ? "" : "relu");
    }
    return x;
  }
};

Graph build_hrnet(const WorkloadRequest& request, const WorkloadInfo& info, std::int64_t width) {
  HrNet b(request, info);
  const auto three = [](std::int64_t out, std::int64_t stride) {
    return Filter{.out = out, .size = 3, .stride = stride, .pad = 1};
  };
  Feature x = b.conv_bn("conv2", b.conv_bn("conv1", b.image(), three(64, 2)), three(64, 2));
  for (int i = 0; i < 4; ++i) x = b.bottleneck("layer1." + std::to_string(i), x, 64);
  std::vector<Feature> branches{b.conv_bn("transition1.0", x, three(width, 1)),
                                b.conv_bn("transition1.1", x, three(2 * width, 2))};
  int stage = 2;
  for (const int modules : {1, 4, 3}) {
    const std::string name = "stage" + std::to_string(stage);
    if (stage > 2)
      branches.push_back(b.conv_bn("transition" + std::to_string(stage - 1), branches.back(),
                                   three(2 * branches.back().c, 2)));
    for (int m = 0; m < modules; ++m) branches = b.module(name + "." + std::to_string(m), branches);
    ++stage;
  }
  Feature y;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const Feature part =
        b.bottleneck("incre_modules." + std::to_string(i), branches[i], std::int64_t{32} << i);
    if (i == 0) {
      y = part;
      continue;
    }
    Filter down = three(part.c, 2);
    down.bias = true;
    y = b.conv_bn("downsamp_modules." + std::to_string(i - 1), y, down);
    y.node = b.pointwise("head.add." + std::to_string(i), "add", b.count(y), {part.node, y.node});
  }
  y = b.conv_bn("final_layer", y, {.out = 2048, .bias = true});
  return b.classify("classifier", b.global_average("avgpool", y), request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> hrnet_family() {
  std::vector<Network> family;
  for (const std::int64_t width : {18, 32, 48}) {
    family.push_back(image_network("hrnet-w" + std::to_string(width), "HRNet, width " + std::to_string(width),
                                   {}, 224,
                                   [width](const WorkloadRequest& request, const WorkloadInfo& info) {
                                     return build_hrnet(request, info, width);
                                   }));
  }
  return family;
}

}  // namespace roofcast
