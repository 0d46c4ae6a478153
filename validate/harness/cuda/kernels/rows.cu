// Kernels that need a whole row: one block per row, which reads it again from cache where it needs it twice.
// SPDX-License-Identifier: Apache-2.0
#include "element.cuh"

namespace {

template <class T>
__device__ inline void softmax(const T* in, T* out, int cols) {
  const unsigned long long row = blockIdx.x * static_cast<unsigned long long>(cols);
  float top = -3e38f;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) top = fmaxf(top, load(in + row + i));
  top = block_reduce<true>(top);
  float sum = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) sum += __expf(load(in + row + i) - top);
  sum = block_reduce<false>(sum);
  for (int i = threadIdx.x; i < cols; i += blockDim.x)
    store(out + row + i, __expf(load(in + row + i) - top) / sum);
}

/// `in` holds the output of the forward pass, then its gradient.
template <class T>
__device__ inline void softmax_backward(const T* in, T* out, int cols, unsigned long long elements) {
  const unsigned long long row = blockIdx.x * static_cast<unsigned long long>(cols);
  float dot = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x)
    dot += load(in + row + i) * load(in + elements + row + i);
  dot = block_reduce<false>(dot);
  for (int i = threadIdx.x; i < cols; i += blockDim.x)
    store(out + row + i, load(in + row + i) * (load(in + elements + row + i) - dot));
}

template <class T, bool kCentred>
__device__ inline void norm(const T* in, T* out, int cols) {
  const unsigned long long row = blockIdx.x * static_cast<unsigned long long>(cols);
  float sum = 0, squares = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) {
    const float x = load(in + row + i);
    sum += x;
    squares += x * x;
  }
  const float mean = kCentred ? block_reduce<false>(sum) / cols : 0;
  const float scale = rsqrtf(block_reduce<false>(squares) / cols - mean * mean + 1e-5f);
  for (int i = threadIdx.x; i < cols; i += blockDim.x)
    store(out + row + i, (load(in + row + i) - mean) * scale);
}

/// `in` holds the input of the forward pass, then the gradient of its output.
template <class T>
__device__ inline void layer_norm_backward(const T* in, T* out, int cols, unsigned long long elements) {
  const unsigned long long row = blockIdx.x * static_cast<unsigned long long>(cols);
  float a = 0, b = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) {
    const float x = load(in + row + i), g = load(in + elements + row + i);
    a += g;
    b += g * x;
  }
  a = block_reduce<false>(a) / cols;
  b = block_reduce<false>(b) / cols;
  for (int i = threadIdx.x; i < cols; i += blockDim.x)
    store(out + row + i, load(in + elements + row + i) - a - load(in + row + i) * b);
}

template <class T>
__device__ inline void cross_entropy(const T* in, T* out, int cols) {
  const unsigned long long row = blockIdx.x * static_cast<unsigned long long>(cols);
  float top = -3e38f, sum = 0;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) top = fmaxf(top, load(in + row + i));
  top = block_reduce<true>(top);
  for (int i = threadIdx.x; i < cols; i += blockDim.x) sum += __expf(load(in + row + i) - top);
  sum = block_reduce<false>(sum);
  if (threadIdx.x == 0) store(out + blockIdx.x, __logf(sum) + top - load(in + row));
}

}  // namespace

#define ROOFCAST_ROWS(NAME, T)                                                                               \
  extern "C" __global__ void roofcast_softmax_##NAME(const T* in, T* out, int cols, unsigned long long) {    \
    softmax(in, out, cols);                                                                                  \
  }                                                                                                          \
  extern "C" __global__ void roofcast_softmax_backward_##NAME(const T* in, T* out, int cols,                 \
                                                              unsigned long long n) {                        \
    softmax_backward(in, out, cols, n);                                                                      \
  }                                                                                                          \
  extern "C" __global__ void roofcast_layer_norm_##NAME(const T* in, T* out, int cols, unsigned long long) { \
    norm<T, true>(in, out, cols);                                                                            \
  }                                                                                                          \
  extern "C" __global__ void roofcast_rms_norm_##NAME(const T* in, T* out, int cols, unsigned long long) {   \
    norm<T, false>(in, out, cols);                                                                           \
  }                                                                                                          \
  extern "C" __global__ void roofcast_layer_norm_backward_##NAME(const T* in, T* out, int cols,              \
                                                                 unsigned long long n) {                     \
    layer_norm_backward(in, out, cols, n);                                                                   \
  }                                                                                                          \
  extern "C" __global__ void roofcast_cross_entropy_##NAME(const T* in, T* out, int cols,                    \
                                                           unsigned long long) {                             \
    cross_entropy(in, out, cols);                                                                            \
  }

ROOFCAST_ROWS(f32, float)
ROOFCAST_ROWS(f16, __half)
