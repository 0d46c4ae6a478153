// Networks on images against their published sizes: parameters within 0.5 %, multiply-adds within 1 %, activations
// (numbers that products write) within 0.5 %.
// Source: timm, results/model_metadata (parameters, activations); multiply-adds from the papers where timm rounds to two
// digits or counts norms, and from torchvision 0.14, counted layer by layer, where it has the network.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "model/workloads/names.h"
#include "model/workloads/workload.h"

using namespace roofcast;
using doctest::Approx;

namespace {

Graph network(const std::string& name, std::optional<std::int64_t> image = {}) {
  WorkloadRequest r;
  r.name = name;
  r.mode = Mode::inference;
  r.image_size = image;
  return build(r);
}

struct Published {
  const char* name;
  std::int64_t image;
  double parameters;                       // millions
  double multiply_adds;                    // billions
  std::optional<double> activations = {};  // millions
};

const std::vector<Published>& published() {
  static const std::vector<Published> all{
      {"resnet18", 224, 11.69, 1.814, 2.48},
      {"resnet34", 224, 21.80, 3.664, 3.74},
      {"resnet50", 224, 25.56, 4.09, 11.11},
      {"resnet101", 224, 44.55, 7.80, 16.23},
      {"resnet152", 288, 60.19, 19.11, 37.28},
      {"resnet26", 224, 16.00, 2.36, 7.35},
      {"resnet18d", 224, 11.71, 2.06, 3.29},
      {"resnet34d", 224, 21.82, 3.91, 4.54},
      {"resnet50d", 224, 25.58, 4.35, 11.92},
      {"resnet101d", 256, 44.57, 10.55, 22.25},
      {"resnet152d", 256, 60.21, 15.41, 30.51},
      {"resnet200d", 256, 64.69, 20.00, 43.09},
      {"resnetv2_50", 224, 25.55, 4.11, 11.11},
      {"resnetv2_101", 224, 44.54, 7.83, 16.23},
      {"resnext50_32x4d", 224, 25.03, 4.26, 14.40},
      {"resnext101_32x4d", 224, 44.18, 8.01, 21.23},
      {"resnext101_32x8d", 224, 88.79, 16.48, 31.21},
      {"resnext101_64x4d", 224, 83.46, 15.52, 31.21},
      {"seresnet50", 224, 28.09, 4.11, 11.13},
      {"seresnet152d", 256, 66.84, 15.42, 30.56},
      {"seresnext26d_32x4d", 224, 16.81, 2.73, 10.19},
      {"seresnext50_32x4d", 224, 27.56, 4.26, 14.42},
      {"se_resnext101_32x4d", 224, 48.96, 8.02, 21.26},
      {"seresnext101_32x8d", 224, 93.57, 16.48, 31.25},
      {"wide_resnet50_2", 224, 68.88, 11.43, 14.40},
      {"wide_resnet101_2", 224, 126.89, 22.80, 21.23},
      {"regnetx_032", 224, 15.30, 3.20, 11.37},
      {"regnety_032", 224, 19.44, 3.20, 11.26},
      {"regnety_160", 224, 83.59, 15.96, 23.04},
      {"vgg16", 224, 138.36, 15.47, 13.56},
      {"vgg19", 224, 143.67, 19.63, 14.86},
      {"alexnet", 224, 61.10, 0.714},
      {"squeezenet1_0", 224, 1.248, 0.819},
      {"squeezenet1.1", 224, 1.235, 0.349},
      {"googlenet", 224, 6.62, 1.50},
      {"densenet121", 224, 7.98, 2.834, 6.90},
      {"inception_v3", 299, 23.83, 5.73, 8.97},
      {"inception_v4", 299, 42.68, 12.28, 15.09},
      {"inception_resnet_v2", 299, 55.84, 13.18, 25.06},
      {"xception", 299, 22.86, 8.40, 35.83},
      {"mobilenet-v1", 224, 4.23, 0.569},
      {"mobilenetv2_100", 224, 3.50, 0.301, 6.68},
      {"mobilenetv3_large_100", 224, 5.48, 0.217, 4.41},
      {"mobilenetv3_small_100", 224, 2.54, 0.0565, 1.42},
      {"mnasnet_100", 224, 4.38, 0.315, 5.46},
      {"ghostnet_100", 224, 5.18, 0.141, 3.55},
      {"efficientnet_b0", 224, 5.29, 0.386, 6.75},
      {"efficientnet_b4", 384, 19.34, 4.45, 50.04},
      {"efficientnetv2_s", 384, 21.46, 8.44, 35.77},
      {"efficientnetv2_rw_s", 384, 23.94, 8.72, 38.03},
      {"tf_efficientnetv2_s", 300, 21.46, 5.35, 22.73},
      {"convnext_tiny", 224, 28.59, 4.47, 13.44},
      {"convnext_small", 224, 50.22, 8.71, 21.56},
      {"convnext_base", 384, 88.59, 45.21, 84.49},
      {"convnext_large", 224, 197.77, 34.40, 43.13},
      {"vit_tiny_patch16_224", 224, 5.72, 1.26, 5.97},
      {"vit_small_patch16_224", 224, 22.05, 4.61, 11.95},
      {"vit_base_patch16_224", 224, 86.57, 17.58, 23.90},
      {"vit_base_patch32_224", 224, 88.22, 4.41, 5.01},
      {"vit_base_patch16_384", 384, 86.86, 55.54, 101.56},
      {"vit_large_patch16_224", 224, 304.33, 61.60, 63.52},
      {"deit_small_distilled_patch16_224", 224, 22.44, 4.63, 12.02},
      {"deit3_base_patch16_224", 224, 86.59, 17.58, 23.90},
      {"beit_base_patch16_224", 224, 86.53, 17.58, 23.90},
      {"swin_tiny_patch4_window7_224", 224, 28.29, 4.51, 17.06},
      {"swin_small_patch4_window7_224", 224, 49.61, 8.77, 27.47},
      {"swin_base_patch4_window7_224", 224, 87.77, 15.47, 36.63},
      {"swinv2_tiny_window8_256", 256, 28.35, 5.96, 24.57},
      {"mixer_b16_224", 224, 59.88, 12.62, 14.53},
      {"repvgg_b1", 224, 57.42, 13.16, 10.64},
      {"dpn92", 224, 37.67, 6.54, 18.21},
      {"dla60", 224, 22.04, 4.26, 10.16},
      {"hrnet_w18", 224, 21.30, 4.32, 16.31},
      {"poolformer_s24", 224, 21.39, 3.41, 10.68},
      {"cait_s24_224", 224, 46.92, 9.35, 40.58},
      {"crossvit_base_240", 240, 105.03, 21.22, 36.33},
      {"tnt_s_patch16_224", 224, 23.76, 5.24, 24.37},
      {"levit_256", 224, 18.89, 1.13, 4.23},
      // torchvision 0.14, counted layer by layer
      {"densenet161", 224, 28.681, 7.728, 11.065},
      {"densenet169", 224, 14.149, 3.360, 7.302},
      {"densenet201", 224, 20.014, 4.291, 7.854},
      {"vgg11", 224, 132.863, 7.609, 7.435},
      {"vgg13", 224, 133.048, 11.308, 12.252},
      {"vgg16_bn", 224, 138.366, 15.470, 13.557},
      {"shufflenet_v2_x0_5", 224, 1.3668, 0.0405, 1.025},
      {"shufflenet_v2_x1_0", 224, 2.2786, 0.1449, 1.951},
      {"shufflenet_v2_x1_5", 224, 3.5036, 0.2958, 2.769},
      {"shufflenet_v2_x2_0", 224, 7.3940, 0.5833, 3.745},
      {"efficientnet_b1", 240, 7.7942, 0.6868, 10.884},
      {"efficientnet_b3", 300, 12.2332, 1.8271, 23.831},
      {"efficientnet_b7", 600, 66.3480, 37.746, 289.94},
      {"efficientnet_v2_m", 480, 54.1394, 24.582, 89.838},
      {"efficientnet_v2_l", 480, 118.5153, 56.080, 157.99},
      {"regnet_y_400mf", 224, 4.3441, 0.4018, 3.892},
      {"regnet_y_16gf", 224, 83.590, 15.912, 23.041},
      {"regnet_y_32gf", 224, 145.047, 32.280, 30.262},
      {"regnet_x_8gf", 224, 39.573, 7.995, 14.060},
      {"regnet_x_32gf", 224, 107.812, 31.736, 36.302},
      {"coatnet_0_rw_224", 224, 27.44, 4.43, 18.73},
      {"maxvit_tiny_rw_224", 224, 29.06, 5.11, 33.11},
      {"maxvit_tiny_tf_224", 224, 30.92, 5.60, 35.78},
      {"maxvit_small_tf_224", 224, 68.93, 11.66, 53.17},
      {"maxvit_base_tf_224", 224, 119.47, 24.04, 95.01},
      {"maxvit_large_tf_224", 224, 211.79, 43.68, 127.35},
      {"ssd300_vgg16", 300, 35.642, 34.858},
      {"maskrcnn_resnet50_fpn", 800, 44.401393, 187.586},  // 1,000 boxes, 100 of them outlined
      {"dm_nfnet_f0", 256, 71.49, 12.38, 18.05},
      {"dm_nfnet_f1", 320, 132.63, 35.54, 46.77},
      {"dm_nfnet_f2", 352, 193.78, 62.59, 79.06},
      {"dm_nfnet_f3", 416, 254.92, 114.76, 141.78},
  };
  return all;
}

}  // namespace

