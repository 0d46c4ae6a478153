// A loop over all cores.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace roofcast {

/// Calls body(0) … body(count - 1), each once, in any order, on as many threads as there are cores; rethrows the
/// exception of the lowest index. A loop inside a body runs on its own thread alone, so that threads do not multiply.
/// Example: parallel_for(v.size(), [&](std::size_t i) { v[i] = f(i); });
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace roofcast
