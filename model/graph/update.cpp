// What happens between the last gradient and the next step: unscaling, clipping, the optimizer, copies of weights.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>

#include "model/graph/lowering.h"

namespace roofcast {
namespace {

/// Bytes of traffic and operations per parameter, in FP32, and kernels per tensor where nothing is fused.
struct Recipe {
  double fused_bytes, fused_flops;
  double loop_bytes;
  std::int64_t loop_launches;
  std::int64_t tensors_per_launch;  // what one multi-tensor launch takes
};

// Fused: each state and the weight read and written, the gradient read. SGD 4·3 = 12, with momentum 4·5 = 20, AdamW
// 4·7 = 28; 8-bit Adam 4·3 and two states of one byte, 16, and a scale for every 256 codes of each, read and written.
// Loops, as PyTorch's single-tensor implementations issue them (words of 4 bytes moved per kernel):
//   SGD    weight decay g + λw (3), momentum μb (2), b + g (3), w - ηb (3)
//   AdamW  decay of w (2), β₁m (2), m + g (3), β₂v (2), v + g² (3), sqrt (2), bias correction (2), + ε (2), w + m / d (4)
//   SGD without momentum is the first and the last of its four.
//   Adafactor, which nobody fuses (Hugging Face's): g² + ε (2), row and column means (2), their outer product (1) times g
//   (3), root mean square (1), clipping (2), learning rate (2), w - update (3)
// 8-bit Adam is one kernel per tensor (bitsandbytes' blockwise optimizers).
// Tensors per launch: depth_to_max_tensors of PyTorch's MultiTensorApply.cuh for 2, 3 and 4 tensor lists.
Recipe recipe(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::none: break;
    case Optimizer::sgd: return {12, 4, 24, 2, 64};
    case Optimizer::sgd_momentum: return {20, 6, 44, 4, 48};
    case Optimizer::adam: return {28, 16, 88, 9, 36};
    case Optimizer::adam_8bit: return {16 + 16.0 / 256, 30, 16 + 16.0 / 256, 1, 1};
    case Optimizer::adafactor: return {64, 14, 64, 9, 1};
  }
  throw std::logic_error("no recipe for this optimizer");
}

/// Transformers clip the global norm of their gradients (BERT, GPT recipes), whichever Adam they use.
bool clips_gradients(Optimizer optimizer) {
  return optimizer == Optimizer::adam || optimizer == Optimizer::adam_8bit ||
         optimizer == Optimizer::adafactor;
}

constexpr double kElementsPerLaunch = 320.0 * 65536;  // depth_to_max_blocks × chunk size, same source

}  // namespace

void Lowering::update() {
  repeats_ = 1;
  in_call_ = false;
  std::int64_t tensors = 0;
  for (const Node& n : graph_.nodes) tensors += parameter_tensors(n);
  const std::int64_t parameters = graph_.parameters();
  if (parameters == 0 || execution_.optimizer == Optimizer::none) return;
  const Numerics fp32 = streaming(NumberFormat::fp32);
  const bool masters = storage_.master_weights();

  // 16-bit gradients become FP32 ones of the master weights, unscaled on the way; FP32 ones are unscaled in place.
  if (masters) {
    emit("gradients.to_master", Copy{parameters, 0.5, 1, false}, fp32, Phase::optimizer);
  } else if (storage_.scales_loss()) {
    emit("gradients.unscale", Pointwise{parameters, 1, 1, 1}, fp32, Phase::optimizer);
  }
  if (clips_gradients(execution_.optimizer)) {
    emit("gradients.norm", Reduction{parameters, 1}, fp32, Phase::optimizer);
    emit("gradients.clip", Pointwise{parameters, 1, 1, 1}, fp32, Phase::optimizer);
  }

  const Recipe r = recipe(execution_.optimizer);
  OptimizerStep step;
  step.parameters = parameters;
  step.flops_per_parameter = r.fused_flops;
  if (execution_.stack.fused_optimizer && execution_.optimizer != Optimizer::adafactor) {
    step.bytes_per_parameter = Bytes(r.fused_bytes);
    const auto by_size = static_cast<std::int64_t>(static_cast<double>(parameters) / kElementsPerLaunch) + 1;
    step.launches = std::max(by_size, (tensors + r.tensors_per_launch - 1) / r.tensors_per_launch);
  } else {
    step.bytes_per_parameter = Bytes(r.loop_bytes);
    step.launches = r.loop_launches * tensors;
    if (execution_.stack.reads_back && execution_.optimizer == Optimizer::adam) out_.waits = tensors;
  }
  emit("optimizer", step, fp32, Phase::optimizer);
  if (masters) emit("weights.from_master", Copy{parameters, 1, 0.5, false}, fp32, Phase::optimizer);
}

}  // namespace roofcast
