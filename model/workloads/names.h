// Names as people type them: spelling apart, and the nearest to one that is unknown.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roofcast {

/// Lower case without '-', '_', '.', '/' and blanks: "ResNet-50" and "resnet50" are one.
std::string normalised(std::string_view name);

/// At most three of `known`, nearest first, each within a third of its length (at least two edits).
std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& known);

}  // namespace roofcast
