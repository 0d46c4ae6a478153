// Batch norm, pooling, embedding, reductions and transposition.
// SPDX-License-Identifier: Apache-2.0
#include "element.cuh"

namespace {

/// One block per channel of an n × c × spatial tensor. kind: 0 inference, 1 training, 2 backward (the forward input, then
/// the gradient of the output).
template <class T, int kKind>
__device__ inline void batch_norm(const T* in, T* out, int n, int c, int spatial) {
  const int channel = blockIdx.x;
  const Index elements = static_cast<Index>(n) * c * spatial;
  const int per_channel = n * spatial;
  const auto at = [&](int i) {
    return (static_cast<Index>(i / spatial) * c + channel) * spatial + i % spatial;
  };
  float a = 0, b = 1;
  if (kKind != 0) {
    float sum = 0, squares = 0;
    for (int i = threadIdx.x; i < per_channel; i += blockDim.x) {
      const float x = load(in + at(i));
      const float y = kKind == 2 ? load(in + elements + at(i)) : x;
      sum += y;
      squares += x * y;
    }
    a = block_reduce<false>(sum) / per_channel;
    b = block_reduce<false>(squares) / per_channel;
  }
  for (int i = threadIdx.x; i < per_channel; i += blockDim.x) {
    const float x = load(in + at(i));
    store(out + at(i), kKind == 2 ? load(in + elements + at(i)) - a - x * b : (x - a) * b);
  }
}

/// One thread per output; the window slides by h / out_h.
template <class T>
__device__ inline void pool(const T* in, T* out, Index outputs, int h, int w, int out_h, int out_w,
                            int window) {
  const Index i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x;
  if (i >= outputs) return;
  const int q = static_cast<int>(i % out_w), p = static_cast<int>(i / out_w % out_h);
  const Index plane = i / out_w / out_h;
  float x = -3e38f;
  for (int r = 0; r < window; ++r) {
    for (int s = 0; s < window; ++s) {
      const int y = p * h / out_h + r, z = q * w / out_w + s;
      if (y < h && z < w) x = fmaxf(x, load(in + (plane * h + y) * w + z));
    }
  }
  store(out + i, x);
}

/// One thread per input: the gradient of the output its window went to.
template <class T>
__device__ inline void pool_backward(const T* in, T* out, Index inputs, int h, int w, int out_h, int out_w,
                                     int window) {
  const Index i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x;
  if (i >= inputs) return;
  const int z = static_cast<int>(i % w), y = static_cast<int>(i / w % h);
  const Index plane = i / w / h;
  const float g = load(in + (plane * out_h + y * out_h / h) * out_w + z * out_w / w);
  store(out + i, g / window);
}

template <class T>
__device__ inline void embedding(const T* table, T* out, const unsigned* indices, int width) {
  const Index from = indices[blockIdx.x] * static_cast<Index>(width),
              to = blockIdx.x * static_cast<Index>(width);
  for (int i = threadIdx.x; i < width; i += blockDim.x) out[to + i] = table[from + i];
}

/// Atomics on FP32, as frameworks accumulate.
template <class T>
__device__ inline void embedding_backward(const T* in, float* table, const unsigned* indices, int width) {
  const Index to = indices[blockIdx.x] * static_cast<Index>(width),
              from = blockIdx.x * static_cast<Index>(width);
  for (int i = threadIdx.x; i < width; i += blockDim.x) atomicAdd(table + to + i, load(in + from + i));
}

/// Sums elements / outputs rows into `outputs` columns.
template <class T>
__device__ inline void reduce_columns(const T* in, float* out, int outputs, int rows, int rows_per_block) {
  const int column = blockIdx.x * blockDim.x + threadIdx.x;
  if (column >= outputs) return;
  float sum = 0;
  const int first = blockIdx.y * rows_per_block;
  for (int r = first; r < min(rows, first + rows_per_block); ++r)
    sum += load(in + static_cast<Index>(r) * outputs + column);
  atomicAdd(out + column, sum);
}

template <class T>
__device__ inline void reduce_all(const Pack<T>* in, float* out, Index packs) {
  float sum = 0;
  const Index step = static_cast<Index>(gridDim.x) * blockDim.x;
  for (Index i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x; i < packs; i += step) {
    const Pack<T> p = in[i];
#pragma unroll
    for (int e = 0; e < Pack<T>::size; ++e) sum += p.get(e);
  }
  sum = block_reduce<false>(sum);
  if (threadIdx.x == 0) atomicAdd(out, sum);
}

/// rows × cols to cols × rows through shared memory; blocks of 32 × 8 threads.
template <class T>
__device__ inline void transpose(const T* in, T* out, int rows, int cols) {
  __shared__ T tile[32][33];
  const int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
  for (int j = 0; j < 32; j += 8) {
    if (x < cols && y + j < rows)
      tile[threadIdx.y + j][threadIdx.x] = in[static_cast<Index>(y + j) * cols + x];
  }
  __syncthreads();
  const int u = blockIdx.y * 32 + threadIdx.x, v = blockIdx.x * 32 + threadIdx.y;
  for (int j = 0; j < 32; j += 8) {
    if (u < rows && v + j < cols)
      out[static_cast<Index>(v + j) * rows + u] = tile[threadIdx.x][threadIdx.y + j];
  }
}

}  // namespace

