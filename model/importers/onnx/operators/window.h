// The sliding window of convolutions and pools: kernel, strides, pads and the size they leave.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/importers/onnx/step.h"

namespace roofcast::onnx {

/// Per spatial axis. Pads of both ends are resolved from auto_pad.
struct Window {
  std::vector<std::int64_t> kernel, stride, dilation, before, after;
  std::size_t rank() const { return kernel.size(); }
};

/// Reads strides, dilations, pads and auto_pad for an operand of `dims` (N, C, spatial...). Fails where their lengths or
/// signs are wrong.
Window read_window(Step& s, const Dims& dims, std::vector<std::int64_t> kernel);

/// ⌊(in + pads - dilation·(kernel - 1) - 1) / stride⌋ + 1, or its ceiling with the last window inside. Fails where
/// nothing is left.
std::int64_t size_after(Step& s, const Window& w, std::size_t axis, std::int64_t in, bool ceil);

}  // namespace roofcast::onnx
