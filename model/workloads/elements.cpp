// Products that cannot overflow.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/elements.h"

#include <fmt/format.h>

#include <stdexcept>

namespace roofcast {

std::int64_t elements(std::string_view what, std::initializer_list<std::int64_t> factors) {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    if (factor < 1)
      throw std::invalid_argument(fmt::format("{}: a size must be at least 1, is {}", what, factor));
    if (factor > kMostElements / product) {
      throw std::invalid_argument(
          fmt::format("{}: more than 2^53 elements; take a smaller batch or shape", what));
    }
    product *= factor;
  }
  return product;
}

}  // namespace roofcast
