// Functions that exporters spell out in primitive operators, made one node again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/importers/onnx/proto.h"

namespace roofcast::onnx {

/// Recognised, in a graph whose nodes are sorted and whose constants are initializers:
///   LayerNormalization      x - mean, square, mean, + ε, sqrt, ÷ (× scale, + bias)
///   RMSNormalization        the same without the mean
///   Gelu                    x/2 · (1 + erf(x/√2)), and its tanh form
///   Swish                   x · sigmoid(x), x · sigmoid(1.702 x)
///   HardSwish               x · hardsigmoid(x), x · clip(x + 3, 0, 6) / 6
///   Mish                    x · tanh(softplus(x))
///   GroupNormalization      reshape, InstanceNormalization, reshape, × scale, + bias
/// Only values read by nobody else disappear.
void fuse_patterns(GraphProto& graph);

}  // namespace roofcast::onnx
