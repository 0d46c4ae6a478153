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

/// Bytes a job needs on the device, itemised, at the moment when tensors take the most.
struct Memory {
  Bytes weights;        // as the module holds them
  Bytes masters;        // FP32 weights the optimizer keeps beside 16-bit ones
  Bytes copies;         // 16-bit copies autocast makes of FP32 weights
  Bytes gradients;      // of those alive at that moment: all, or none yet where the framework frees them
  Bytes optimizer;      // momentum, or Adam's two moments
  Bytes activations;    // kept for backward, or the peak of live tensors in inference
  Bytes cache;          // keys and values between steps of a decoder
  Bytes workspace;      // the largest scratch a kernel asks for
  Bytes context;        // CUDA context and kernels
  Bytes fragmentation;  // of the caching allocator: holes beside live tensors that nothing fits into
  Bytes cached;  // on top while memory is ample: empty segments the allocator keeps, as nvidia-smi shows
  Bytes total() const {
    return weights + masters + copies + gradients + optimizer + activations + cache + workspace + context +
           fragmentation;
  }
};
/// Plays two steps through the caching allocator; `exact` off leaves fragmentation out, which takes a tenth of the time.
Memory memory_needed(const Graph& graph, const Execution& execution, const Gpu& gpu, bool exact = true);

}  // namespace roofcast
