// The inverted residual of mobile networks: expand, filter each channel, squeeze and excite, project.
// Source: Sandler et al. (2018), section 3; Howard et al. (2019), figure 4.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/workloads/image_builder.h"

namespace roofcast {

struct InvertedResidual {
  std::int64_t kernel, expanded, out, stride;
  std::int64_t squeezed = 0;       // hidden width of squeeze and excite; 0: none
  const char* function = "relu6";  // "relu", "hardswish", "silu"
  const char* inner = "relu";      // of squeeze and excite
  const char* gate = "sigmoid";
  bool same = false;     // TensorFlow's padding: a copy of the padded image before a stride
  bool shortcut = true;  // where the shapes allow it
};

inline Feature inverted_residual(ImageBuilder& b, const std::string& name, Feature x,
                                 const InvertedResidual& i) {
  Feature y = x;
  if (i.expanded != x.c) y = b.conv_bn(name + ".expand", y, {.out = i.expanded}, i.function);
  const bool copies = i.same && i.stride > 1;
  if (copies) y = b.pad_same(name + ".pad", y, i.kernel, i.stride);
  y = b.conv_bn(name + ".depthwise", y,
                {.out = i.expanded,
                 .size = i.kernel,
                 .stride = i.stride,
                 .pad = copies ? 0 : i.kernel / 2,
                 .groups = i.expanded},
                i.function);
  if (i.squeezed > 0) y = b.squeeze_excite(name + ".se", y, i.squeezed, i.inner, i.gate);
  y = b.conv_bn(name + ".project", y, {.out = i.out}, "");
  return i.shortcut && i.stride == 1 && i.out == x.c ? b.add(name + ".add", y, x) : y;
}

}  // namespace roofcast