TEST_CASE("parameters, multiply-adds and activations of networks on images are the published ones") {
  for (const Published& p : published()) {
    INFO(p.name);
    const Graph g = network(p.name, p.image);
    CHECK(static_cast<double>(g.parameters()) * 1e-6 == Approx(p.parameters).epsilon(0.005));
    CHECK(g.multiply_adds() * 1e-9 == Approx(p.multiply_adds).epsilon(0.01));
    if (p.activations) CHECK(g.activations() * 1e-6 == Approx(*p.activations).epsilon(0.005));
  }
}

TEST_CASE("every architecture of the timm table is known, with its parameters and activations") {
  const auto table = std::filesystem::path(ROOFCAST_SOURCE_DIR).parent_path() /
                     "shared/reference/seed_gpus/timm/timm_subset.csv";
  if (!std::filesystem::exists(table)) return;
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  std::set<std::string> seen, missing;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::stringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    // device,file,phase,precision,layout,framework,dynamo,model,image_size,batch,samples_per_sec,step_ms,gmacs,macts,…
    REQUIRE(cells.size() > 14);
    if (cells[13].empty() || !seen.insert(cells[7] + cells[8]).second) continue;
    INFO(cells[7]);
    try {
      const Graph g = network(cells[7], std::stoll(cells[8]));
      CHECK(static_cast<double>(g.parameters()) * 1e-6 == Approx(std::stod(cells[14])).epsilon(0.005));
      // Fused attention does not write its scores: the table counts other kernels there.
      const double activations = g.activations() * 1e-6, counted = std::stod(cells[13]);
      CHECK(activations > 0.99 * counted);
    } catch (const UnknownWorkload&) {
      missing.insert(cells[7]);
    }
  }
  CHECK(missing.empty());
}

