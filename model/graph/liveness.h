// When tensors of a graph come to life and when the last reader lets them go.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/graph/execution.h"
#include "model/graph/graph.h"
#include "model/units.h"

namespace roofcast {

/// The most bytes of tensors, weights and their gradients apart, alive at any moment of a run of `graph`, which is as
/// `rewrite` left it. Training holds what backward needs until backward has used it, and gradients in flight.
Bytes peak_activations(const Graph& graph, const Execution& execution);

}  // namespace roofcast
