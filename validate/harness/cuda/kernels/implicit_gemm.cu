// The harness's own convolution, where cuDNN is missing: implicit GEMM with 64 × 64 tiles on CUDA cores, all three passes.
// Its times say nothing of cuDNN's, and rows of it calibrate no constant.
// SPDX-License-Identifier: Apache-2.0
#include "element.cuh"

struct ConvShape {  // as launcher.cpp has it
  int n, c, h, w, k, r, s, pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, out_h, out_w;
};

namespace {

constexpr int kTile = 64, kDepth = 16;
using Offset = long long;

__device__ inline float pixel(const float* x, const ConvShape& v, int n, int c, int y, int z) {
  if (y < 0 || z < 0 || y >= v.h || z >= v.w) return 0;
  return x[((static_cast<Offset>(n) * v.c + c) * v.h + y) * v.w + z];
}

// Each pass is a product of rows × depth by depth × cols; these gather the operands.
struct Forward {  // rows: filters; cols: n × out_h × out_w; depth: c × r × s
  const float *x, *f;
  ConvShape v;
  __device__ int rows() const { return v.k; }
  __device__ int cols() const { return v.n * v.out_h * v.out_w; }
  __device__ int depth() const { return v.c * v.r * v.s; }
  __device__ float a(int row, int d) const { return f[static_cast<Offset>(row) * depth() + d]; }
  __device__ float b(int d, int col) const {
    const int q = col % v.out_w, p = col / v.out_w % v.out_h, n = col / v.out_w / v.out_h;
    const int s = d % v.s, r = d / v.s % v.r, c = d / v.s / v.r;
    return pixel(x, v, n, c, p * v.stride_h - v.pad_h + r * v.dilation_h,
                 q * v.stride_w - v.pad_w + s * v.dilation_w);
  }
  __device__ Offset out(int row, int col) const {
    const int plane = v.out_h * v.out_w;
    return (static_cast<Offset>(col / plane) * v.k + row) * plane + col % plane;
  }
};

struct
    BackwardData {  // rows: channels; cols: n × h × w; depth: k × r × s. x holds the gradient of the output
  const float *x, *f;
  ConvShape v;
  __device__ int rows() const { return v.c; }
  __device__ int cols() const { return v.n * v.h * v.w; }
  __device__ int depth() const { return v.k * v.r * v.s; }
  __device__ float a(int row, int d) const {
    return f[(static_cast<Offset>(d / (v.r * v.s)) * v.c + row) * v.r * v.s + d % (v.r * v.s)];
  }
  __device__ float b(int d, int col) const {
    const int z = col % v.w, y = col / v.w % v.h, n = col / v.w / v.h;
    const int s = d % v.s, r = d / v.s % v.r, k = d / v.s / v.r;
    const int p = y + v.pad_h - r * v.dilation_h, q = z + v.pad_w - s * v.dilation_w;
    if (p < 0 || q < 0 || p % v.stride_h != 0 || q % v.stride_w != 0) return 0;
    if (p / v.stride_h >= v.out_h || q / v.stride_w >= v.out_w) return 0;
    return x[((static_cast<Offset>(n) * v.k + k) * v.out_h + p / v.stride_h) * v.out_w + q / v.stride_w];
  }
  __device__ Offset out(int row, int col) const {
    const int plane = v.h * v.w;
    return (static_cast<Offset>(col / plane) * v.c + row) * plane + col % plane;
  }
};

struct
    BackwardFilter {  // rows: filters; cols: c × r × s; depth: n × out_h × out_w. f holds the gradient of the output
  const float *x, *f;
  ConvShape v;
  __device__ int rows() const { return v.k; }
  __device__ int cols() const { return v.c * v.r * v.s; }
  __device__ int depth() const { return v.n * v.out_h * v.out_w; }
  __device__ float a(int row, int d) const {
    const int plane = v.out_h * v.out_w;
    return f[(static_cast<Offset>(d / plane) * v.k + row) * plane + d % plane];
  }
  __device__ float b(int d, int col) const {
    const int q = d % v.out_w, p = d / v.out_w % v.out_h, n = d / v.out_w / v.out_h;
    const int s = col % v.s, r = col / v.s % v.r, c = col / v.s / v.r;
    return pixel(x, v, n, c, p * v.stride_h - v.pad_h + r * v.dilation_h,
                 q * v.stride_w - v.pad_w + s * v.dilation_w);
  }
  __device__ Offset out(int row, int col) const { return static_cast<Offset>(row) * cols() + col; }
};

/// 256 threads, each 4 × 4 results.
template <class Operands>
__device__ inline void implicit_gemm(const Operands& o, float* y) {
  __shared__ float a[kDepth][kTile + 1], b[kDepth][kTile + 1];
  const int row0 = blockIdx.y * kTile, col0 = blockIdx.x * kTile;
  const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  float sum[4][4] = {};
  for (int d0 = 0; d0 < o.depth(); d0 += kDepth) {
    for (int i = threadIdx.x; i < kTile * kDepth; i += 256) {
      const int at = i % kTile, d = i / kTile;
      const bool inside = d0 + d < o.depth();
      a[d][at] = inside && row0 + at < o.rows() ? o.a(row0 + at, d0 + d) : 0;
      b[d][at] = inside && col0 + at < o.cols() ? o.b(d0 + d, col0 + at) : 0;
    }
    __syncthreads();
#pragma unroll
    for (int d = 0; d < kDepth; ++d) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sum[i][j] = fmaf(a[d][ty + 16 * i], b[d][tx + 16 * j], sum[i][j]);
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      const int row = row0 + ty + 16 * i, col = col0 + tx + 16 * j;
      if (row < o.rows() && col < o.cols()) y[o.out(row, col)] = sum[i][j];
    }
  }
}

}  // namespace

extern "C" {

__global__ void roofcast_conv_forward(const float* x, const float* f, float* y, ConvShape v) {
  implicit_gemm(Forward{x, f, v}, y);
}
__global__ void roofcast_conv_backward_data(const float* x, const float* f, float* y, ConvShape v) {
  implicit_gemm(BackwardData{x, f, v}, y);
}
__global__ void roofcast_conv_backward_filter(const float* x, const float* f, float* y, ConvShape v) {
  implicit_gemm(BackwardFilter{x, f, v}, y);
}

}  // extern "C"
