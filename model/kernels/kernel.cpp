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

}  // namespace roofcast
