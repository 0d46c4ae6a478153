// GhostNet: half of the channels are cheap depthwise filters of the other half.
// Source: Han et al., "GhostNet" (2020), table 1, as timm, ghostnet.py.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

struct Row {
  std::int64_t kernel, expanded, out, squeezed, stride;
};

Feature ghost(ImageBuilder& b, const std::string& name, Feature x, std::int64_t out, const char* function) {
  const Feature primary = b.conv_bn(name + ".primary", x, {.out = out / 2}, function);
  const Feature cheap =
      b.conv_bn(name + ".cheap", primary, {.out = out / 2, .size = 3, .pad = 1, .groups = out / 2}, function);
  return b.concat(name + ".concat", {primary, cheap});
}

Graph build_ghostnet(const WorkloadRequest& request, const WorkloadInfo& info) {
  static constexpr Row rows[]{
      {3, 16, 16, 0, 1},   {3, 48, 24, 0, 2},     {3, 72, 24, 0, 1},     {5, 72, 40, 20, 2},
      {5, 120, 40, 32, 1}, {3, 240, 80, 0, 2},    {3, 200, 80, 0, 1},    {3, 184, 80, 0, 1},
      {3, 184, 80, 0, 1},  {3, 480, 112, 120, 1}, {3, 672, 112, 168, 1}, {5, 672, 160, 168, 2},
      {5, 960, 160, 0, 1}, {5, 960, 160, 240, 1}, {5, 960, 160, 0, 1},   {5, 960, 160, 240, 1}};
  ImageBuilder b(request, info);
  Feature x = b.conv_bn("stem", b.image(), {.out = 16, .size = 3, .stride = 2, .pad = 1});
  int index = 0;
  for (const Row& r : rows) {
    const std::string name = "blocks." + std::to_string(index++);
    const Filter filter{
        .out = r.expanded, .size = r.kernel, .stride = r.stride, .pad = r.kernel / 2, .groups = r.expanded};
    Feature y = ghost(b, name + ".ghost1", x, r.expanded, "relu");
    if (r.stride > 1) y = b.conv_bn(name + ".depthwise", y, filter, "");
    if (r.squeezed > 0) y = b.squeeze_excite(name + ".se", y, r.squeezed, "relu", "hardsigmoid");
    y = ghost(b, name + ".ghost2", y, r.out, "");
    if (r.stride > 1 || r.out != x.c) {
      Filter narrow = filter;
      narrow.out = narrow.groups = x.c;
      x = b.conv_bn(name + ".shortcut.0", x, narrow, "");
      x = b.conv_bn(name + ".shortcut.1", x, {.out = r.out}, "");
    }
    x = b.add(name + ".add", y, x);
  }
  x = b.global_average("avgpool", b.conv_bn("head", x, {.out = 960}));
  x = b.relu("conv_head.relu", b.conv("conv_head", x, {.out = 1280, .bias = true}));
  return b.classify("classifier", b.dropout_image("dropout", x), request.classes.value_or(1000));
}

}  // namespace

std::vector<Network> ghostnet_family() {
  return {image_network("ghostnet", "GhostNet", {"ghostnet-100"}, 224, build_ghostnet)};
}

}  // namespace roofcast