TEST_CASE("the light NFNet, whose published operations count the standardising of its weights") {
  const Graph g = network("nfnet_l0");
  CHECK(static_cast<double>(g.parameters()) * 1e-6 == Approx(35.07).epsilon(0.005));
  CHECK(g.activations() * 1e-6 == Approx(17.29).epsilon(0.005));
}

TEST_CASE("SSD of 300 pixels proposes 8,732 boxes") {
  for (const char* name : {"ssd300-vgg16", "ssd300-resnet50"}) {
    std::int64_t corners = 0;
    for (const Node& node : network(name).nodes)
      if (node.name == "head.boxes") corners = node.output_elements;
    CHECK(corners == 4 * 8732);
  }
}

TEST_CASE("detectors have the parameters and operations their authors print") {
  struct Printed {
    const char* name;
    std::int64_t image;
    double parameters, gflop;
  };
  for (const Printed& p : {Printed{"yolov5n", 640, 1.87, 4.5},
                           {"yolov5s", 640, 7.23, 16.5},
                           {"yolov5m", 640, 21.2, 49.0},
                           {"yolov5l", 640, 46.5, 109.1},
                           {"yolov5x", 640, 86.7, 205.7},
                           {"yolov8n", 640, 3.15, 8.7},
                           {"yolov8s", 640, 11.2, 28.6},
                           {"yolov8m", 640, 25.9, 78.9},
                           {"yolov8l", 640, 43.7, 165.2},
                           {"yolov8x", 640, 68.2, 257.8},
                           {"yolo11n", 640, 2.62, 6.5},
                           {"yolo11s", 640, 9.44, 21.5},
                           {"yolo11m", 640, 20.1, 68.0},
                           {"yolo11l", 640, 25.3, 86.9},
                           {"yolo11x", 640, 56.9, 194.9},
                           {"yolov3", 608, 61.9, 140.7},
                           {"yolov3-tiny", 416, 8.86, 5.57},
                           {"yolov4", 608, 64.4, 128.5}}) {
    INFO(p.name);
    const Graph g = network(p.name, p.image);
    CHECK(static_cast<double>(g.parameters()) * 1e-6 == Approx(p.parameters).epsilon(0.005));
    CHECK(g.multiply_adds() * 2e-9 == Approx(p.gflop).epsilon(0.01));
  }
}

