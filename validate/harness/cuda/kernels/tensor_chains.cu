// Compute: register-only mma.sync chains, four per warp. Below the architecture that brought a type the kernel is empty;
// the harness does not launch it there.
// SPDX-License-Identifier: Apache-2.0
#include <cuda.h>

#include "element.cuh"

namespace {

// Volta multiplies 8×8×4 in each quarter of a warp, with twice the accumulators.
#if __CUDA_ARCH__ >= 700 && __CUDA_ARCH__ < 750
#define ROOFCAST_VOLTA 1
#else
#define ROOFCAST_VOLTA 0
#endif

// One multiply-accumulate of a warp into d. Shapes: m16n8k16 (16-bit), m16n8k8 (TF32), m16n8k32 (8-bit), as PTX names them.
struct Fp16Fp16 {
  static constexpr int kAccumulators = ROOFCAST_VOLTA ? 4 : 2;
  __device__ static void step(unsigned* d, const unsigned* a, const unsigned* b) {
#if __CUDA_ARCH__ >= 800
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3,%4,%5}, {%6,%7}, {%0,%1};"
                 : "+r"(d[0]), "+r"(d[1])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif __CUDA_ARCH__ >= 750  // Turing has the half of it: twice
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3}, {%4}, {%0,%1};"
                 : "+r"(d[0]), "+r"(d[1])
                 : "r"(a[0]), "r"(a[1]), "r"(b[0]));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3}, {%4}, {%0,%1};"
                 : "+r"(d[0]), "+r"(d[1])
                 : "r"(a[2]), "r"(a[3]), "r"(b[1]));
#elif ROOFCAST_VOLTA  // half of the work: twice
    for (int i = 0; i < 4; i += 2)
      asm volatile(
          "mma.sync.aligned.m8n8k4.row.col.f16.f16.f16.f16 {%0,%1,%2,%3}, {%4,%5}, {%6,%7}, {%0,%1,%2,%3};"
          : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
          : "r"(a[i]), "r"(a[i + 1]), "r"(b[0]), "r"(b[1]));
#endif
  }
};

#define ROOFCAST_MMA(op)                                                                       \
  asm volatile("mma.sync.aligned." op " {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" \
               : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                                \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

// The accumulators are floats or integers of 32 bits; as bits they pass through "r" only where the type is an integer.
#define ROOFCAST_MMA_F(op)                                                                     \
  asm volatile("mma.sync.aligned." op " {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" \
               : "+f"(f[0]), "+f"(f[1]), "+f"(f[2]), "+f"(f[3])                                \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

struct Fp16Fp32 {
  static constexpr int kAccumulators = ROOFCAST_VOLTA ? 8 : 4;
  __device__ static void step(unsigned* d, const unsigned* a, const unsigned* b) {
    [[maybe_unused]] float* f = reinterpret_cast<float*>(d);
#if __CUDA_ARCH__ >= 800
    ROOFCAST_MMA_F("m16n8k16.row.col.f32.f16.f16.f32");
#elif __CUDA_ARCH__ >= 750
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
        : "+f"(f[0]), "+f"(f[1]), "+f"(f[2]), "+f"(f[3])
        : "r"(a[0]), "r"(a[1]), "r"(b[0]));
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
        : "+f"(f[0]), "+f"(f[1]), "+f"(f[2]), "+f"(f[3])
        : "r"(a[2]), "r"(a[3]), "r"(b[1]));
#elif ROOFCAST_VOLTA
    for (int i = 0; i < 4; i += 2)
      asm volatile(
          "mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32 {%0,%1,%2,%3,%4,%5,%6,%7}, {%8,%9}, {%10,%11}, "
          "{%0,%1,%2,%3,%4,%5,%6,%7};"
          : "+f"(f[0]), "+f"(f[1]), "+f"(f[2]), "+f"(f[3]), "+f"(f[4]), "+f"(f[5]), "+f"(f[6]), "+f"(f[7])
          : "r"(a[i]), "r"(a[i + 1]), "r"(b[0]), "r"(b[1]));
#endif
  }
};

