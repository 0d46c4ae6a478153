// Batch norm and pooling of NHWC tensors: rows of pixels, each with its channels side by side, `width` packs to a row.
// SPDX-License-Identifier: Apache-2.0
#include "element.cuh"

namespace {

/// Adds each channel's sum and sum of products to `sums` (all sums, then all products): of x and x², backward of the
/// gradient g and x·g, which lie one tensor behind x. Blocks of at most 256 threads, x over packs of a row, y over rows.
template <class T, bool kBackward>
__device__ inline void channel_sums(const Pack<T>* in, float* sums, int width, int rows) {
  constexpr int kSize = Pack<T>::size;
  __shared__ float partial[256 * kSize];
  const int column = blockIdx.x * blockDim.x + threadIdx.x;
  const Index packs = static_cast<Index>(rows) * width;
  float total[2][kSize] = {};
  if (column < width) {
    for (int row = blockIdx.y * blockDim.y + threadIdx.y; row < rows; row += gridDim.y * blockDim.y) {
      const Index at = static_cast<Index>(row) * width + column;
      const Pack<T> x = in[at], y = kBackward ? in[packs + at] : x;
#pragma unroll
      for (int e = 0; e < kSize; ++e) {
        total[0][e] += y.get(e);
        total[1][e] += x.get(e) * y.get(e);
      }
    }
  }
#pragma unroll
  for (int which = 0; which < 2; ++which) {
#pragma unroll
    for (int e = 0; e < kSize; ++e)
      partial[(threadIdx.y * blockDim.x + threadIdx.x) * kSize + e] = total[which][e];
    __syncthreads();
    if (threadIdx.y == 0 && column < width) {
      for (int e = 0; e < kSize; ++e) {
        float sum = 0;
        for (int y = 0; y < static_cast<int>(blockDim.y); ++y)
          sum += partial[(y * blockDim.x + threadIdx.x) * kSize + e];
        atomicAdd(sums + (which * width + column) * kSize + e, sum);
      }
    }
    __syncthreads();
  }
}

/// Normalises by what channel_sums() left, one pack per thread.
template <class T, bool kBackward>
__device__ inline void channel_apply(const Pack<T>* in, Pack<T>* out, const float* sums, int width, int rows) {
  constexpr int kSize = Pack<T>::size;
  const Index i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x;
  const Index packs = static_cast<Index>(rows) * width;
  if (i >= packs) return;
  const int column = static_cast<int>(i % width);
  const Pack<T> x = in[i], g = kBackward ? in[packs + i] : x;
  Pack<T> result;
#pragma unroll
  for (int e = 0; e < kSize; ++e) {
    const float a = sums[column * kSize + e], b = sums[(width + column) * kSize + e];
    result.set(e, kBackward ? g.get(e) - a - x.get(e) * b : (x.get(e) - a) * b);
  }
  out[i] = result;
}

/// One thread per output pack; the window slides by h / out_h.
template <class T>
__device__ inline void pool_channels(const Pack<T>* in, Pack<T>* out, Index outputs, int width, int h, int w,
                                     int out_h, int out_w, int window) {
  const Index i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x;
  if (i >= outputs) return;
  const int column = static_cast<int>(i % width);
  const Index pixel = i / width;
  const int q = static_cast<int>(pixel % out_w), p = static_cast<int>(pixel / out_w % out_h);
  const Index image = pixel / out_w / out_h;
  float top[Pack<T>::size];
#pragma unroll
  for (int e = 0; e < Pack<T>::size; ++e) top[e] = -3e38f;
  for (int r = 0; r < window; ++r) {
    for (int s = 0; s < window; ++s) {
      const int y = p * h / out_h + r, z = q * w / out_w + s;
      if (y >= h || z >= w) continue;
      const Pack<T> x = in[((image * h + y) * w + z) * width + column];
#pragma unroll
      for (int e = 0; e < Pack<T>::size; ++e) top[e] = fmaxf(top[e], x.get(e));
    }
  }
  Pack<T> result;
#pragma unroll
  for (int e = 0; e < Pack<T>::size; ++e) result.set(e, top[e]);
  out[i] = result;
}

/// One thread per input pack: the gradient of the output its window went to.
template <class T>
__device__ inline void pool_channels_backward(const Pack<T>* in, Pack<T>* out, Index inputs, int width, int h,
                                              int w, int out_h, int out_w, int window) {
  const Index i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x;
  if (i >= inputs) return;
  const int column = static_cast<int>(i % width);
  const Index pixel = i / width;
  const int z = static_cast<int>(pixel % w), y = static_cast<int>(pixel / w % h);
  const Index image = pixel / w / h;
  const Pack<T> g = in[((image * out_h + y * out_h / h) * out_w + z * out_w / w) * width + column];
  Pack<T> result;
#pragma unroll
  for (int e = 0; e < Pack<T>::size; ++e) result.set(e, g.get(e) / window);
  out[i] = result;
}

}  // namespace

#define ROOFCAST_CHANNELS_LAST(NAME, T)                                                                     \
  extern "C" __global__ void roofcast_channel_sums_##NAME(const Pack<T>* in, float* sums, int width,        \
                                                          int rows) {                                       \
    channel_sums<T, false>(in, sums, width, rows);                                                          \
  }                                                                                                         \
  extern "C" __global__ void roofcast_channel_sums_backward_##NAME(const Pack<T>* in, float* sums,          \
                                                                   int width, int rows) {                   \
    channel_sums<T, true>(in, sums, width, rows);                                                           \
  }                                                                                                         \
  extern "C" __global__ void roofcast_channel_apply_##NAME(const Pack<T>* in, Pack<T>* out,                 \
                                                           const float* sums, int width, int rows) {        \
    channel_apply<T, false>(in, out, sums, width, rows);                                                    \
  }                                                                                                         \
  extern "C" __global__ void roofcast_channel_apply_backward_##NAME(                                        \
      const Pack<T>* in, Pack<T>* out, const float* sums, int width, int rows) {                            \
    channel_apply<T, true>(in, out, sums, width, rows);                                                     \
  }                                                                                                         \
  extern "C" __global__ void roofcast_pool_channels_##NAME(const Pack<T>* in, Pack<T>* out, Index packs,    \
                                                           int width, int h, int w, int oh, int ow, int k) { \
    pool_channels(in, out, packs, width, h, w, oh, ow, k);                                                  \
  }                                                                                                         \
  extern "C" __global__ void roofcast_pool_channels_backward_##NAME(                                        \
      const Pack<T>* in, Pack<T>* out, Index packs, int width, int h, int w, int oh, int ow, int k) {       \
    pool_channels_backward(in, out, packs, width, h, w, oh, ow, k);                                         \
  }

ROOFCAST_CHANNELS_LAST(f32, float)
ROOFCAST_CHANNELS_LAST(f16, __half)
