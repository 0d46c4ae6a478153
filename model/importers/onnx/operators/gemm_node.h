// A matrix product as a node, whoever asks for it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/importers/onnx/step.h"

namespace roofcast::onnx {

/// A product of `a` and `b`, of which at most one is a weight, and the value of shape `dims` it makes. Parameters are
/// those of the operands that are constants. Two constants make a constant.
Value gemm_node(Step& s, const Value& a, const Value& b, Gemm gemm, DataType type, Dims dims);

}  // namespace roofcast::onnx
