// Source: ONNX operators Conv and MaxPool, attribute auto_pad.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/operators/window.h"

#include <fmt/format.h>

#include <algorithm>

namespace roofcast::onnx {
namespace {

// Far above any real one: sizes computed from these do not overflow.
constexpr std::int64_t kFar = std::int64_t{1} << 28;
constexpr std::int64_t kWidest = std::int64_t{1} << 31;

std::vector<std::int64_t> list(Step& s, const char* name, std::size_t count, std::int64_t otherwise,
                               std::int64_t least) {
  std::vector<std::int64_t> values = s.integer_list(name);
  if (values.empty()) values.assign(count, otherwise);
  if (values.size() != count)
    s.fail(fmt::format("{} has {} entries, its operand needs {}", name, values.size(), count));
  for (const std::int64_t value : values) {
    if (value < least || value > kFar) s.fail(fmt::format("{} is {}", name, value));
  }
  return values;
}

}  // namespace

Window read_window(Step& s, const Dims& dims, std::vector<std::int64_t> kernel) {
  Window w;
  const std::size_t rank = kernel.size();
  if (rank < 1 || rank + 2 != dims.size())
    s.fail(fmt::format("a window of {} dimensions over {}", rank, text(dims)));
  for (std::size_t i = 2; i < dims.size(); ++i) {
    if (dims[i] > kWidest) s.fail(fmt::format("a window over {}", text(dims)));
  }
  for (const std::int64_t size : kernel) {
    if (size < 1 || size > kFar) s.fail(fmt::format("a window of {}", fmt::join(kernel, "×")));
  }
  w.kernel = std::move(kernel);
  w.stride = list(s, "strides", rank, 1, 1);
  w.dilation = list(s, "dilations", rank, 1, 1);
  const std::vector<std::int64_t> pads = list(s, "pads", 2 * rank, 0, 0);
  w.before.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank));
  w.after.assign(pads.begin() + static_cast<std::ptrdiff_t>(rank), pads.end());
  const std::string mode = s.word("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t in = dims[i + 2];
      const std::int64_t out = (in + w.stride[i] - 1) / w.stride[i];
      const std::int64_t all =
          std::max<std::int64_t>(0, (out - 1) * w.stride[i] + w.dilation[i] * (w.kernel[i] - 1) + 1 - in);
      w.before[i] = mode == "SAME_UPPER" ? all / 2 : all - all / 2;
      w.after[i] = all - w.before[i];
    }
  }
  return w;
}

std::int64_t size_after(Step& s, const Window& w, std::size_t axis, std::int64_t in, bool ceil) {
  const std::int64_t room = in + w.before[axis] + w.after[axis] - w.dilation[axis] * (w.kernel[axis] - 1) - 1;
  if (in < 1 || room < 0)
    s.fail(fmt::format("nothing is left of {} under a window of {}", in, w.kernel[axis]));
  const std::int64_t stride = w.stride[axis];
  std::int64_t out = (room + (ceil ? stride - 1 : 0)) / stride + 1;
  if (ceil && (out - 1) * stride >= in + w.before[axis]) --out;  // the last window starts inside
  return out;
}

}  // namespace roofcast::onnx
