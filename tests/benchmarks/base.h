// The base and the board all benchmarks use, loaded once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hwdb/hwdb.h"

namespace roofcast::benchmarks {

inline const Gpu& board() {
  static const Gpu gpu = Hwdb::embedded().resolve("tesla-t4").gpu;
  return gpu;
}

inline const Calibration& calibration() {
  static const Calibration constants = embedded_calibration();
  return constants;
}

}  // namespace roofcast::benchmarks
