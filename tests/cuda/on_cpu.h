// Kernels of the harness on threads of the CPU: one block after the other, each thread a thread. What CUDA's language adds is
// here as plain C++, so that results can be checked, and addresses by the sanitizer, without a GPU.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_fp16.h>
#include <vector_functions.h>  // and types, which CUDA 11 does not bring with halves

#include <atomic>
#include <barrier>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#undef __shared__
#define __shared__ static  // blocks run one by one

inline thread_local uint3 threadIdx{}, blockIdx{};
inline dim3 blockDim, gridDim;
inline std::unique_ptr<std::barrier<>> block_barrier;

inline void __syncthreads() { block_barrier->arrive_and_wait(); }
inline float __shfl_xor_sync(unsigned, float v, int offset) {
  static float lanes[1024];
  const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x;
  lanes[thread] = v;
  __syncthreads();
  const float other = lanes[thread ^ static_cast<unsigned>(offset)];
  __syncthreads();
  return other;
}
inline float atomicAdd(float* p, float v) { return std::atomic_ref(*p).fetch_add(v); }
inline float __expf(float v) { return std::exp(v); }
inline float __logf(float v) { return std::log(v); }
inline float rsqrtf(float v) { return 1 / std::sqrt(v); }
inline int min(int a, int b) { return a < b ? a : b; }

/// Runs kernel(arguments...) on a grid, as kernel<<<grid, block>>> does. Every thread of a block must come to each barrier.
template <class Kernel, class... Arguments>
void on_cpu(dim3 grid, dim3 block, Kernel kernel, Arguments... arguments) {
  blockDim = block;
  gridDim = grid;
  block_barrier = std::make_unique<std::barrier<>>(block.x * block.y);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < block.x * block.y; ++t) {
    threads.emplace_back([=] {
      threadIdx = {t % block.x, t / block.x, 0};
      for (unsigned b = 0; b < grid.x * grid.y; ++b) {
        blockIdx = {b % grid.x, b / grid.x, 0};
        kernel(arguments...);
        __syncthreads();
      }
    });
  }
  for (std::thread& t : threads) t.join();
}
