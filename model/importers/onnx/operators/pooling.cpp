// Pools: maxima and averages over windows or whole images.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "model/importers/onnx/operators.h"
#include "model/importers/onnx/operators/window.h"

namespace roofcast::onnx {
namespace {

void emit(Step& s, const Value& x, const Dims& dims, double taps, Pool::Kind kind) {
  Value y = s.make(x.type, dims);
  if (y.elements() == 0) return s.out(0, std::move(y));
  Pool op;
  op.kind = kind;
  op.n = x.dims[0];
  op.c = x.dims[1];
  const std::size_t rank = dims.size();
  op.h = product(x.dims, 2, rank - 1);
  op.w = x.dims[rank - 1];
  op.out_h = product(dims, 2, rank - 1);
  op.out_w = dims[rank - 1];
  op.window = std::max<std::int64_t>(1, std::llround(std::sqrt(std::min(taps, 1e15))));
  Node node;
  node.op = op;
  node.output_elements = y.elements();
  node.saves_input = kind == Pool::Kind::max;
  if (kind == Pool::Kind::max) node.saved_elements = 2 * y.elements();  // 64-bit indices
  y.node = s.add(std::move(node), {&x});
  s.out(0, y);
  if (s.wants(1)) {
    Value indices = y;
    indices.type = DataType::int64;
    s.out(1, std::move(indices));
  }
}

Pool::Kind kind_of(const Step& s) {
  return s.op().find("Max") != std::string::npos ? Pool::Kind::max : Pool::Kind::average;
}

void pool(Step& s) {
  const Value x = s.contiguous(s.in(0));
  if (x.rank() < 3) s.fail(fmt::format("pools {}", text(x.dims)));
  const Window w = read_window(s, x.dims, s.integer_list("kernel_shape"));
  Dims dims{x.dims[0], x.dims[1]};
  double taps = 1;
  for (std::size_t i = 0; i < w.rank(); ++i) {
    dims.push_back(size_after(s, w, i, x.dims[i + 2], s.integer("ceil_mode", 0) != 0));
    taps *= static_cast<double>(w.kernel[i]);
  }
  emit(s, x, dims, taps, kind_of(s));
}

void global_pool(Step& s) {
  const Value x = s.contiguous(s.in(0));
  if (x.rank() < 3) s.fail(fmt::format("pools {}", text(x.dims)));
  Dims dims{x.dims[0], x.dims[1]};
  dims.resize(x.dims.size(), 1);
  emit(s, x, dims, static_cast<double>(product(x.dims, 2, x.dims.size())), kind_of(s));
}

/// Puts values back where a pool took them from.
void max_unpool(Step& s) {
  const Value x = s.in(0);
  if (x.rank() < 3) s.fail(fmt::format("unpools {}", text(x.dims)));
  const Window w = read_window(s, x.dims, s.integer_list("kernel_shape"));
  Dims dims{x.dims[0], x.dims[1]};
  for (std::size_t i = 0; i < w.rank(); ++i)
    dims.push_back((x.dims[i + 2] - 1) * w.stride[i] - w.before[i] - w.after[i] + w.kernel[i]);
  if (s.has(2)) dims = s.integers(2);
  s.out(0, s.copy(x.type, dims, 1, {&x, &s.in(1)}));
}

}  // namespace

void add_pooling(Operators& table) {
  for (const char* name : {"MaxPool", "AveragePool", "LpPool"}) table[name] = pool;
  for (const char* name : {"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"}) table[name] = global_pool;
  table["MaxUnpool"] = max_unpool;
}

}  // namespace roofcast::onnx
