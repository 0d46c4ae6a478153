// Edit distance (restricted Damerau-Levenshtein: optimal string alignment) and the names within reach.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/nearest.h"

#include <algorithm>

namespace roofcast {
namespace {

constexpr std::size_t kShortestStart =
    3;  // a name of fewer letters is not taken for the start of a longer one
constexpr std::size_t kLongestName = 64;  // longer ones are not a mistyped name, and the cost is quadratic

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

std::vector<std::string> nearest(std::string_view name, std::span<const std::string_view> candidates,
                                 std::size_t count) {
  if (name.size() > kLongestName) return {};
  struct Found {
    std::size_t distance;
    std::size_t common;  // leading characters in common decide between equal distances
    std::string_view name;
  };
  std::vector<Found> found;
  for (const std::string_view candidate : candidates) {
    const bool cut_short = name.size() >= kShortestStart && candidate.starts_with(name);
    const std::size_t distance = cut_short ? 1 : edit_distance(name, candidate);
    if (distance <= std::max<std::size_t>(1, std::min(name.size(), candidate.size()) / 2)) {
      const auto differ = std::mismatch(name.begin(), name.end(), candidate.begin(), candidate.end());
      found.push_back({distance, static_cast<std::size_t>(differ.first - name.begin()), candidate});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.common > b.common;
  });
  std::vector<std::string> names;
  for (const Found& each : found) {
    if (names.size() < count) names.emplace_back(each.name);
  }
  return names;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates,
                         std::size_t count) {
  const std::vector<std::string> names = nearest(name, candidates, count);
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? ": did you mean " : i + 1 == names.size() ? " or " : ", ") + names[i];
  }
  return names.empty() ? text : text + "?";
}

}  // namespace roofcast
