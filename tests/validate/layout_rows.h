// Rows written in a test, read as the layout that their columns make them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "validate/layout.h"

namespace roofcast::test {

struct Read {
  std::string layout;
  std::vector<Observation> rows;
};

inline Read read(const std::string& text) {
  CsvReader reader(std::make_unique<std::istringstream>(text), "t.csv");
  const Layout* layout = recognise(reader.header());
  REQUIRE(layout != nullptr);
  Read result{std::string(layout->name), {}};
  if (!layout->has_times()) return result;
  const RowReader reads = layout->open(reader.header(), profiles());
  Observation o;
  while (reader.next()) {
    reads(reader.row(), o);
    result.rows.push_back(o);
  }
  return result;
}

inline const KernelCase& kernel(const Observation& o) { return std::get<KernelCase>(o.subject); }
inline const JobCase& job(const Observation& o) { return std::get<JobCase>(o.subject); }
inline const std::string& reason(const Observation& o) { return std::get<Unmodelled>(o.subject).reason; }

inline std::string layout_of(const std::string& header) { return read(header + "\n").layout; }

}  // namespace roofcast::test
