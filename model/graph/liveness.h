// When tensors of a graph come to life and when the last reader lets them go.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "model/graph/execution.h"
#include "model/graph/graph.h"
#include "model/units.h"

namespace roofcast {

/// Where tensors are put. A handle names what `take` returned it for until it is released.
class Heap {
 public:
  using Handle = std::size_t;
  virtual ~Heap() = default;
  virtual Handle take(Bytes size) = 0;
  virtual void release(Handle handle) = 0;
  /// The weights of this node have their gradients now.
  virtual void learned(const Node& node) { static_cast<void>(node); }
};

/// Plays one run of `graph`, which is as `rewrite` left it: every tensor, weights and their gradients apart, is taken
/// from `heap` when it comes to life and released when nothing reads it any more. Training holds what backward needs
/// until backward has used it, and gradients in flight; checkpointed segments hold what they read, and run again.
void play(const Graph& graph, const Execution& execution, Heap& heap);

/// The most bytes alive at any moment of `play`, gradients of weights apart.
Bytes peak_activations(const Graph& graph, const Execution& execution);

}  // namespace roofcast
