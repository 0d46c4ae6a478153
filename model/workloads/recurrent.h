// Recurrent layers as cuDNN runs them: step after step, each one product and one elementwise kernel.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/graph/graph.h"
#include "model/workloads/graph_builder.h"

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

/// A cell within a network: products of a step, states it hands on (h, and c of an LSTM), operations per hidden unit.
struct Cell {
  std::int64_t gates;
  double states;
  double flops;
};
inline constexpr Cell kLstm{4, 2, 30}, kGru{3, 1, 24}, kPlainCell{1, 1, 8};

/// One direction of a layer of a network: `length` steps of `batch` sequences, `in` wide.
struct RecurrentLayer {
  Cell cell = kLstm;
  std::int64_t length, batch, in, hidden;
  std::int64_t input_parameters, hidden_parameters;  // that it owns; biases count as the input's
  bool bias = true;
};
/// One product over all tokens, then a small product and a cell per step, asked for in one call. Returns the last step,
/// which stands for the states of all.
int recurrent_layer(GraphBuilder& builder, const std::string& name, int x, const RecurrentLayer& layer);

}  // namespace roofcast
