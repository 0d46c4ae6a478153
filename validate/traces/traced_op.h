// Operators of PyTorch, and single kernels, as ops of the model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "model/kernels/kernel.h"
#include "validate/traces/kineto.h"

namespace roofcast {

struct MatchedOp {
  Op op;
  Numerics numerics;
};

/// From the operator's name and the shapes and types of its inputs; whether it ran on tensor cores and as TF32 from the
/// kernel's name. The reason where it cannot be told.
tl::expected<MatchedOp, std::string> match(const TracedOp& op);

/// From a kernel's name and launch alone, where an export records no shapes: PyTorch's elementwise kernels, whose grid tells
/// how many elements. The reason otherwise.
tl::expected<MatchedOp, std::string> match_kernel(std::string_view kernel, std::int64_t blocks,
                                                  std::int64_t threads);

/// "gemm", "conv", "pointwise", ... by the words in a kernel's name; "other" where none tells.
std::string_view class_of_kernel(std::string_view kernel);

/// True of kernels of tensor cores: "hmma", "s16816gemm", "tensorop", "xmma", "wgmma", "nvjet".
bool on_tensor_cores(std::string_view kernel);

}  // namespace roofcast
