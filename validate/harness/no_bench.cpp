// Built where no CUDA toolkit was found: there is nothing to measure with.
// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/bench.h"

namespace roofcast::harness {

tl::expected<std::unique_ptr<Bench>, std::string> open_bench() {
  return tl::unexpected(
      std::string("this roofcast was built without CUDA; where a toolkit (11.4 or newer) is, configure with "
                  "-DROOFCAST_CUDA=ON"));
}

}  // namespace roofcast::harness
