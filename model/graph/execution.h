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

/// adam is AdamW with FP32 moments; adam_8bit keeps them as 8-bit codes in blocks that share a scale; adafactor keeps
/// one value per row and column of a matrix instead of a second moment, and no first.
enum class Optimizer { none, sgd, sgd_momentum, adam, adam_8bit, adafactor };
std::string_view name(Optimizer optimizer);

/// What training keeps for backward. Checkpointed blocks keep their input alone and run forward again before their
/// backward: `blocks` one by one, `sqrt` in √n runs of the n blocks (Chen et al. 2016, "Training Deep Nets with
/// Sublinear Memory Cost").
enum class Checkpointing { none, blocks, sqrt };
std::string_view name(Checkpointing checkpointing);

/// Who asks for kernels: an interpreter op by op, an executor of a graph known beforehand, or a recorded CUDA graph.
/// `native`: a C++ engine, which records a graph where the GPU is of Ampere or later.
enum class Dispatcher { interpreter, executor, native, recorded };

/// A software stack: the framework as an input of the forecast. Constants of time live in Calibration.
struct Stack {
  std::string name = "eager";
  bool channels_last = false;    // NHWC tensors for convolutions
  bool fuses_pointwise = false;  // chains of elementwise ops are one kernel
  bool fuses_products = false;   // and part of the product before them; norms fold into weights (inference)
  bool fused_optimizer = true;   // one multi-tensor kernel instead of one per parameter and op
  bool fused_attention = false;  // FlashAttention instead of eager scores
  bool bias_apart = false;       // a linear layer of three dimensions adds its bias in a kernel of its own
  bool serves = false;  // an engine for language models: keys and values are cached in place, logits sampled
  std::int64_t prefill_tokens =
      8192;                          // read in one pass: vLLM's max_num_batched_tokens, llama.cpp's n_ubatch
  bool samples_on_host = false;      // ... by a CPU that sorts all of them
  bool keeps_gradients = false;      // zeroed in place; PyTorch 2 frees them before the forward pass
  bool keeps_softmax_input = false;  // for its backward, which has no use for it: PyTorch before 1.11
  bool reads_back = false;           // a loop over parameters waits for the norm of each gradient it clips
  Dispatcher dispatcher = Dispatcher::interpreter;
  Code code = Code::tuned;
  int libraries =
      kCurrentLibraries;  // year of cuBLAS and cuDNN: before a generation has been out for a year they lack its kernels
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
///   vllm           an engine for language models: paged cache, fused attention and norms, CUDA graphs
///   llama.cpp      the same in C++ with weights in blocks (launch.native_us before Ampere)
///   ollama         llama.cpp behind a server whose host samples (and launch.sampling_ns)
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

/// The framework's data loader: samples are decoded on the CPU, batch by batch, ahead of the step that uses them.
/// Defaults are those of PyTorch's DataLoader.
struct Loader {
  std::int64_t workers = 0;             // processes; 0: the process that runs the step decodes too
  Seconds decode = {};                  // CPU time of one sample: reading, decoding, augmenting
  bool pinned = false;                  // batches wait in page-locked memory
  bool persistent = false;              // workers outlive an epoch
  Seconds start = milliseconds(100.0);  // of one worker: forking a process that holds the data set
};

struct Execution {
  Mode mode = Mode::training;
  Precision precision = Precision::fp32;
  Optimizer optimizer = Optimizer::sgd_momentum;
  Stack stack;
  Host host = {};
  Checkpointing checkpointing = Checkpointing::none;
  std::optional<Loader> loader = {};  // nothing: batches are ready in page-locked memory
  bool sparse = false;                // weights pruned 2:4, multiplied by tensor cores that skip the zeros
  std::optional<WeightRecipe> weights = {};  // of products with weights alone; nothing: as activations
  std::optional<NumberFormat> cache = {};    // of keys and values; nothing: as other activations
};

/// Kernels in launch order, and what the resolution had to say ("no tensor cores: FP16 storage, FP32 math").
struct Lowered {
  std::vector<Kernel> kernels;
  std::vector<std::string> remarks;
  Bytes input{};  // that comes from the host
  std::int64_t samples = 0;
  std::int64_t host_logits = 0;  // the host samples from
  std::int64_t waits = 0;        // times the host reads a result before it asks for the next kernel
};

}  // namespace roofcast
