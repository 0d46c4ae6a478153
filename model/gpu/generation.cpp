// SPDX-License-Identifier: Apache-2.0
#include "model/gpu/generation.h"

namespace roofcast {

// Source: CUDA C++ Programming Guide, compute-capability tables; ROCm architecture names for gfx9.
Generation generation(const Gpu& gpu) {
  const std::string_view cc = gpu.compute_capability;
  if (cc.starts_with("gfx9")) return Generation::cdna;
  const std::size_t dot = cc.find('.');
  if (dot == std::string_view::npos) return Generation::other;
  const std::string_view major = cc.substr(0, dot);
  if (major == "5") return Generation::maxwell;
  if (major == "6") return Generation::pascal;
  if (major == "7") return cc == "7.5" ? Generation::turing : Generation::volta;
  if (major == "8") return cc == "8.9" ? Generation::ada : Generation::ampere;
  if (major == "9") return Generation::hopper;
  if (major == "10" || major == "11" || major == "12") return Generation::blackwell;
  return Generation::other;
}

bool ampere_or_later(const Gpu& gpu) {
  const Generation g = generation(gpu);
  return g >= Generation::ampere && g <= Generation::blackwell;
}

bool has_clusters(const Gpu& gpu) {
  return generation(gpu) == Generation::hopper ||
         (generation(gpu) == Generation::blackwell && gpu.compute_capability.starts_with("10"));
}

// Source: vendor announcements of GTX 750 Ti, Tesla P100, V100, T4, A100, RTX 4090, H100, B200 and MI100.
std::optional<int> introduced(Generation generation) {
  switch (generation) {
    case Generation::maxwell: return 2014;
    case Generation::pascal: return 2016;
    case Generation::volta: return 2017;
    case Generation::turing: return 2018;
    case Generation::ampere: return 2020;
    case Generation::ada:
    case Generation::hopper: return 2022;
    case Generation::blackwell: return 2024;
    case Generation::cdna: return 2020;
    case Generation::other: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace roofcast
