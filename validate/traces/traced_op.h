// Operators of PyTorch, and single kernels, as ops of the model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "model/kernels/kernel.h"
#include "validate/harness/record.h"
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

/// An operator's row of `roofcast measure`; one that no op of the model stands for is a row that failed, with its reason.
harness::Record traced_record(const TracedOp& op, const std::string& device);

/// "float", "c10::Half", "c10::BFloat16" by the words in a kernel's name: "volta_fp16_s884gemm_fp16_128x64_nn",
/// "vectorized_elementwise_kernel<4, CUDAFunctor_add<float>>"; nothing where none tells, or another type does.
std::optional<std::string_view> type_of_kernel(std::string_view kernel);

/// "gemm", "conv", "pointwise", ... by the words in a kernel's name; "other" where none tells.
std::string_view class_of_kernel(std::string_view kernel);

/// True of kernels of tensor cores: "hmma", "s16816gemm", "tensorop", "xmma" without "ffma", "wgmma", "nvjet".
bool on_tensor_cores(std::string_view kernel);

}  // namespace roofcast
