// How a graph is run: training or inference, precision, optimizer and the software stack.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/gpu/gpu.h"
#include "model/kernels/kernel.h"
#include "model/units.h"

namespace roofcast {

enum class Mode { inference, training };
std::string_view name(Mode mode);

/// What the user asks the framework for; lowering resolves it against the hardware.
///   fp32     as the framework runs it by default: TF32 for convolutions where the GPU has it, FP32 for matmul
///   fp32_strict  FP32 everywhere;  tf32  TF32 for convolutions and matmul
///   amp_fp16, amp_bf16  autocast with FP32 master weights;  fp16, bf16  whole model in half; in training the
///   optimizer keeps FP32 master weights (apex O2, Megatron)
///   fp8      FP8 products with FP32 accumulation, rest as amp_bf16;  int8  quantised inference
enum class Precision { fp32, fp32_strict, tf32, amp_fp16, amp_bf16, fp16, bf16, fp8, int8 };
std::string_view name(Precision precision);
std::optional<Precision> parse_precision(std::string_view text);  // also "amp", "fp32-strict"
const std::vector<Precision>& all_precisions();

enum class Optimizer { none, sgd_momentum, adam };
std::string_view name(Optimizer optimizer);

/// A software stack: the framework as an input of the forecast. Constants of time live in Calibration.
struct Stack {
  std::string name = "eager";    // "eager", "channels-last", "fused"
  bool channels_last = false;    // NHWC tensors for convolutions
  bool fuses_pointwise = false;  // compiled graph: chains of elementwise ops are one kernel
  bool fused_optimizer = true;   // one multi-tensor kernel instead of one per parameter and op
  bool fused_attention = false;  // FlashAttention instead of eager scores
  bool cuda_graphs = false;      // no per-kernel host dispatch
};

/// "eager" PyTorch in NCHW, "channels-last", "fused" (compiled: XLA, TorchInductor, TensorRT).
const std::vector<Stack>& all_stacks();
std::optional<Stack> find_stack(std::string_view name);

struct Execution {
  Mode mode = Mode::training;
  Precision precision = Precision::fp32;
  Optimizer optimizer = Optimizer::sgd_momentum;
  Stack stack;
};

/// Kernels in launch order, and what the resolution had to say ("no tensor cores: FP16 storage, FP32 math").
struct Lowered {
  std::vector<Kernel> kernels;
  std::vector<std::string> remarks;
};

}  // namespace roofcast
