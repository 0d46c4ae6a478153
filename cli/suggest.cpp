// Wording of suggestions.
// SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <algorithm>

#include "hwdb/nearest.h"

namespace roofcast::cli {
namespace {

constexpr std::size_t kLongestQuote = 60;

}  // namespace

std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> names(candidates.begin(), candidates.end());
  std::vector<std::string> near = nearest(text, names, 1);
  if (near.empty() && text.size() >= 3) {
    const auto whole =
        std::find_if(names.begin(), names.end(), [&](std::string_view n) { return n.starts_with(text); });
    if (whole != names.end()) near.emplace_back(*whole);
  }
  return near.empty() ? "" : "; did you mean " + in_quotes(near.front()) + "?";
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kLongestQuote)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  if (text.size() > kLongestQuote) {
    while (out.size() > 1 && (static_cast<unsigned char>(out.back()) & 0x80) != 0)
      out.pop_back();  // no half UTF-8
    out += "…";
  }
  return out + "'";
}

std::string one_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

}  // namespace roofcast::cli
