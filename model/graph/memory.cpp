// What a job needs of a GPU's memory, item by item.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/gpu/generation.h"
#include "model/graph/liveness.h"
#include "model/graph/lowering.h"

namespace roofcast {
namespace {

// CUDA context, loaded kernels of cuBLAS and cuDNN, and the caching allocator's rounding: nvidia-smi shows 0.4 to
// 0.8 GiB for a PyTorch process that holds next to no tensors.
constexpr Bytes kContext = gibibytes(0.6);

// PyTorch's cuBLAS workspaces: 8 MiB, 32 MiB on Hopper and later (aten/src/ATen/cuda/CublasHandlePool.cpp).
constexpr Bytes kGemmWorkspace = mebibytes(8);
constexpr Bytes kLateGemmWorkspace = mebibytes(32);

// cuDNN may ask for scratch, and frameworks fall back to an algorithm with less when memory is short: what it gets is
// bounded by this much.
constexpr Bytes kConvWorkspace = mebibytes(256);

double d(std::int64_t value) { return static_cast<double>(value); }

/// Transposed copies of a convolution's input and output, or their like for other algorithms.
Bytes conv_workspace(const Conv2d& v, Bytes element) {
  const double image = d(v.n) * d(v.c) * d(v.h) * d(v.w);
  const double output = d(v.n) * d(v.k) * d(v.out_h()) * d(v.out_w());
  return std::min(element * (image + output), kConvWorkspace);
}

}  // namespace

Memory memory_needed(const Graph& graph, const Execution& execution, const Gpu& gpu) {
  const Graph running = rewrite(graph, execution);
  const Storage storage(running, execution);
  const bool training = execution.mode == Mode::training;
  const double parameters = d(running.parameters());
  const Bytes weight = storage_size(storage.weights());

  Memory memory;
  memory.context = kContext;
  for (const Node& node : running.nodes) {
    const auto format = weight_format(node, execution);
    memory.weights += (format ? weight_size(*format) : weight) * d(node.parameters);
  }
  if (storage.master_weights()) memory.weights += Bytes(4) * parameters;
  for (const Node& node : running.nodes) {
    if (node.view) continue;
    if (storage.casts_weights() && is_product(node.op) && has_weights(node) && node.steps > 0) {
      memory.weights +=
          storage_size(storage.low()) * d(weight_elements(node));  // autocast's copies, kept for backward
    }
    const Generation g = generation(gpu);
    const bool late = g == Generation::hopper || g == Generation::blackwell;
    if (const auto* conv = std::get_if<Conv2d>(&node.op)) {
      memory.workspace = std::max(memory.workspace, conv_workspace(*conv, storage_size(storage.low())));
    } else if (std::holds_alternative<Gemm>(node.op)) {
      memory.workspace = std::max(memory.workspace, late ? kLateGemmWorkspace : kGemmWorkspace);
    }
  }
  if (training) {
    memory.gradients = weight * parameters;
    const double states = execution.optimizer == Optimizer::adam           ? 2
                          : execution.optimizer == Optimizer::sgd_momentum ? 1
                                                                           : 0;
    memory.optimizer = Bytes(4) * states * parameters;
  }
  memory.activations = peak_activations(running, execution);
  memory.cache = storage_size(storage.cache()) * d(running.cache_elements);
  return memory;
}

}  // namespace roofcast
