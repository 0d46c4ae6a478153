// From a graph and the way it is run to the kernels a GPU executes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/graph/execution.h"
#include "model/graph/graph.h"

namespace roofcast {

/// Formats and path of a product (GEMM, convolution, attention) under `precision` on `gpu`.
/// `remark` receives one sentence when the hardware lacks what was asked for and something else runs instead.
/// Throws std::domain_error when it cannot be run at all (training in int8).
Numerics resolve_product(Precision precision, bool convolution, const Gpu& gpu, std::string* remark);

/// Forward kernels, then backward in reverse order, then the optimizer. Inference has only the first.
Lowered lower(const Graph& graph, const Gpu& gpu, const Execution& execution);

/// Bytes a job needs on the device, itemised.
struct Memory {
  Bytes weights;  // as the forward pass reads them, FP32 masters included under mixed precision
  Bytes gradients;
  Bytes optimizer;    // momentum, or Adam's two moments
  Bytes activations;  // kept for backward, or the peak of live tensors in inference
  Bytes cache;        // keys and values between steps of a decoder
  Bytes workspace;    // the largest scratch a kernel asks for
  Bytes context;      // CUDA context, kernels, allocator slack
  Bytes total() const { return weights + gradients + optimizer + activations + cache + workspace + context; }
};
Memory memory_needed(const Graph& graph, const Execution& execution, const Gpu& gpu);

}  // namespace roofcast
