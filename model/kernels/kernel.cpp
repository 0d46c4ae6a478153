// Names of a kernel's phase.
// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/kernel.h"

namespace roofcast {

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::forward: return "forward";
    case Phase::backward: return "backward";
    case Phase::optimizer: return "optimizer";
  }
  return "?";
}

double compressed_share(NumberFormat format) {
  const double bits = 8 * storage_size(format).value;
  return (bits + 2) / (2 * bits);
}

}  // namespace roofcast
