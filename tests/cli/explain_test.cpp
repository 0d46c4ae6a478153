// Grouping of repeated layers and the sums of the waterfall.
// SPDX-License-Identifier: Apache-2.0
#include "cli/explain.h"

#include <doctest/doctest.h>

using namespace roofcast;
using namespace roofcast::cli;
using doctest::Approx;

namespace {

KernelForecast layer(const std::string& name, std::int64_t m, double seconds, std::int64_t count = 1) {
  KernelForecast k;
  k.kernel.name = name;
  k.kernel.op = Gemm{1, m, 64, 64};
  k.kernel.count = count;
  k.estimate.seconds = Seconds(seconds);
  k.estimate.waterfall = {Seconds(0.5 * seconds), Seconds(0.7 * seconds), Seconds(0.8 * seconds),
                          Seconds(0.9 * seconds), Seconds(seconds)};
  return k;
}

}  // namespace

TEST_CASE("numbers that stand alone are indices of repeated blocks") {
  CHECK(layer_pattern("layer3.4.conv2") == "layer3.*.conv2");
  CHECK(layer_pattern("encoder.11.attention.query") == "encoder.*.attention.query");
  CHECK(layer_pattern("conv1") == "conv1");
  CHECK(layer_pattern("12") == "*");
}

TEST_CASE("the same layer of numbered blocks is one group, longest first") {
  const std::vector<KernelForecast> kernels{layer("block.0.fc", 64, 1), layer("block.1.fc", 128, 1, 2),
                                            layer("head", 64, 0.5), layer("tail", 64, 4)};
  const auto groups = group_layers(kernels);
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].name == "tail");
  CHECK(groups[1].name == "block.*.fc");
  CHECK(groups[1].launches == 3);
  CHECK(groups[1].time().value == Approx(3));
  CHECK(std::get<Gemm>(groups[1].longest->kernel.op).m == 128);
  CHECK(groups[2].name == "head");
}

TEST_CASE("backward kernels belong to the layer they are named after") {
  std::vector<KernelForecast> kernels{layer("fc", 64, 1), layer("fc.wgrad", 64, 2), layer("update", 64, 3)};
  kernels[1].kernel.phase = Phase::backward;
  kernels[2].kernel.phase = Phase::optimizer;
  const auto groups = group_layers(kernels);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "fc");
  CHECK(groups[0].forward.value == 1);
  CHECK(groups[0].other.value == 2);
  CHECK(groups[1].name == "update");
}

TEST_CASE("the waterfall of a step is the sum over launches, waiting for the host its last stage") {
  Forecast f;
  f.kernels = {layer("a", 64, 1, 2), layer("b", 64, 3)};
  f.gpu_time = Seconds(5);
  f.step.expected = Seconds(8);
  const Waterfall w = total_waterfall(f);
  CHECK(w.ideal.value == Approx(2.5));
  CHECK(w.clock.value == Approx(4.5));
  CHECK(w.total.value == Approx(5));
  const Table t = waterfall_table(f);
  CHECK(t.rows[5][0] == "+ waiting for the host");
  CHECK(t.rows[5][2] == "3.00 s");
  CHECK(t.rows[6][1] == "8.00 s");
}

TEST_CASE("rows beyond the longest are summed in a last one") {
  Forecast f;
  for (int i = 0; i < 5; ++i) f.kernels.push_back(layer("layer" + std::to_string(i) + "x", 64 + i, 5 - i));
  f.gpu_time = Seconds(15);
  const Table t = layer_table(f, 3);
  REQUIRE(t.rows.size() == 4);
  CHECK(t.rows[3][0] == "2 more");
  CHECK(t.rows[3][3] == "3.00 s");
  CHECK(t.rows[3][4] == "20.0 %");
}
