// Sums, extremes and orders along axes.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/importers/onnx/folding.h"
#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

/// Numbers of a known tensor; nothing for reductions nobody computes shapes with.
std::optional<double> fold(const std::string& op, const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  double out = op == "ReduceProd" ? 1 : op == "ReduceSum" || op == "ReduceMean" ? 0 : values.front();
  for (const double v : values) {
    if (op == "ReduceProd")
      out *= v;
    else if (op == "ReduceSum" || op == "ReduceMean")
      out += v;
    else if (op == "ReduceMax")
      out = std::max(out, v);
    else if (op == "ReduceMin")
      out = std::min(out, v);
    else
      return std::nullopt;
  }
  return op == "ReduceMean" ? out / static_cast<double>(values.size()) : out;
}

Value reduced(Step& s, const Value& x, DataType type, Dims dims) {
  Value y = s.make(type, std::move(dims));
  if (x.constant) {
    y.constant = true;
    return y;
  }
  if (x.elements() == 0) return y;
  Node node;
  node.op = Reduction{x.elements(), y.elements()};
  node.output_elements = y.elements();
  const bool linear = s.op() == "ReduceSum" || s.op() == "ReduceMean";
  node.saves_input = !linear && x.floating();
  if (is_floating(type))
    node.backward = {Pointwise{x.elements(), linear ? 0.0 : 1.0, 1, 1}};
  else
    node.needs_input_gradient = false;
  y.node = s.add(std::move(node), {&x});
  return y;
}

void reduce(Step& s) {
  const Value x = s.in(0);
  const bool keep = s.integer("keepdims", 1) != 0;
  const auto axes = s.axes("axes", 1);
  std::vector<bool> gone(x.dims.size(), false);
  if (!axes || axes->empty()) {
    if (s.integer("noop_with_empty_axes", 0) != 0) return s.out(0, x);
    gone.assign(x.dims.size(), true);
  } else {
    for (const std::int64_t axis : *axes) gone[s.axis(axis, x.rank())] = true;
  }
  Dims dims;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (!gone[i]) dims.push_back(x.dims[i]);
    if (gone[i] && keep) dims.push_back(1);
  }
  // All spatial dimensions at once is how TensorFlow spells global average pooling.
  if (s.op() == "ReduceMean" && x.rank() == 4 && gone == std::vector<bool>{false, false, true, true} &&
      !x.constant && x.elements() > 0) {
    Value y = s.make(x.type, dims);
    Node node;
    node.op =
        Pool{Pool::Kind::average,
             x.dims[0],
             x.dims[1],
             x.dims[2],
             x.dims[3],
             1,
             1,
             std::max<std::int64_t>(1, std::llround(std::sqrt(static_cast<double>(x.dims[2] * x.dims[3]))))};
    node.output_elements = y.elements();
    node.saves_input = false;
    y.node = s.add(std::move(node), {&x});
    return s.out(0, std::move(y));
  }
  Value y = reduced(s, x, x.type, dims);
  const bool all = std::find(gone.begin(), gone.end(), false) == gone.end();
  if (x.known && all && y.elements() == 1) {
    if (const auto value = fold(s.op(), *x.known)) y.known = {*value};
  }
  s.out(0, std::move(y));
}

void arg(Step& s) {
  const Value x = s.in(0);
  const std::size_t axis = s.axis(s.integer("axis", 0), x.rank());
  Dims dims = x.dims;
  if (s.integer("keepdims", 1) != 0) {
    dims[axis] = 1;
  } else {
    dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  s.out(0, reduced(s, x, DataType::int64, dims));
}

void cumulative(Step& s) {
  const Value x = s.in(0);
  if (x.constant) {
    Value y = x;
    y.known.reset();
    return s.out(0, std::move(y));
  }
  PointwiseRule rule = plain_rule(x.elements(), 1, false);
  rule.backward = {Pointwise{x.elements(), 1, 1, 1}};
  Value y = s.elementwise(x.type, x.dims, std::move(rule), {&x});
  if (y.node >= 0) s.builder().at(y.node).fusable = false;
  s.out(0, std::move(y));
}

/// Selection reads the rows a few times, as a radix selection of four 8-bit digits does.
void top_k(Step& s) {
  const Value x = s.in(0);
  const std::size_t axis = s.axis(s.integer("axis", -1), x.rank());
  const auto k = s.has_attribute("k") ? std::vector<std::int64_t>{s.integer("k", 1)} : s.integers(1);
  if (k.size() != 1 || k[0] < 0 || k[0] > x.dims[axis])
    s.fail(fmt::format("takes {} of {}", fmt::join(k, ","), x.dims[axis]));
  Dims dims = x.dims;
  dims[axis] = k[0];
  Value y = s.make(x.type, dims);
  if (y.elements() > 0 && !x.constant) {
    Node node;
    node.op =
        Pointwise{x.elements(), 4, static_cast<double>(y.elements()) / static_cast<double>(x.elements()), 4};
    node.backward = {Copy{x.elements(), 0, 1, false}};
    node.output_elements = y.elements();
    node.saves_input = false;
    y.node = s.add(std::move(node), {&x});
  }
  y.constant = x.constant;
  s.out(0, y);
  y.type = DataType::int64;
  s.out(1, std::move(y));
}

}  // namespace

void add_reductions(Operators& table) {
  for (const char* name : {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
                           "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"})
    table[name] = reduce;
  for (const char* name : {"ArgMax", "ArgMin"}) table[name] = arg;
  table["CumSum"] = cumulative;
  table["TopK"] = top_k;
}

}  // namespace roofcast::onnx
