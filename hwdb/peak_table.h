// Published peaks as TOML writes them: [claims.l4.tensor_core] "fp16 -> fp32" = { dense_tflops = 121, ... }.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hwdb/published_peak.h"
#include "hwdb/toml_table.h"

namespace roofcast {

/// A published peak and the table it came from, for messages.
struct LocatedPeak {
  PublishedPeak peak;
  TomlTable table;
};

/// The peaks of the tables [cuda_core] and [tensor_core] of `claims`, all of the board `slug`.
std::vector<LocatedPeak> read_peaks(const TomlTable& claims, const std::string& slug);

}  // namespace roofcast
