// Boards of the embedded base, read once for all tests of this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <string_view>

#include "hwdb/hwdb.h"

namespace roofcast::testing {

inline const Hwdb& base() {
  static const Hwdb hwdb = Hwdb::embedded();
  return hwdb;
}

/// By its exact slug.
inline const Gpu& board(std::string_view slug) {
  const Gpu* gpu = base().find(slug);
  REQUIRE(gpu != nullptr);
  return *gpu;
}

}  // namespace roofcast::testing
