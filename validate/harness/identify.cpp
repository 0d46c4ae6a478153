// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/identify.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <tuple>

namespace roofcast::harness {

std::vector<std::string> name_words(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && word != "nvidia" && word != "graphics" && word != "device") words.push_back(word);
    word.clear();
  };
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

std::optional<Gpu> identify(const std::vector<Gpu>& gpus, const Identity& identity) {
  const std::vector<std::string> asked = name_words(identity.name);
  const Gpu* best = nullptr;
  std::tuple<int, int, double> best_merit;
  for (const Gpu& gpu : gpus) {
    if (gpu.compute_capability != identity.compute_capability || gpu.sm_count != identity.sm_count) continue;
    // Drivers keep some for themselves, and sizes are sold in GB and in GiB.
    if (std::abs(identity.memory / gpu.memory - 1) > 0.15) continue;
    const std::vector<std::string> words = name_words(gpu.name);
    const std::set<std::string> known(words.begin(), words.end());
    const auto shared = static_cast<int>(
        std::count_if(asked.begin(), asked.end(), [&](const std::string& w) { return known.count(w) != 0; }));
    if (shared == 0) continue;
    const double limit_off = identity.power_limit ? std::abs(std::log(*identity.power_limit / gpu.tdp)) : 0;
    const std::tuple merit(shared, -static_cast<int>(words.size()), -limit_off);
    // The power limit outweighs extra words ("(original, 15 W)"), not shared ones.
    const auto better = [&] {
      if (std::get<0>(merit) != std::get<0>(best_merit)) return std::get<0>(merit) > std::get<0>(best_merit);
      if (identity.power_limit && std::get<2>(merit) != std::get<2>(best_merit))
        return std::get<2>(merit) > std::get<2>(best_merit);
      return std::get<1>(merit) > std::get<1>(best_merit);
    };
    if (best == nullptr || better()) {
      best = &gpu;
      best_merit = merit;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace roofcast::harness
