// An op made concrete: with the number formats and the path it runs on, ready to be estimated.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/formats/number_format.h"
#include "model/formats/weight_format.h"
#include "model/gpu/gpu.h"
#include "model/ops/op.h"

namespace roofcast {

/// Formats and path of one kernel.
/// Example: autocast GEMM on a T4 is {fp16, fp16, fp32, tensor_core}; on a P4000 {fp16, fp32, fp32, cuda_core}.
struct Numerics {
  NumberFormat storage = NumberFormat::fp32;  // operands and results in memory
  NumberFormat math = NumberFormat::fp32;     // inputs of the multiply
  NumberFormat accumulate = NumberFormat::fp32;
  Path path = Path::cuda_core;
  bool sparse = false;  // the weight is pruned 2:4 and stored compressed
  bool operator==(const Numerics&) const = default;
};

/// What a weight pruned 2:4 takes of its dense size: half of the values, and two bits each that say where they were.
/// Source: NVIDIA, "Accelerating Inference with Sparsity Using the NVIDIA Ampere Architecture" (2021).
/// Example: 0.5625 in FP16, 0.625 in INT8.
double compressed_share(NumberFormat format);

enum class Phase { forward, backward, optimizer };
std::string_view name(Phase phase);

/// Whose code streams data: kernels written for the op (cuDNN, PyTorch 2), functions scripted or strided in Python
/// (PyTorch 1), chains of a framework's primitive ops, or what a compiler generates. Products are the vendor library's in
/// every case.
enum class Code { tuned, scripted, primitive, generated };

/// Year of the vendor's libraries where nothing else is said.
inline constexpr int kCurrentLibraries = 2025;

/// One launch, or `count` identical ones.
struct Kernel {
  std::string name;  // "layer1.0.conv2"
  Op op;
  Numerics numerics;
  bool channels_last = false;  // NHWC tensors, convolutions and batch norm only
  Phase phase = Phase::forward;
  std::int64_t count = 1;
  Code code = Code::tuned;
  bool early = false;                        // by a library no older than the GPU's generation: products only
  int libraries = kCurrentLibraries;         // year of the vendor's: what kernels and algorithms they have
  std::optional<WeightFormat> weights = {};  // of a product whose weights alone are quantised, or ggml's
  bool replayed = false;                     // from a recorded CUDA graph
  bool in_call = false;                      // the host asked for it together with an earlier one
  bool cold_weights = false;                 // of a product in a step whose weights together outgrow L2
  Seconds idle{};                            // of the GPU before the next launch: it lets the clock rise

  /// Takes the same time on the same GPU, whatever name, phase and count.
  bool same_work(const Kernel& other) const {
    return op == other.op && numerics == other.numerics && channels_last == other.channels_last &&
           code == other.code && early == other.early && libraries == other.libraries &&
           weights == other.weights && replayed == other.replayed && cold_weights == other.cold_weights &&
           idle == other.idle;
  }
};

}  // namespace roofcast
