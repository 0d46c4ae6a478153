// Every row of measured files: what it says, on which board, and whether it counts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/gpu/gpu.h"
#include "validate/filter.h"
#include "validate/layout.h"
#include "validate/profiles.h"

namespace roofcast {

/// The board a file's device name stands for; nothing where the base has none of that name.
using BoardLookup = std::function<std::optional<Gpu>(const std::string& device)>;

struct ReadOptions {
  Filter where;
  bool standard_filters = true;  // of the profiles
};

/// One row. Valid during the call that receives it.
struct Reading {
  const std::string& file;
  const Layout& layout;
  const CsvHeader& header;
  const CsvRow& row;
  const RowFacts& facts;
  const Observation& observation;
  const Gpu* gpu;  // nullptr where the board is unknown
  std::string_view
      filtered;           // the standard filter that leaves it out, "filtered: latency_ms>=0.2"; else empty
  bool asked_for = true;  // false where `where` leaves it out
  bool counts() const { return asked_for && filtered.empty(); }
};

struct FileRead {
  std::string file;
  std::string layout;
  std::int64_t rows = 0;
  std::vector<std::string> filters;  // standard ones applied, as text
};

/// A file that was found in a folder but holds nothing to read.
struct FileLeftOut {
  std::string file;
  std::string reason;  // "hardware/gpus: holds no times"
};

struct ReadSummary {
  std::vector<FileRead> files;
  std::vector<FileLeftOut> left_out;
};

/// Calls `use` for every data row, in file order. Rows that a skip rule of the profiles covers come as Unmodelled.
/// Throws InputError on malformed files, on a named file that holds no times or is of no known layout, and where a
/// condition of `where` names a column that none of the files has.
ReadSummary read_measurements(const std::vector<std::string>& paths, const ReadOptions& options,
                              const BoardLookup& boards, const Profiles& profiles,
                              const std::function<void(const Reading&)>& use);

}  // namespace roofcast
