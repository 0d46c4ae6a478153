// How CUPTI's profiling calls are made: zeroed parameters that carry their size, and a check of what comes back.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "validate/harness/cuda/cupti.h"

namespace roofcast::harness {

template <class Parameters>
Parameters sized(std::size_t size) {
  Parameters p{};
  p.structSize = size;
  return p;
}

/// `fill(library, table, missing)` loads the functions; the reason where one is missing.
template <class Table, class Fill>
tl::expected<Table, std::string> load_cupti(Fill fill) {
  const auto found = open_cupti();
  if (!found) return tl::unexpected(found.error());
  Table table;
  std::string missing;
  fill(found->library, table, missing);
  if (!missing.empty()) return tl::unexpected(found->library.name() + " lacks " + missing);
  return table;
}

inline std::vector<const char*> pointers(const std::vector<std::string>& names) {
  std::vector<const char*> list;
  for (const std::string& name : names) list.push_back(name.c_str());
  return list;
}

}  // namespace roofcast::harness

#define ROOFCAST_PARAMETERS(type) sized<type>(type##_STRUCT_SIZE)
/// Throws CounterError where `table.function(arguments)` fails.
#define ROOFCAST_CUPTI(table, function, ...) \
  check_cupti(static_cast<int>((table).function(__VA_ARGS__)), #function)
