// LSTM, GRU and plain RNN, unrolled: one product over all tokens, then a small product and a cell per step.
// Source: Appleyard et al., "Optimizing Performance of Recurrent Neural Networks on GPUs" (2016), sections 3.1 and 3.2.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/recurrent.h"

#include <fmt/format.h>

#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

Cell cell_of(const std::string& op) { return op == "LSTM" ? kLstm : op == "GRU" ? kGru : kPlainCell; }

struct Shape {
  std::int64_t length, batch, in, hidden, directions;
};

/// The node of the last step.
int unroll(Step& s, const Shape& d, const Cell& cell, const Value& x, int direction) {
  for (std::int64_t t = 0; t < d.length; ++t) s.translator().tick(s);
  const std::int64_t input = s.own(s.in(1)) + (s.has(3) ? s.own(s.in(3)) : 0), hidden = s.own(s.in(2));
  return recurrent_layer(s.builder(), s.label() + (direction == 0 ? "" : ".reverse"),
                         x.constant ? kModelInput : x.node,
                         {cell, d.length, d.batch, d.in, d.hidden, input, hidden, s.has(3)});
}

void recurrent(Step& s) {
  const Value x = s.in(0), w = s.in(1), r = s.in(2);
  const Cell cell = cell_of(s.op());
  const bool batch_first = s.integer("layout", 0) != 0;
  if (x.rank() != 3 || w.rank() != 3 || r.rank() != 3)
    s.fail(fmt::format("{}, {} and {} are not of 3 dimensions", text(x.dims), text(w.dims), text(r.dims)));
  Shape d{x.dims[batch_first ? 1 : 0], x.dims[batch_first ? 0 : 1], x.dims[2], r.dims[2], w.dims[0]};
  const std::int64_t directions = s.word("direction", "forward") == "bidirectional" ? 2 : 1;
  std::int64_t width = 0;
  if (d.directions != directions || r.dims[0] != directions || d.hidden < 1 ||
      __builtin_mul_overflow(cell.gates, d.hidden, &width) || w.dims[1] != width || r.dims[1] != width ||
      w.dims[2] != d.in || s.integer("hidden_size", d.hidden) != d.hidden) {
    s.fail(fmt::format("weights of {} and {} do not fit {} and a hidden size of {}", text(w.dims),
                       text(r.dims), text(x.dims), s.integer("hidden_size", d.hidden)));
  }
  const Dims last = batch_first ? Dims{d.batch, directions, d.hidden} : Dims{directions, d.batch, d.hidden};
  Value y = s.make(x.type, batch_first ? Dims{d.batch, d.length, directions, d.hidden}
                                       : Dims{d.length, directions, d.batch, d.hidden});
  Value state = s.make(x.type, last);
  if (y.elements() > 0 && d.in > 0) {
    std::vector<Value> ends;
    for (int direction = 0; direction < directions; ++direction) {
      ends.push_back(state);
      ends.back().node = unroll(s, d, cell, x, direction);
    }
    y.node = state.node = ends.front().node;
    if (directions == 2) {  // both directions are put side by side
      y = s.copy(y.type, y.dims, 1, {&ends[0], &ends[1]});
      state.node = y.node;
    }
  }
  s.out(0, y);
  s.out(1, state);
  s.out(2, state);
}

}  // namespace

void add_recurrent(Operators& table) {
  for (const char* name : {"LSTM", "GRU", "RNN"}) table[name] = recurrent;
}

}  // namespace roofcast::onnx