struct Bf16Fp32 {
  static constexpr int kAccumulators = 4;
  __device__ static void step(unsigned* d, const unsigned* a, const unsigned* b) {
    [[maybe_unused]] float* f = reinterpret_cast<float*>(d);
#if __CUDA_ARCH__ >= 800
    ROOFCAST_MMA_F("m16n8k16.row.col.f32.bf16.bf16.f32");
#endif
  }
};

struct Tf32Fp32 {
  static constexpr int kAccumulators = 4;
  __device__ static void step(unsigned* d, const unsigned* a, const unsigned* b) {
    [[maybe_unused]] float* f = reinterpret_cast<float*>(d);
#if __CUDA_ARCH__ >= 800
    ROOFCAST_MMA_F("m16n8k8.row.col.f32.tf32.tf32.f32");
#endif
  }
};

struct Int8Int32 {
  static constexpr int kAccumulators = 4;
  __device__ static void step(unsigned* d, const unsigned* a, const unsigned* b) {
#if __CUDA_ARCH__ >= 800
    ROOFCAST_MMA("m16n8k32.row.col.s32.s8.s8.s32");
#elif __CUDA_ARCH__ >= 750  // m8n8k16 four times is m16n8k32
    for (int i = 0; i < 2; ++i) {
      asm volatile("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%0,%1}, {%2}, {%3}, {%0,%1};"
                   : "+r"(d[0]), "+r"(d[1])
                   : "r"(a[i]), "r"(b[i]));
      asm volatile("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%0,%1}, {%2}, {%3}, {%0,%1};"
                   : "+r"(d[2]), "+r"(d[3])
                   : "r"(a[i + 2]), "r"(b[i]));
    }
#endif
  }
};

struct Fp8Fp32 {
  static constexpr int kAccumulators = 4;
  __device__ static void step(unsigned* d, const unsigned* a, const unsigned* b) {
    [[maybe_unused]] float* f = reinterpret_cast<float*>(d);
#if __CUDA_ARCH__ >= 890 && CUDA_VERSION >= 12040  // PTX 8.4
    ROOFCAST_MMA_F("m16n8k32.row.col.f32.e4m3.e4m3.f32");
#endif
  }
};

template <class Mma>
__device__ void tensor_chains(float* sink, int steps, float seed) {
  constexpr int kChains = 4;
  unsigned d[kChains][Mma::kAccumulators] = {};
  unsigned a[4], b[2];
#pragma unroll
  for (int i = 0; i < 4; ++i) a[i] = __float_as_uint(seed) + threadIdx.x + i;
#pragma unroll
  for (int i = 0; i < 2; ++i) b[i] = __float_as_uint(seed) ^ (threadIdx.x * 3 + i);
  for (int i = 0; i < steps; ++i) {
#pragma unroll
    for (int c = 0; c < kChains; ++c) Mma::step(d[c], a, b);
  }
  unsigned x = 0;
#pragma unroll
  for (int c = 0; c < kChains; ++c) {
#pragma unroll
    for (int i = 0; i < Mma::kAccumulators; ++i) x ^= d[c][i];
  }
  if (x == 0x7654321u) *sink = __uint_as_float(x);
}

}  // namespace

extern "C" {

__global__ void roofcast_mma_fp16_fp16(float* sink, int steps, float a, float) {
  tensor_chains<Fp16Fp16>(sink, steps, a);
}
__global__ void roofcast_mma_fp16_fp32(float* sink, int steps, float a, float) {
  tensor_chains<Fp16Fp32>(sink, steps, a);
}
__global__ void roofcast_mma_bf16_fp32(float* sink, int steps, float a, float) {
  tensor_chains<Bf16Fp32>(sink, steps, a);
}
__global__ void roofcast_mma_tf32_fp32(float* sink, int steps, float a, float) {
  tensor_chains<Tf32Fp32>(sink, steps, a);
}
__global__ void roofcast_mma_int8_int32(float* sink, int steps, float a, float) {
  tensor_chains<Int8Int32>(sink, steps, a);
}
__global__ void roofcast_mma_fp8_fp32(float* sink, int steps, float a, float) {
  tensor_chains<Fp8Fp32>(sink, steps, a);
}

}  // extern "C"