#define ROOFCAST_LAYERS(NAME, T)                                                                             \
  extern "C" __global__ void roofcast_batch_norm_inference_##NAME(const T* in, T* out, int n, int c,         \
                                                                  int s) {                                   \
    batch_norm<T, 0>(in, out, n, c, s);                                                                      \
  }                                                                                                          \
  extern "C" __global__ void roofcast_batch_norm_training_##NAME(const T* in, T* out, int n, int c, int s) { \
    batch_norm<T, 1>(in, out, n, c, s);                                                                      \
  }                                                                                                          \
  extern "C" __global__ void roofcast_batch_norm_backward_##NAME(const T* in, T* out, int n, int c, int s) { \
    batch_norm<T, 2>(in, out, n, c, s);                                                                      \
  }                                                                                                          \
  extern "C" __global__ void roofcast_pool_##NAME(const T* in, T* out, Index count, int h, int w, int oh,    \
                                                  int ow, int k) {                                           \
    pool(in, out, count, h, w, oh, ow, k);                                                                   \
  }                                                                                                          \
  extern "C" __global__ void roofcast_pool_backward_##NAME(const T* in, T* out, Index count, int h, int w,   \
                                                           int oh, int ow, int k) {                          \
    pool_backward(in, out, count, h, w, oh, ow, k);                                                          \
  }                                                                                                          \
  extern "C" __global__ void roofcast_embedding_##NAME(const T* table, T* out, const unsigned* at,           \
                                                       int width) {                                          \
    embedding(table, out, at, width);                                                                        \
  }                                                                                                          \
  extern "C" __global__ void roofcast_embedding_backward_##NAME(const T* in, float* table,                   \
                                                                const unsigned* at, int width) {             \
    embedding_backward(in, table, at, width);                                                                \
  }                                                                                                          \
  extern "C" __global__ void roofcast_reduce_columns_##NAME(const T* in, float* out, int outputs, int rows,  \
                                                            int each) {                                      \
    reduce_columns(in, out, outputs, rows, each);                                                            \
  }                                                                                                          \
  extern "C" __global__ void roofcast_reduce_all_##NAME(const Pack<T>* in, float* out, Index packs) {        \
    reduce_all<T>(in, out, packs);                                                                           \
  }                                                                                                          \
  extern "C" __global__ void roofcast_transpose_##NAME(const T* in, T* out, int rows, int cols) {            \
    transpose(in, out, rows, cols);                                                                          \
  }

ROOFCAST_LAYERS(f32, float)
ROOFCAST_LAYERS(f16, __half)
