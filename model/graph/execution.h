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

/// Who asks for kernels: an interpreter op by op, an executor of a graph known beforehand, or a recorded CUDA graph.
enum class Dispatcher { interpreter, executor, recorded };

/// A software stack: the framework as an input of the forecast. Constants of time live in Calibration.
struct Stack {
  std::string name = "eager";
  bool channels_last = false;    // NHWC tensors for convolutions
  bool fuses_pointwise = false;  // chains of elementwise ops are one kernel
  bool fuses_products = false;   // and part of the product before them; norms fold into weights (inference)
  bool fused_optimizer = true;   // one multi-tensor kernel instead of one per parameter and op
  bool fused_attention = false;  // FlashAttention instead of eager scores
  bool bias_apart = false;       // a linear layer of three dimensions adds its bias in a kernel of its own
  bool reads_back = false;       // a loop over parameters waits for the norm of each gradient it clips
  Dispatcher dispatcher = Dispatcher::interpreter;
  Code code = Code::tuned;
  int libraries =
      2025;  // year of cuBLAS and cuDNN: before a generation has been out for a year they lack its kernels
};

/// Profiles, each with the constants it is fitted by:
///   eager          PyTorch 2, NCHW (launch.dispatch_us)
///   channels-last  the same, NHWC
///   torch7         with cuDNN 5, NCHW (and stack.early)
///   ngc-20         PyTorch 1 of NGC containers 20.01 to 21.07 (and stack.early, stack.composed, launch.wait_us)
///   ngc-22         PyTorch 1 of NGC containers from 21.08 on (and stack.composed)
///   tensorflow     graph executor without a compiler (launch.graph_us)
///   xla            the same with XLA (launch.graph_us, stack.composed)
///   mxnet          graph executor, NHWC, batch norm, ReLU and sum in one kernel (launch.graph_us)
///   compiled       TorchInductor, NHWC, fused attention
///   fused          inference engines (TensorRT) and whole-graph compilers: products take in what follows, CUDA graphs
const std::vector<Stack>& all_stacks();

/// A profile with features: "ngc-20+nhwc+loop". Features: nhwc, nchw, loop (an optimizer kernel per parameter and op),
/// flash (fused attention).
std::optional<Stack> find_stack(std::string_view name);
const std::vector<std::string_view>& stack_features();

/// What the GPU sits in.
struct Host {
  std::optional<int> pcie = {};          // generation of its slots; nothing: inputs are on the GPU already
  std::optional<Seconds> dispatch = {};  // of one launch; nothing: as the stack's dispatcher is
};

struct Execution {
  Mode mode = Mode::training;
  Precision precision = Precision::fp32;
  Optimizer optimizer = Optimizer::sgd_momentum;
  Stack stack;
  Host host = {};
};

/// Kernels in launch order, and what the resolution had to say ("no tensor cores: FP16 storage, FP32 math").
struct Lowered {
  std::vector<Kernel> kernels;
  std::vector<std::string> remarks;
  Bytes input{};           // that comes from the host
  std::int64_t waits = 0;  // times the host reads a result before it asks for the next kernel
};

}  // namespace roofcast
