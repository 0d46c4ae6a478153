// Which parts of a graph run forward a second time instead of keeping what backward needs.
// Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"; torch.utils.checkpoint.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/graph/execution.h"
#include "model/graph/graph.h"

namespace roofcast {

/// Nodes [begin, end) of a graph. Their backward runs those before `recomputed` forward again: nothing after it is
/// needed (PyTorch stops early too).
struct Segment {
  int begin = 0, recomputed = 0, end = 0;
};

/// In node order, none overlapping; empty without checkpointing and in inference. Blocks are what names number
/// ("layer1.0.conv2" is of "layer1.0", "/encoder/layer.3/Add" of "/encoder/layer.3"): stem, head and loss are outside.
/// Where names number nothing they are the stretches between tensors that everything has to pass, the last one excepted.
/// `sqrt` joins the n blocks to about √n runs of equal length. `graph` is as `rewrite` left it.
std::vector<Segment> checkpointed(const Graph& graph, const Execution& execution);

}  // namespace roofcast
