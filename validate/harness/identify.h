// Which board of the base a driver's device is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "model/gpu/gpu.h"
#include "validate/harness/bench.h"

namespace roofcast::harness {

/// The board of the same compute capability and number of SMs, within 15 % of the memory, whose name shares most words
/// with the driver's: "NVIDIA GeForce RTX 3060" of 12 GB is rtx-3060-12gb. Power modes of one board (Jetson) and boards
/// that share everything are told apart by the power limit, where the driver says one. Nothing where none fits or no
/// word agrees.
std::optional<Gpu> identify(const std::vector<Gpu>& gpus, const Identity& identity);

/// Words that identify a board: "NVIDIA GeForce RTX 3060" -> geforce, rtx, 3060.
std::vector<std::string> name_words(std::string_view name);

}  // namespace roofcast::harness
