// Elements in memory as floats in registers, whatever they are stored as. Everything here and in the .cu files runs on
// compute capability 6.1; what needs more stands behind __CUDA_ARCH__.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_fp16.h>

using Index = unsigned long long;  // of elements

__device__ inline float load(const float* p) { return *p; }
__device__ inline float load(const __half* p) { return __half2float(*p); }
__device__ inline void store(float* p, float v) { *p = v; }
__device__ inline void store(__half* p, float v) { *p = __float2half(v); }

/// 16 bytes of elements.
template <class T>
struct Pack {
  static constexpr int size = 16 / sizeof(T);
  uint4 bits;
  __device__ float get(int i) const {
    T v;
    memcpy(&v, reinterpret_cast<const char*>(&bits) + i * sizeof(T), sizeof(T));
    return load(&v);
  }
  __device__ void set(int i, float x) {
    T v;
    store(&v, x);
    memcpy(reinterpret_cast<char*>(&bits) + i * sizeof(T), &v, sizeof(T));
  }
};

/// Sum or maximum over a block of at most 1024 threads; every thread gets it.
template <bool kMax>
__device__ inline float block_reduce(float v) {
  __shared__ float partial[32];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int offset = 16; offset > 0; offset /= 2) {
    const float other = __shfl_xor_sync(0xffffffffu, v, offset);
    v = kMax ? fmaxf(v, other) : v + other;
  }
  if (lane == 0) partial[warp] = v;
  __syncthreads();
  v = partial[0];
  for (int i = 1; i < static_cast<int>(blockDim.x) / 32; ++i)
    v = kMax ? fmaxf(v, partial[i]) : v + partial[i];
  __syncthreads();
  return v;
}
