// Other names of boards.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace roofcast {

/// A name that stands for a board. `others` are boards it could also have meant ("a100": SXM4 80 GB, PCIe ...).
struct Alias {
  std::string name;
  std::string slug;
  std::vector<std::string> others;
  std::string note;
};

}  // namespace roofcast
