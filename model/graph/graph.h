// A workload as a graph of forward ops at a given batch. Backward, optimizer and precision come with lowering.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/formats/weight_format.h"
#include "model/ops/op.h"

namespace roofcast {

/// One forward op and the tensor it produces.
struct Node {
  std::string name;         // "layer1.0.conv2"
  Op op;                    // always the forward op
  std::vector<int> inputs;  // indices of earlier nodes; empty reads the model input
  std::int64_t output_elements = 0;
  std::int64_t parameters = 0;  // trainable values owned by this node; 0 where shared with an earlier one
  std::int64_t saved_elements =
      0;                        // kept for backward beyond its inputs' outputs (statistics, masks), in FP32
                                // words whatever the precision: a byte mask of n elements is n / 4
  bool saves_input = true;      // backward needs its input tensors (convolution, GEMM, norms)
  bool saves_output = false;    // backward needs its output (softmax, ReLU in place)
  bool in_place = false;        // output overwrites the first input's storage (ReLU)
  bool view = false;            // moves no data (reshape): its op costs nothing
  bool fusable = false;         // a fusing stack folds it into its producer
  bool fp32_under_amp = false;  // autocast keeps it in FP32 (softmax, norms, loss)
  bool needs_input_gradient = true;  // false for the first layer
  bool training_only = false;        // dropout, loss
  bool inference_only = false;
  bool splits = false;  // its readers each take a part (query, key, value): their gradients are put
                        // side by side, not added
  bool causal = false;  // of an attention's softmax: scores above the diagonal are masked
  /// What an interpreter launches instead of `op` (RMS norm, rotary embedding); none: the op itself.
  std::vector<Op> composed;
  /// Of a softmax: the whole attention around it, for stacks that fuse it; nothing: as its products say.
  std::optional<Attention> fused;
  bool appends = false;  // a copy that joins a key-value cache with what is new; engines write in place
  std::optional<WeightPlace> place;  // of a language model's weight; nothing: it is never quantised
  std::int64_t steps = 1;  // of a recurrence that share this node's weights, one product making the gradient
                           // of all; 0 where an earlier step stands for them
  bool in_call =
      false;  // the library's call for an earlier node asks for its kernels too: steps of a recurrence
  std::int64_t repeats = 1;  // times it runs one after the other: steps of a recurrence, of denoising
  std::vector<Op> backward;  // what its backward launches where the op alone does not tell (Pointwise, Copy,
                             // Reduction): ReLU {2 reads, 1 write}; none where the gradient passes through
};

/// Nodes in execution order; inputs always precede.
struct Graph {
  std::string name;         // "resnet50"
  std::string description;  // one line for `roofcast workloads`
  std::int64_t batch = 1;
  std::int64_t input_elements = 0;  // of the whole batch
  std::int64_t cache_elements = 0;  // keys and values a decoder keeps between steps, in whole blocks
  std::int64_t logits = 0;          // a serving engine samples from
  std::vector<Node> nodes;
  bool channels_last = false;        // keeps its tensors NHWC on any stack (ConvNeXt's permutes)
  std::vector<std::string> remarks;  // of whoever made it from a file: what is not modelled, what was assumed

  std::int64_t parameters() const;
  Flops forward_flops() const;   // whole batch, every op
  double multiply_adds() const;  // whole batch, of products only: what the field calls a model's MACs
  double activations() const;    // whole batch, outputs of products (Radosavovic et al. 2020, 3.3)
};

}  // namespace roofcast
