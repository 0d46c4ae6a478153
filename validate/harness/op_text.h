// Ops as text, for the case column of measured files: "gemm:m=1024,n=512,k=768,bt=1".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/kernels/kernel.h"

namespace roofcast {

/// The op, its fields that differ from their default, and "nhwc=1" for channels-last tensors.
std::string op_text(const Op& op, bool channels_last = false);

struct ParsedOp {
  Op op;
  bool channels_last = false;
};
/// Throws std::invalid_argument that names the field. parse_op_text(op_text(x)) is x.
ParsedOp parse_op_text(std::string_view text);

/// "fp16/fp16/fp32/tensor_core": storage, math, accumulation, path.
std::string numerics_text(const Numerics& numerics);
/// Throws std::invalid_argument.
Numerics parse_numerics_text(std::string_view text);

}  // namespace roofcast
