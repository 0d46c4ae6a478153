// RegNets: widths of all blocks from one quantised line; X without and Y with squeeze and excite.
// Source: Radosavovic et al., "Designing Network Design Spaces" (2020), 3.3 and appendix; pycls' model zoo.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

/// u_j = w0 + wa · j; s_j = round(log_wm(u_j / w0)); width = w0 · wm^s_j in multiples of eight.
struct Line {
  double w0, wa, wm;
  std::int64_t group;
  int depth;
  bool squeeze;
};

std::vector<std::int64_t> widths(const Line& line) {
  std::vector<std::int64_t> all;
  for (int j = 0; j < line.depth; ++j) {
    const double step = std::nearbyint(std::log((line.w0 + line.wa * j) / line.w0) / std::log(line.wm));
    const auto eights = std::nearbyint(line.w0 * std::pow(line.wm, step) / 8);
    const auto width = static_cast<std::int64_t>(eights) * 8;
    const std::int64_t group = std::min(line.group, width);
    const auto groups = std::nearbyint(static_cast<double>(width) / static_cast<double>(group));
    all.push_back(static_cast<std::int64_t>(groups) * group);
  }
  return all;
}

Graph build_regnet(const WorkloadRequest& request, const WorkloadInfo& info, const Line& line) {
  ImageBuilder b(request, info);
  Feature x = b.conv_bn("stem", b.image(), {.out = 32, .size = 3, .stride = 2, .pad = 1});
  int index = 0;
  std::int64_t before = 0;  // width of the last block; a new one begins a stage
  for (const std::int64_t width : widths(line)) {
    const std::string name = "blocks." + std::to_string(index++);
    const bool first = width != std::exchange(before, width);
    const std::int64_t stride = first ? 2 : 1;
    Feature y = b.conv_bn(name + ".conv1", x, {.out = width});
    y = b.conv_bn(
        name + ".conv2", y,
        {.out = width, .size = 3, .stride = stride, .pad = 1, .groups = width / std::min(line.group, width)});
    if (line.squeeze) {
      const auto hidden = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(x.c) / 4));
      y = b.squeeze_excite(name + ".se", y, hidden, "relu", "sigmoid");
    }
    y = b.conv_bn(name + ".conv3", y, {.out = width}, "");
    if (first) x = b.conv_bn(name + ".downsample", x, {.out = width, .stride = stride}, "");
    x = b.relu(name + ".relu", b.add(name + ".add", y, x));
  }
  return b.classify("fc", b.global_average("avgpool", x), request.classes.value_or(1000));
}

struct Entry {
  const char* size;  // "3.2" GFLOP in the paper's count
  const char* timm;
  const char*
      torchvision;  // but where spelling cannot tell it from another (1_6gf, 16gf) or widths are rounded otherwise
  Line line;
};

}  // namespace

std::vector<Network> regnet_family() {
  static const Entry entries[]{
      {"200MF", "regnetx_002", nullptr, {24, 36.44, 2.49, 8, 13, false}},
      {"400MF", "regnetx_004", nullptr, {24, 24.48, 2.54, 16, 22, false}},
      {"600MF", "regnetx_006", nullptr, {48, 36.97, 2.24, 24, 16, false}},
      {"800MF", "regnetx_008", "regnet_x_800mf", {56, 35.73, 2.28, 16, 16, false}},
      {"1.6GF", "regnetx_016", nullptr, {80, 34.01, 2.25, 24, 18, false}},
      {"3.2GF", "regnetx_032", nullptr, {88, 26.31, 2.25, 48, 25, false}},
      {"4.0GF", "regnetx_040", nullptr, {96, 38.65, 2.43, 40, 23, false}},
      {"6.4GF", "regnetx_064", nullptr, {184, 60.83, 2.07, 56, 17, false}},
      {"8.0GF", "regnetx_080", "regnet_x_8gf", {80, 49.56, 2.88, 120, 23, false}},
      {"12GF", "regnetx_120", nullptr, {168, 73.36, 2.37, 112, 19, false}},
      {"16GF", "regnetx_160", "regnet_x_16gf", {216, 55.59, 2.1, 128, 22, false}},
      {"32GF", "regnetx_320", "regnet_x_32gf", {320, 69.86, 2.0, 168, 23, false}},
      {"200MF", "regnety_002", nullptr, {24, 36.44, 2.49, 8, 13, true}},
      {"400MF", "regnety_004", "regnet_y_400mf", {48, 27.89, 2.09, 8, 16, true}},
      {"600MF", "regnety_006", nullptr, {48, 32.54, 2.32, 16, 15, true}},
      {"800MF", "regnety_008", "regnet_y_800mf", {56, 38.84, 2.4, 16, 14, true}},
      {"1.6GF", "regnety_016", nullptr, {48, 20.71, 2.65, 24, 27, true}},
      {"3.2GF", "regnety_032", nullptr, {80, 42.63, 2.66, 24, 21, true}},
      {"4.0GF", "regnety_040", nullptr, {96, 31.41, 2.24, 64, 22, true}},
      {"6.4GF", "regnety_064", nullptr, {112, 33.22, 2.27, 72, 25, true}},
      {"8.0GF", "regnety_080", "regnet_y_8gf", {192, 76.82, 2.19, 56, 17, true}},
      {"12GF", "regnety_120", nullptr, {168, 73.36, 2.37, 112, 19, true}},
      {"16GF", "regnety_160", "regnet_y_16gf", {200, 106.23, 2.48, 112, 18, true}},
      {"32GF", "regnety_320", "regnet_y_32gf", {232, 115.89, 2.53, 232, 20, true}},
  };
  std::vector<Network> family;
  for (const Entry& e : entries) {
    const std::string kind = e.line.squeeze ? "Y" : "X";
    std::vector<std::string> aliases;
    if (e.torchvision != nullptr) aliases.emplace_back(e.torchvision);
    family.push_back(image_network(e.timm, "RegNet" + kind + "-" + e.size, std::move(aliases), 224,
                                   [line = e.line](const WorkloadRequest& request, const WorkloadInfo& info) {
                                     return build_regnet(request, info, line);
                                   }));
    family.back().info.name[family.back().info.name.find('_')] = '-';
  }
  return family;
}

}  // namespace roofcast
