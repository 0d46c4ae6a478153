// An op in a few words: its kind and shape. A prime marks a backward op.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/ops/op.h"

namespace roofcast::cli {

/// "conv 64×256×56² k64 3×3 s1" (its backward passes "dgrad" and "wgrad"), "gemm 512×512×2048", "softmax 8192×512".
std::string describe(const Op& op);

/// At most `width` columns, the cut marked with "…".
std::string cut(const std::string& text, std::size_t width);
/// The same for names whose end tells them apart: "…attention.output.add".
std::string cut_front(const std::string& text, std::size_t width);

}  // namespace roofcast::cli
