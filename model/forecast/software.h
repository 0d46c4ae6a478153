// What a user can switch on in the framework, each by itself: what it changes, and where it cannot run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/gpu/gpu.h"
#include "model/graph/execution.h"
#include "model/graph/graph.h"

namespace roofcast {

/// amp               autocast to FP16 (torch.amp)
/// compile           torch.compile: chains of elementwise ops are one kernel, and an executor asks for them
/// cuda_graphs       the step is recorded once and replayed: no dispatch
/// channels_last     NHWC tensors
/// flash_attention   scores never reach memory
/// checkpointing     blocks run forward again instead of keeping what backward needs
/// sparse            weights pruned 2:4 on tensor cores that skip the zeros, inference only
/// workers, pin_memory, persistent_workers   of the data loader
enum class SoftwareOption {
  amp,
  compile,
  cuda_graphs,
  channels_last,
  flash_attention,
  checkpointing,
  sparse,
  workers,
  pin_memory,
  persistent_workers
};

/// As on the command line: "--amp".
std::string_view name(SoftwareOption option);

/// `execution` with `option` switched on as it is in `asked` (which checkpointing, how many workers).
Execution with(SoftwareOption option, const Execution& asked, Execution execution);

/// Why `option` cannot run as `execution` says on `gpu`; nothing where it can. Sources beside each rule.
/// Example: "torch.compile needs compute capability 7.0 (Triton), Quadro P4000 has 6.1".
std::optional<std::string> refusal(SoftwareOption option, const Gpu& gpu, const Execution& execution);

/// Why it cannot gain anything on `graph`: no convolution for channels-last, no attention to fuse. Nothing where it may.
std::optional<std::string> idle(SoftwareOption option, const Graph& graph, const Execution& execution);

}  // namespace roofcast
