// Layouts of measured files, told apart by the columns of their header, never by the name of the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "validate/csv.h"
#include "validate/observation.h"
#include "validate/profiles.h"

namespace roofcast {

/// Fills in an observation from a row. Throws InputError on what cannot be true (text in a number, a time of 0);
/// what is true but not modelled becomes Unmodelled.
using RowReader = std::function<void(const CsvRow&, Observation&)>;

struct Layout {
  std::string_view name;                  // "neusight/gemm"
  std::vector<std::string_view> columns;  // a header with all of them is this layout; others may stand beside
  RowReader (*open)(const CsvHeader&, const Profiles&) = nullptr;  // nullptr: holds no times
  bool has_times() const { return open != nullptr; }
};

std::span<const Layout> layouts();

/// Of the layouts whose columns are all there the one with most; nullptr where none is.
const Layout* recognise(const CsvHeader& header);

/// "nearest is neusight/gemm, which also needs latency_ms", for a header that is not recognised.
std::string nearest_layout(const CsvHeader& header);

}  // namespace roofcast
