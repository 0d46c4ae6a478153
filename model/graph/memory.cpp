// What a job needs of a GPU's memory, item by item.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "model/gpu/generation.h"
#include "model/graph/allocator.h"
#include "model/graph/liveness.h"
#include "model/graph/lowering.h"

namespace roofcast {
namespace {

// CUDA context and loaded kernels of cuBLAS and cuDNN: nvidia-smi shows 0.4 to
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

/// One value per row and per column of every matrix of a weight (its last two dimensions).
double factored(const Node& node) {
  if (const auto* gemm = std::get_if<Gemm>(&node.op)) return d(gemm->batch) * (d(gemm->n) + d(gemm->k));
  if (const auto* conv = std::get_if<Conv2d>(&node.op))
    return d(conv->k) * d(conv->c / conv->groups) * (d(conv->r) + d(conv->s));
  if (const auto* table = std::get_if<Embedding>(&node.op)) return d(table->vocabulary) + d(table->width);
  return d(node.parameters);
}

/// Momentum is one FP32 value per parameter, Adam's moments are two. 8-bit Adam: a byte of each and a scale for 256 of
/// them, but FP32 for tensors below 4,096 values (Dettmers et al. 2022; bitsandbytes' min_8bit_size). Adafactor:
/// Shazeer and Stern 2018, section 3.
Bytes optimizer_state(const Node& node, Optimizer optimizer) {
  const double parameters = d(node.parameters);
  switch (optimizer) {
    case Optimizer::none:
    case Optimizer::sgd: return Bytes(0);
    case Optimizer::sgd_momentum: return Bytes(4) * parameters;
    case Optimizer::adam: return Bytes(8) * parameters;
    case Optimizer::adam_8bit: return Bytes(node.parameters < 4096 ? 8 : 2 + 8.0 / 256) * parameters;
    case Optimizer::adafactor: return Bytes(4) * std::min(parameters, factored(node));
  }
  return Bytes(0);
}

/// What the zeros of a weight pruned 2:4 do not take.
Bytes skipped_zeros(const Node& node, const Execution& execution, const Gpu& gpu, Bytes weight) {
  if (!execution.sparse || node.view || !is_product(node.op) || !has_weights(node)) return Bytes(0);
  const bool conv = std::holds_alternative<Conv2d>(node.op);
  const Numerics numerics = resolve_product(execution.precision, conv, gpu, nullptr);
  if (!has_sparse_path(numerics, gpu)) return Bytes(0);
  return weight * (d(weight_elements(node)) * (1 - compressed_share(numerics.storage)));
}

/// What stays from step to step.
struct Resident {
  std::vector<Bytes> tensors;  // weights, masters, copies
  std::vector<Bytes> states;   // of the optimizer, taken when the first step ends
  Bytes gradient;              // per parameter
  bool keeps_gradients = false;
};

/// Two steps of training, or one run of inference: what comes and goes in them, and how much of it were gradients when it
/// was most. In the second step optimizer states lie where activations were, and gradients that are kept are there from
/// its start.
class Steps : public Heap {
 public:
  Steps(const Graph& graph, const Execution& execution, const Resident& resident, CachingAllocator* allocator)
      : resident_(resident), allocator_(allocator) {
    for (const Bytes part : resident.tensors) stay(part);
    const bool training = execution.mode == Mode::training;
    if (allocator != nullptr || (training && resident.keeps_gradients)) step(graph, execution);
    step(graph, execution);
  }

  Handle take(Bytes size) override {
    now_ += size;
    if (now_ > peak_) {
      peak_ = now_;
      gradients_at_peak_ = alive_;
    }
    taken_.push_back({size, allocator_ != nullptr ? allocator_->take(size) : 0});
    return taken_.size() - 1;
  }
  void release(Handle handle) override {
    now_ = now_ - taken_[handle].size;
    if (allocator_ != nullptr) allocator_->release(taken_[handle].block);
  }
  void learned(const Node& node) override {
    const Bytes size = resident_.gradient * d(node.parameters);
    if (size.value == 0 || (resident_.keeps_gradients && again_)) return;
    alive_ += size;
    gradients_.push_back(take(size));
  }

  /// Of tensors that come and go, gradients of weights among them.
  Bytes peak() const { return peak_; }
  Bytes gradients() const { return gradients_at_peak_; }

 private:
  struct Taken {
    Bytes size;
    Handle block;
  };

  void stay(Bytes size) const {
    if (allocator_ != nullptr && size.value > 0) allocator_->take(size);
  }
  void step(const Graph& graph, const Execution& execution) {
    play(graph, execution, *this);
    if (!again_) {
      for (const Bytes part : resident_.states) stay(part);
    }
    again_ = true;
    if (resident_.keeps_gradients) return;
    for (const Handle gradient : gradients_) release(gradient);
    gradients_.clear();
    alive_ = Bytes(0);
  }

  const Resident& resident_;
  CachingAllocator* allocator_;
  std::vector<Taken> taken_;
  std::vector<Handle> gradients_;
  Bytes now_{}, peak_{}, alive_{}, gradients_at_peak_{};
  bool again_ = false;
};

}  // namespace

Memory memory_needed(const Graph& graph, const Execution& execution, const Gpu& gpu, bool exact) {
  const Graph running = rewrite(graph, execution);
  const Storage storage(running, execution);
  const Bytes weight = storage_size(storage.weights());

  Memory memory;
  memory.context = kContext;
  Resident resident;
  resident.gradient = weight;
  resident.keeps_gradients = execution.stack.keeps_gradients;
  for (const Node& node : running.nodes) {
    const auto format = weight_format(node, execution);
    const Bytes stored = format ? weight_size(*format) * d(node.parameters)
                                : weight * d(node.parameters) - skipped_zeros(node, execution, gpu, weight);
    const Bytes master = Bytes(storage.master_weights() ? 4 : 0) * d(node.parameters);
    // Autocast's copies are kept for backward.
    const bool cast =
        !node.view && storage.casts_weights() && is_product(node.op) && has_weights(node) && node.steps > 0;
    const Bytes copy = cast ? storage_size(storage.low()) * d(weight_elements(node)) : Bytes(0);
    memory.weights += stored;
    memory.masters += master;
    memory.copies += copy;
    for (const Bytes part : {stored, master, copy}) resident.tensors.push_back(part);
    if (execution.mode == Mode::training) {
      resident.states.push_back(optimizer_state(node, execution.optimizer));
      memory.optimizer += resident.states.back();
    }
    if (node.view) continue;
    const Generation g = generation(gpu);
    const bool late = g == Generation::hopper || g == Generation::blackwell;
    if (const auto* conv = std::get_if<Conv2d>(&node.op)) {
      memory.workspace = std::max(memory.workspace, conv_workspace(*conv, storage_size(storage.low())));
    } else if (std::holds_alternative<Gemm>(node.op)) {
      memory.workspace = std::max(memory.workspace, late ? kLateGemmWorkspace : kGemmWorkspace);
    }
  }
  CachingAllocator allocator;
  const Steps steps(running, execution, resident, exact ? &allocator : nullptr);
  memory.gradients = steps.gradients();
  memory.activations = steps.peak() - memory.gradients;
  if (exact) {
    memory.fragmentation = allocator.peak_needed() - allocator.peak_live();
    memory.cached = allocator.reserved() - allocator.peak_needed();
  }
  memory.cache = storage_size(storage.cache()) * d(running.cache_elements);
  return memory;
}

}  // namespace roofcast
