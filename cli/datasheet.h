// One board in full, as tables and sentences.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/gpu_clock.h"
#include "cli/table.h"
#include "model/gpu/gpu.h"

namespace roofcast::cli {

/// Figure and value, in reading order; unknown is "-".
Table datasheet(const Gpu& gpu);

/// Every rate above 0: path, types, derivation of the dense peak, sparse peak, ridge point.
Table peak_table(const Gpu& gpu);

/// The whole page for people; `format` is table or markdown.
std::string datasheet_page(const Gpu& gpu, const std::vector<KeptClock>& clocks, Format format);

/// section, figure, value, unit, remark: one line per figure, peak, note and source.
Table datasheet_rows(const Gpu& gpu, const std::vector<KeptClock>& clocks);

}  // namespace roofcast::cli
