// Blocks that YOLO versions 5, 8 and 11 share.
// Source: github.com/ultralytics/ultralytics, nn/modules/{conv,block,head}.py.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/workloads/token_builder.h"

namespace roofcast {

class YoloBuilder : public TokenBuilder {
 public:
  using TokenBuilder::TokenBuilder;

  /// Convolution, batch norm, SiLU, at the same size.
  Feature cbs(const std::string& name, Feature x, std::int64_t out, std::int64_t size = 1,
              std::int64_t stride = 1);
  /// Two 3×3 layers (`first` values between them) and, where asked, the shortcut around them.
  Feature bottleneck(const std::string& name, Feature x, std::int64_t hidden, std::int64_t first,
                     bool shortcut);
  /// Halves side by side, one through `n` bottlenecks whose first layer is 1×1 (v5) or 3×3.
  Feature c3(const std::string& name, Feature x, std::int64_t out, std::int64_t n, bool shortcut,
             std::int64_t first);
  /// Fast spatial pyramid pooling: three 5×5 maxima one after the other.
  Feature sppf(const std::string& name, Feature x, std::int64_t out);
  /// Sides of distributions decoded and all scales put together: Ultralytics' anchor-free head of version 8 and 11.
  void anchor_free_head(const std::vector<Feature>& scales, std::int64_t classes, bool depthwise_classes);
};

/// Half of the channels pass by each of `n` inner blocks, all results are concatenated (C2f, C3k2).
template <typename Inner>
Feature c2f(YoloBuilder& b, const std::string& name, Feature x, std::int64_t out, std::int64_t hidden,
            std::int64_t n, Inner inner) {
  const Feature both = b.cbs(name + ".cv1", x, 2 * hidden);
  b.split(both.node);
  Feature y = b.channels(name + ".chunk", both, hidden);
  std::vector<Feature> parts{both};
  for (std::int64_t i = 0; i < n; ++i) parts.push_back(y = inner(name + ".m." + std::to_string(i), y));
  return b.cbs(name + ".cv2", b.concat(name + ".concat", parts), out);
}

}  // namespace roofcast
