// Which design of SM a GPU is built from: decides kernels a vendor library ships, never how fast one board is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "model/gpu/gpu.h"

namespace roofcast {

enum class Generation { maxwell, pascal, volta, turing, ampere, ada, hopper, blackwell, cdna, other };

/// From the compute capability: 6.1 is pascal, 8.6 ampere, 8.9 ada; gfx90a cdna; anything unknown other.
Generation generation(const Gpu& gpu);

/// NVIDIA's designs from Ampere on, which share kernels and copy operands past the registers.
bool ampere_or_later(const Gpu& gpu);

/// Hopper and the Blackwell of data centres: a warp group multiplies 64 × 256 at once, and two SMs of a cluster hand each
/// other the operand they share. Source: NVIDIA H100 Tensor Core GPU Architecture whitepaper (2022).
bool has_clusters(const Gpu& gpu);

/// The year of its first board; nothing for `other`.
std::optional<int> introduced(Generation generation);

}  // namespace roofcast
