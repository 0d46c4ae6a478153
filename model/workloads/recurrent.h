// Recurrent layers as cuDNN runs them: step after step, each one product and one elementwise kernel.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/graph/graph.h"

namespace roofcast {

/// A cell's products in one step: LSTM 4, GRU 3, plain 1.
std::optional<std::int64_t> gates_of(std::string_view cell);  // "lstm", "gru", "rnn"

/// "lstm:512x16x25" and the like.
bool is_recurrent(std::string_view name);

enum class RecurrentPass { forward, backward_data, backward_filter, backward };  // the last: both gradients

/// One layer of `hidden` units over `steps` steps of `batch` sequences; inputs are as wide as the layer and enter
/// without weights (CUDNN_SKIP_INPUT), as DeepBench measures it. Forward and data gradient: steps × (product of
/// batch × hidden by hidden × gates · hidden, then the gates in one kernel); the weights' gradient is one product over
/// all steps. Source: Appleyard et al., "Optimizing Performance of Recurrent Neural Networks on GPUs" (2016), 3.1-3.3.
Graph recurrent_graph(std::string_view name, std::int64_t gates, std::int64_t hidden, std::int64_t batch,
                      std::int64_t steps, RecurrentPass pass);

}  // namespace roofcast
