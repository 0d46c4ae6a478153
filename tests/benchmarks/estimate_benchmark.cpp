// Kernel estimates per second ("items_per_second"), one per class of kernel.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "model/kernels/estimate.h"
#include "tests/benchmarks/base.h"

namespace roofcast::benchmarks {
namespace {

constexpr Numerics kFp32{};
constexpr Numerics kAutocast{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32, Path::tensor_core};

void run(benchmark::State& state, const Op& op, const Numerics& numerics) {
  Kernel kernel;
  kernel.op = op;
  kernel.numerics = numerics;
  for (auto _ : state) benchmark::DoNotOptimize(estimate(kernel, board(), calibration()));
  state.SetItemsProcessed(state.iterations());
}

Gemm gemm() {
  Gemm op;
  op.m = 3072;
  op.n = 1024;
  op.k = 4096;
  return op;
}

Conv2d conv() {  // ResNet-50 layer2, 3×3, batch 64
  Conv2d op;
  op.n = 64;
  op.c = op.k = 128;
  op.h = op.w = 28;
  op.r = op.s = 3;
  op.pad_h = op.pad_w = 1;
  return op;
}

Pointwise pointwise() {
  Pointwise op;
  op.elements = 1 << 24;
  return op;
}

Rowwise softmax() {
  Rowwise op;
  op.rows = 49152;
  op.cols = 384;
  return op;
}

}  // namespace

BENCHMARK_CAPTURE(run, gemm_fp32, gemm(), kFp32);
BENCHMARK_CAPTURE(run, gemm_autocast, gemm(), kAutocast);
BENCHMARK_CAPTURE(run, conv_fp32, conv(), kFp32);
BENCHMARK_CAPTURE(run, conv_autocast, conv(), kAutocast);
BENCHMARK_CAPTURE(run, pointwise, pointwise(), kFp32);
BENCHMARK_CAPTURE(run, softmax, softmax(), kFp32);

}  // namespace roofcast::benchmarks
