// Networks that PyTorch exported, against published counts and the zoo's own.
// Source of the figures: torchvision's model tables; tests/data/onnx/make_fixtures.py made the files.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "model/forecast/forecast.h"
#include "model/importers/onnx/onnx.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;

namespace {

WorkloadRequest file(const std::string& name, std::int64_t batch = 1, Mode mode = Mode::inference) {
  std::ifstream in(std::string(ROOFCAST_SOURCE_DIR "/tests/data/onnx/") + name + ".onnx", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  REQUIRE_FALSE(bytes.empty());
  WorkloadRequest request;
  request.imported = import_onnx(bytes, name + ".onnx");
  request.name = request.imported->info.name;
  request.batch = batch;
  request.mode = mode;
  return request;
}

Seconds step(WorkloadRequest request, Precision precision) {
  Job job;
  job.execution.mode = request.mode;
  job.execution.precision = precision;
  job.workload = std::move(request);
  return forecast(job, testing::board("tesla-t4"), embedded_calibration()).step.expected;
}

WorkloadRequest zoo_network(const char* name, std::int64_t batch, Mode mode) {
  WorkloadRequest request;
  request.name = name;
  request.batch = batch;
  request.mode = mode;
  return request;
}

struct Published {
  const char* file;
  double parameters;     // millions
  double multiply_adds;  // billions, one image of 224 × 224
};

}  // namespace

TEST_CASE("parameters and multiply-adds of exported networks are within 1 % of what is published") {
  for (const Published& p : {Published{"resnet50", 25.56, 4.09},
                             {"resnet50_training", 25.56, 4.09},
                             {"resnet50_parameters_as_inputs", 25.56, 4.09},
                             {"mobilenet_v3_large", 5.48, 0.217},
                             {"efficientnet_b0", 5.29, 0.386},
                             {"vit_b_16", 86.57, 17.56},
                             {"resnet18_quantised", 11.69, 1.81}}) {
    INFO(p.file);
    const Graph g = build(file(p.file));
    CHECK(static_cast<double>(g.parameters()) * 1e-6 == Approx(p.parameters).epsilon(0.01));
    CHECK(g.multiply_adds() * 1e-9 == Approx(p.multiply_adds).epsilon(0.01));
    const Graph eight = build(file(p.file, 8));
    CHECK(eight.multiply_adds() == Approx(8 * g.multiply_adds()));
    CHECK(eight.parameters() == g.parameters());
  }
}

TEST_CASE("a training export keeps its batch norms: parameters are exact") {
  CHECK(build(file("resnet50_training")).parameters() == 25'557'032);
}

TEST_CASE("an exported ResNet-50 takes the time of the zoo's") {
  CHECK(step(file("resnet50", 32), Precision::fp32) /
            step(zoo_network("resnet50", 32, Mode::inference), Precision::fp32) ==
        Approx(1).epsilon(0.03));
  CHECK(step(file("resnet50_training", 32, Mode::training), Precision::amp_fp16) /
            step(zoo_network("resnet50", 32, Mode::training), Precision::amp_fp16) ==
        Approx(1).epsilon(0.03));
}

TEST_CASE("an exported ViT takes the time of the zoo's") {
  CHECK(step(file("vit_b_16", 16), Precision::fp32) /
            step(zoo_network("vit-b-16", 16, Mode::inference), Precision::fp32) ==
        Approx(1).epsilon(0.05));
}

// Biases count as half a multiply-add each, hence two in a thousand.
TEST_CASE("an encoder with open batch and sequence needs the sequence, and attention grows with its square") {
  WorkloadRequest request = file("encoder", 4);
  CHECK_THROWS_WITH_AS(build(request), doctest::Contains("give --dim sequence=N"), std::invalid_argument);
  request.dimensions["sequence"] = 128;
  const Graph g = build(request);
  // Two layers: four projections and two wide products of tokens × 768, and two products of heads.
  const double tokens = 4 * 128;
  const double products = 2 * tokens * (4 * 768 * 768 + 2 * 768 * 3072);
  const double attention = 2 * 2 * 4 * 12 * 128.0 * 128 * 64;
  CHECK(g.multiply_adds() == Approx(products + attention).epsilon(2e-3));
  const std::int64_t per_layer = 4 * (768 * 768 + 768) + 2 * 768 * 3072 + 3072 + 768 + 4 * 768;
  CHECK(g.parameters() == (30522 + 512) * 768 + 2 * 768 + 2 * per_layer);
  std::size_t norms = 0, activations = 0;
  for (const Node& node : g.nodes) {
    const auto* row = std::get_if<Rowwise>(&node.op);
    norms += row != nullptr && row->kind == Rowwise::Kind::layer_norm ? 1 : 0;
    const auto* p = std::get_if<Pointwise>(&node.op);
    activations += p != nullptr && p->flops_per_element == 12 ? 1 : 0;  // GELU
  }
  CHECK(norms == 5);
  CHECK(activations == 2);
}

TEST_CASE("a fixed batch is replaced, in constant shapes too") {
  const Graph one = build(file("transformer_encoder_static", 1));
  const Graph many = build(file("transformer_encoder_static", 32));
  // 50 tokens of width 256: four projections, two of the feed-forward, and the heads' products.
  const double products = 50 * (4 * 256.0 * 256 + 2 * 256 * 1024) + 2 * 4 * 50.0 * 50 * 64;
  CHECK(one.multiply_adds() == Approx(products).epsilon(2e-3));
  CHECK(many.multiply_adds() == Approx(32 * products).epsilon(2e-3));
}

TEST_CASE("an LSTM is unrolled: products of every step count, weights once") {
  WorkloadRequest request = file("lstm", 4);
  request.dimensions["sequence"] = 10;
  const Graph g = build(request);
  const std::int64_t first = 2 * 4 * 512 * (256 + 512 + 2), second = 2 * 4 * 512 * (1024 + 512 + 2);
  CHECK(g.parameters() == 10000 * 256 + first + second + 1024 * 20 + 20);
  const double per_token = 2 * 4 * 512 * (256.0 + 512) + 2 * 4 * 512 * (1024.0 + 512) + 1024 * 20;
  CHECK(g.multiply_adds() == Approx(40 * per_token).epsilon(2e-3));
}

TEST_CASE("training a graph whose batch norms were folded says that they are missing") {
  const Graph g = build(file("resnet50", 1, Mode::training));
  REQUIRE(g.remarks.size() == 2);
  CHECK(g.remarks[1].find("folded into 53 convolutions") != std::string::npos);
  CHECK(g.nodes.back().name == "loss");
  CHECK(build(file("resnet50")).remarks.empty());
}

TEST_CASE("a quantised graph is run in integers unless told otherwise") {
  const WorkloadRequest request = file("resnet18_quantised");
  CHECK(request.imported->info.default_precision == Precision::int8);
  CHECK(step(file("resnet18_quantised", 32), Precision::int8) <
        step(file("resnet18_quantised", 32), Precision::fp32));
}
