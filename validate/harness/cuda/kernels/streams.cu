// Memory: streams, a pointer chase, an empty kernel, and what fills buffers.
// SPDX-License-Identifier: Apache-2.0
#include "element.cuh"

extern "C" {

__global__ void roofcast_empty() {}

/// Numbers around 1 with random mantissas: zeros would draw less power.
__global__ void roofcast_fill_f32(float* p, unsigned long long n) {
  const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
  for (unsigned long long i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x; i < n; i += step) {
    unsigned x = static_cast<unsigned>(i) * 2654435761u + 12345u;
    x ^= x >> 16;
    x *= 2246822519u;
    x ^= x >> 13;
    // A float of sign, exponent near 0 and random mantissa whose both halves are small FP16 numbers too.
    const unsigned low = (x & 0x83ffu) | 0x3400u, high = ((x >> 16) & 0x83ffu) | 0x3400u;
    p[i] = __uint_as_float(high << 16 | low);
  }
}

__global__ void roofcast_fill_indices(unsigned* p, unsigned long long n, unsigned limit) {
  const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
  for (unsigned long long i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x; i < n; i += step)
    p[i] = static_cast<unsigned>((i * 2654435761ull) >> 7) % limit;
}

/// 16-byte packs; `sink` is never written, but the compiler cannot know.
__global__ void roofcast_read(const uint4* a, uint4* sink, unsigned long long packs) {
  uint4 x = make_uint4(0, 0, 0, 0);
  const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
  for (unsigned long long i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x; i < packs;
       i += step) {
    const uint4 v = a[i];
    x.x ^= v.x, x.y ^= v.y, x.z ^= v.z, x.w ^= v.w;
  }
  if (x.x == 0x12345678u && x.y == 0x9abcdef0u && x.z == 0x0fedcba9u) *sink = x;
}

__global__ void roofcast_copy(const uint4* a, uint4* b, unsigned long long packs) {
  const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
  for (unsigned long long i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x; i < packs; i += step)
    b[i] = a[i];
}

__global__ void roofcast_triad(const float4* a, const float4* b, float4* c, unsigned long long packs) {
  const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
  for (unsigned long long i = blockIdx.x * static_cast<Index>(blockDim.x) + threadIdx.x; i < packs;
       i += step) {
    const float4 x = a[i], y = b[i];
    c[i] = make_float4(x.x + 2 * y.x, x.y + 2 * y.y, x.z + 2 * y.z, x.w + 2 * y.w);
  }
}

/// One thread; every load's address is the last one's value. The host wrote a random cycle over the lines.
__global__ void roofcast_chase(const unsigned* next, unsigned* sink, int loads) {
  unsigned at = 0;
  for (int i = 0; i < loads; ++i) at = next[at];
  if (at == 0xffffffffu) *sink = at;
}

}  // extern "C"
