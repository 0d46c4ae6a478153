// Elementwise functions by name: what they read, write and cost, forward and backward.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ops/op.h"

namespace roofcast {

struct PointwiseRule {
  Pointwise forward;
  std::vector<Op> backward;  // kernels as eager PyTorch launches them; empty: the gradient passes through
  bool saves_input = false;
  bool saves_output = false;
};

/// Two tensors: add, sub, mul, div. A tensor and a scalar: addu, mulu, divu, powu. Functions: relu, gelu, tanh,
/// sigmoid, silu, hardswish, hardsigmoid, max (with a scalar), mask (with a small tensor). Nothing for other names.
std::optional<PointwiseRule> pointwise_rule(std::string_view name, std::int64_t elements);
const std::vector<std::string>& pointwise_names();

}  // namespace roofcast
