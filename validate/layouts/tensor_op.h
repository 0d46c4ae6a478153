// PyTorch's names of elementwise and row kernels, and the ops they stand for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/ops/op.h"
#include "validate/csv.h"

namespace roofcast {

/// "add" takes two tensors, "addu" a tensor and a scalar; "ln" and "softmax" work along `cols`.
std::optional<Op> tensor_op(std::string_view name, std::int64_t rows, std::int64_t cols);

/// Refuses a convolution without output, or one too large for any number.
void check_convolution(const CsvRow& row, const Conv2d& conv);

}  // namespace roofcast
