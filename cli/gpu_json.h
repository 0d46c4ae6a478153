// A board as JSON: datasheet figures with their units in the names, null for unknown.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/gpu/gpu.h"
#include "model/gpu/throughput.h"

namespace roofcast::cli {

/// {"slug", "name", ..., "launch_price_usd"}.
nlohmann::ordered_json facts_json(const Gpu& gpu);

/// {"path", "input", "accumulate", "dense_tops" ..., "derivation", "ridge_flop_per_byte"} for each rate above 0.
nlohmann::ordered_json peaks_json(const Gpu& gpu);

/// Twelve significant digits: 2535 MHz comes back as 2535, not 2535.0000000000005.
double tidy(double value);
/// The same as text: "243.3", "8".
std::string plain(double value);

}  // namespace roofcast::cli
