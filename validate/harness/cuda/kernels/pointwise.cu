// Elementwise kernels by what they move: R operands read and W results written, one 16-byte pack of each per thread.
// SPDX-License-Identifier: Apache-2.0
#include "element.cuh"

namespace {

/// Operand j lies at in + j × packs. Of one more operand and one more result only the first packs are touched: a byte mask
/// beside FP32 operands is a quarter of one.
template <class T, int R, int W>
__device__ inline void pointwise(const Pack<T>* in, Pack<T>* out, unsigned long long packs,
                                 unsigned long long extra_reads, unsigned long long extra_writes, int flops) {
  const unsigned long long i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x;
  if (i >= packs) return;
  Pack<T> x[R > 0 ? R : 1];
#pragma unroll
  for (int r = 0; r < R; ++r) x[r] = in[r * packs + i];
  if (R == 0) x[0].bits = make_uint4(1, 2, 3, 4);
  Pack<T> more;
  more.bits = make_uint4(0, 0, 0, 0);
  if (i < extra_reads) more = in[R * packs + i];
  Pack<T> y;
#pragma unroll
  for (int e = 0; e < Pack<T>::size; ++e) {
    float v = x[0].get(e);
#pragma unroll
    for (int r = 1; r < R; ++r) v += x[r].get(e);
    for (int f = R; f < flops; ++f) v = fmaf(v, 0.999f, 0.5f);
    y.set(e, v + more.get(e));
  }
#pragma unroll
  for (int w = 0; w < W; ++w) out[w * packs + i] = y;
  if (i < extra_writes || (W == 0 && y.bits.x == 0x12345678u && y.bits.y == 0x9abcdef0u))
    out[W * packs + i] = y;
}

}  // namespace

#define ROOFCAST_POINTWISE(R, W, NAME, T)                                                        \
  extern "C" __global__ void roofcast_pointwise_r##R##w##W##_##NAME(                             \
      const Pack<T>* in, Pack<T>* out, unsigned long long packs, unsigned long long extra_reads, \
      unsigned long long extra_writes, int flops) {                                              \
    pointwise<T, R, W>(in, out, packs, extra_reads, extra_writes, flops);                        \
  }
#define ROOFCAST_POINTWISE_W(R, NAME, T) \
  ROOFCAST_POINTWISE(R, 0, NAME, T)      \
  ROOFCAST_POINTWISE(R, 1, NAME, T) ROOFCAST_POINTWISE(R, 2, NAME, T) ROOFCAST_POINTWISE(R, 3, NAME, T)
#define ROOFCAST_POINTWISE_RW(NAME, T) \
  ROOFCAST_POINTWISE_W(0, NAME, T)     \
  ROOFCAST_POINTWISE_W(1, NAME, T)     \
  ROOFCAST_POINTWISE_W(2, NAME, T) ROOFCAST_POINTWISE_W(3, NAME, T) ROOFCAST_POINTWISE_W(4, NAME, T)

ROOFCAST_POINTWISE_RW(f32, float)
ROOFCAST_POINTWISE_RW(f16, __half)
