// One thing the harness measures, and how it is written down.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/graph/execution.h"
#include "model/kernels/kernel.h"
#include "model/units.h"
#include "model/workloads/workload.h"

namespace roofcast::harness {

enum class Section { memory, compute, gemm, conv, ops, launch, replay };
std::string_view name(Section section);

/// What the hardware does, below any op of a network.
///   read, copy, triad      bytes moved by a stream over `size` bytes in all; hot, so that small ones show the caches
///   chase                  one thread follows a random cycle of cache lines over `size` bytes: latency of a load
///   h2d_*, d2h_*           `size` bytes over the host's link, from pinned or pageable memory
///   fma_*, dp4a            chains of register-only multiply-adds on CUDA cores, all SMs
///   mma_*                  the same of mma.sync on tensor cores (on Hopper and later wgmma and tcgen05 go faster)
///   launch_empty           an empty kernel's own time on the GPU
///   launch_latency, _rate  an empty kernel launched and waited for; `size` launched in a row: by the host's clock
///   launch_queued, _graph  `size` empty kernels, and a CUDA graph of as many, queued before the first may start: without
///                          the host, so that what exceeds launch_empty is the gap between two
enum class Micro {
  read,
  copy,
  triad,
  chase,
  h2d_pinned,
  h2d_pageable,
  d2h_pinned,
  d2h_pageable,
  fma_fp32,
  fma_fp64,
  fma_fp16x2,
  dp4a,
  mma_fp16_fp16,
  mma_fp16_fp32,
  mma_bf16_fp32,
  mma_tf32_fp32,
  mma_int8_int32,
  mma_fp8_fp32,
  launch_empty,
  launch_latency,
  launch_rate,
  launch_queued,
  launch_graph
};
std::string_view name(Micro micro);
const std::vector<Micro>& all_micros();

struct MicroCase {
  Micro micro = Micro::copy;
  std::int64_t size = 0;  // bytes, or launches; iterations of a chain
};

/// One kernel as the model knows it.
struct OpCase {
  Op op;
  Numerics numerics;
  bool channels_last = false;
};

/// Every kernel of a step in order, without a flush between: `kernels[order[i]]` is the i-th. What repeats is measured
/// where it stands and written as one row with its count.
struct StepCase {
  WorkloadRequest workload;
  Precision precision = Precision::fp32;
  std::vector<OpCase> kernels;
  std::vector<int> order;
};

/// burst: short runs from an idle board. sustained: held for seconds, until the power cap has set the clock.
enum class Load { burst, sustained };
std::string_view name(Load load);

struct Case {
  Section section = Section::ops;
  std::variant<MicroCase, OpCase, StepCase> subject;
  Load load = Load::burst;
  Seconds expected_run;  // of one repetition, predicted before anything ran

  /// "copy:bytes=65536", "gemm:m=1024,...", "step:workload=resnet50,mode=training,...": what a row is found by.
  std::string text() const;
  /// "fp32/fp32/fp32/cuda_core"; "" where the text says it all.
  std::string numerics() const;
};

/// "step:workload=resnet50,mode=training,precision=fp32,batch=32,seq=128": the name of a replayed step.
std::string step_text(const WorkloadRequest& workload, Precision precision);
/// Throws std::invalid_argument.
std::pair<WorkloadRequest, Precision> parse_step_text(std::string_view text);

/// What a median time of one repetition says about a micro case.
struct Figure {
  double value = 0;
  std::string_view unit;  // "GB/s", "ns", "TFLOP/s", "TOP/s", "us"
};
Figure quantity(const MicroCase& micro, Seconds median, int sm_count);

/// Shape of the register-only chains: what kernels execute and `quantity` counts. Threads per block, blocks per SM,
/// independent chains per thread (or per warp).
struct ChainShape {
  int threads, blocks_per_sm, chains;
  double
      ops_per_step;  // of one chain of one thread (CUDA cores) or warp (tensor cores); a multiply-add is two
  bool per_warp;
};
ChainShape chain_shape(Micro micro);

/// Provider of convolutions where there is no cuDNN: what such rows say is not about cuDNN's.
inline constexpr std::string_view kOwnConvolution = "roofcast implicit GEMM";

/// Loads of one run of the pointer chase.
inline constexpr std::int64_t kChaseLoads = 4096;

}  // namespace roofcast::harness