TEST_CASE(
    "Stable Diffusion 1.5 is a UNet of 860 M, a decoder of 49.5 M and a prompt encoder of 123 M parameters") {
  const Graph unet = network("sd15-unet"), decoder = network("sd15-vae-decoder"),
              text = network("sd15-text-encoder");
  CHECK(unet.parameters() == 859'520'964);
  CHECK(static_cast<double>(decoder.parameters()) * 1e-6 == Approx(49.49).epsilon(0.001));
  CHECK(static_cast<double>(text.parameters()) * 1e-6 == Approx(123.06).epsilon(0.001));
  // Layers with weights alone, as the field's counters do: 339 GMAC (Kim et al., "BK-SDM", 2023, table 1).
  double layers = 0;
  for (const Node& n : unet.nodes)
    if (n.inputs.size() < 2 && kind(n.op) != KernelKind::batched_gemm &&
        (std::holds_alternative<Gemm>(n.op) || std::holds_alternative<Conv2d>(n.op)))
      layers += flops(n.op).value / 2e9;
  CHECK(layers == Approx(339).epsilon(0.01));
  WorkloadRequest r;
  r.name = "sd15";
  r.mode = Mode::inference;
  const Graph image = build(r);
  CHECK(image.parameters() == unet.parameters() + decoder.parameters() + text.parameters());
  CHECK(image.multiply_adds() ==
        Approx(2 * text.multiply_adds() + 100 * unet.multiply_adds() + decoder.multiply_adds()));
  r.steps = 25;
  CHECK(image.multiply_adds() - build(r).multiply_adds() == Approx(50 * unet.multiply_adds()));
  r.mode = Mode::training;
  CHECK_THROWS_WITH_AS(build(r), doctest::Contains("its UNet trains"), std::invalid_argument);
}

TEST_CASE("U-Net and DCGAN have the parameters of their papers' code") {
  CHECK(static_cast<double>(network("unet").parameters()) * 1e-6 == Approx(31.03).epsilon(0.001));
  WorkloadRequest r;
  r.name = "dcgan";
  const Graph both = build(r);
  CHECK(network("dcgan").parameters() == 3'576'704);  // PyTorch's examples/dcgan: generator
  CHECK(both.parameters() == 3'576'704 + 2'765'568);  // and discriminator, counted once in three passes
}
