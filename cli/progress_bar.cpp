// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace roofcast::cli {

std::string progress_line(std::size_t done, std::size_t total, Seconds left, std::string_view what,
                          std::size_t width) {
  constexpr std::size_t kBar = 20;
  const std::size_t filled = total == 0 ? kBar : kBar * done / total;
  const auto seconds = static_cast<long>(std::lround(std::max(0.0, left.value)));
  const std::string start =
      fmt::format("[{}{}] {}/{}  ", std::string(filled, '#'), std::string(kBar - filled, '.'), done, total);
  const std::string end = fmt::format("  {}:{:02} left", seconds / 60, seconds % 60);
  const std::size_t room = width > start.size() + end.size() ? width - start.size() - end.size() : 0;
  std::string middle(what.substr(0, room));
  if (what.size() > room && room > 3) middle.replace(room - 3, 3, "...");
  return start + middle + std::string(room - middle.size(), ' ') + end;
}

ProgressBar::ProgressBar(std::ostream& out, bool terminal, std::size_t width)
    : out_(out), terminal_(terminal), width_(width) {}

void ProgressBar::show(std::size_t done, std::size_t total, Seconds left, std::string_view what) {
  if (terminal_) {
    out_ << '\r' << progress_line(done, total, left, what, width_) << std::flush;
    open_ = true;
    return;
  }
  const std::size_t tenths = total == 0 ? 10 : 10 * done / total;
  if (tenths <= tenths_ && done != 0) return;
  tenths_ = tenths;
  out_ << progress_line(done, total, left, what, width_) << '\n' << std::flush;
}

void ProgressBar::finish() {
  if (open_) out_ << '\n' << std::flush;
  open_ = false;
}

}  // namespace roofcast::cli
