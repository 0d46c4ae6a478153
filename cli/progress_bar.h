// A line that is redrawn while something long runs; where stderr is no terminal, a line now and then.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "model/units.h"

namespace roofcast::cli {

/// "[#########...........] 212/480  gemm:m=1024,n=1024,k=1024,bt=1          3:12 left", cut to `width` columns.
std::string progress_line(std::size_t done, std::size_t total, Seconds left, std::string_view what,
                          std::size_t width);

class ProgressBar {
 public:
  ProgressBar(std::ostream& out, bool terminal, std::size_t width);
  void show(std::size_t done, std::size_t total, Seconds left, std::string_view what);
  /// Ends the line.
  void finish();

 private:
  std::ostream& out_;
  bool terminal_;
  std::size_t width_;
  std::size_t tenths_ = 0;  // of the work, already told where there is no terminal
  bool open_ = false;
};

}  // namespace roofcast::cli
