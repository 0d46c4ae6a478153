// Reading a model and building its graph: what `predict model.onnx` pays before it forecasts.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>

#include "model/importers/onnx/onnx.h"

namespace roofcast::benchmarks {
namespace {

std::string bytes_of(const char* name) {
  std::ifstream in(std::string(ROOFCAST_SOURCE_DIR "/tests/data/onnx/") + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void import_model(benchmark::State& state, const char* name) {
  const std::string bytes = bytes_of(name);
  for (auto _ : state) benchmark::DoNotOptimize(import_onnx(bytes, name));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void build_model(benchmark::State& state, const char* name) {
  WorkloadRequest request;
  request.imported = import_onnx(bytes_of(name), name);
  request.batch = 8;
  for (auto _ : state) benchmark::DoNotOptimize(build(request));
}

}  // namespace

BENCHMARK_CAPTURE(import_model, resnet50, "resnet50.onnx")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(import_model, vit_b_16, "vit_b_16.onnx")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build_model, resnet50, "resnet50.onnx")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build_model, vit_b_16, "vit_b_16.onnx")->Unit(benchmark::kMillisecond);

}  // namespace roofcast::benchmarks
