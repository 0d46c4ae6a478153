// Compute: register-only chains of multiply-adds on CUDA cores. Shapes are those of chain_shape().
// SPDX-License-Identifier: Apache-2.0
#include "element.cuh"

namespace {

template <class T, int kChains, class Step>
__device__ inline T chains(T start, int steps, Step step) {
  T x[kChains];
#pragma unroll
  for (int c = 0; c < kChains; ++c) x[c] = start;
  for (int i = 0; i < steps; ++i) {
#pragma unroll
    for (int c = 0; c < kChains; ++c) x[c] = step(x[c]);
  }
  T sum = x[0];
#pragma unroll
  for (int c = 1; c < kChains; ++c) sum = sum + x[c];
  return sum;
}

}  // namespace

extern "C" {

__global__ void roofcast_fma_fp32(float* sink, int steps, float a, float b) {
  const float x = chains<float, 8>(threadIdx.x * 1e-3f, steps, [=](float v) { return fmaf(v, a, b); });
  if (x == 12345.678f) *sink = x;
}

__global__ void roofcast_fma_fp64(float* sink, int steps, float a, float b) {
  const double p = a, q = b;
  const double x = chains<double, 4>(threadIdx.x * 1e-3, steps, [=](double v) { return fma(v, p, q); });
  if (x == 12345.678) *sink = static_cast<float>(x);
}

__global__ void roofcast_fma_fp16x2(float* sink, int steps, float a, float b) {
  const __half2 p = __float2half2_rn(a), q = __float2half2_rn(b);
  __half2 x[8];
#pragma unroll
  for (int c = 0; c < 8; ++c) x[c] = __float2half2_rn(threadIdx.x * 1e-3f);
  for (int i = 0; i < steps; ++i) {
#pragma unroll
    for (int c = 0; c < 8; ++c) x[c] = __hfma2(x[c], p, q);
  }
#pragma unroll
  for (int c = 1; c < 8; ++c) x[0] = __hadd2(x[0], x[c]);
  if (__low2float(x[0]) == 12345.0f) *sink = __high2float(x[0]);
}

__global__ void roofcast_dp4a(float* sink, int steps, float a, float b) {
  const int p = __float_as_int(a), q = __float_as_int(b);
  const int x = chains<int, 8>(static_cast<int>(threadIdx.x), steps, [=](int v) { return __dp4a(v, p, q); });
  if (x == 1234567) *sink = static_cast<float>(x);
}

}  // extern "C"
