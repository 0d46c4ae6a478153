// Norms and softmax: kernels that see a whole row, or a whole channel.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

/// The scale and shift of a norm, which may be one tensor or none.
std::int64_t affine(Step& s, std::size_t first, std::size_t count) {
  std::int64_t parameters = 0;
  for (std::size_t i = first; i < first + count; ++i) {
    if (s.has(i)) parameters += s.own(s.in(i));
  }
  return parameters;
}

Value row_kernel(Step& s, const Value& x, Rowwise::Kind kind, std::int64_t cols, std::int64_t parameters) {
  Value y = s.make(x.type, x.dims);
  if (y.elements() == 0 || cols < 1) return y;
  Node node;
  const std::int64_t rows = x.elements() / cols;
  node.op = Rowwise{kind, rows, cols};
  node.output_elements = y.elements();
  node.parameters = parameters;
  node.fp32_under_amp = true;
  const bool softmax = kind == Rowwise::Kind::softmax;
  node.saves_input = !softmax;
  node.saves_output = softmax;
  if (!softmax) node.saved_elements = 2 * rows;  // mean and reciprocal deviation
  y.node = s.add(std::move(node), {&x});
  return y;
}

void batch_norm(Step& s) {
  const Value x = s.in(0);
  if (x.rank() < 2) s.fail(fmt::format("normalises {}", text(x.dims)));
  for (std::size_t i = 1; i < 5; ++i) {
    if (s.in(i).elements() != x.dims[1])
      s.fail(fmt::format("{} channels, but operand {} has {}", x.dims[1], i + 1, text(s.in(i).dims)));
  }
  Value y = s.make(x.type, x.dims);
  if (y.elements() > 0) {
    Node node;
    node.op = BatchNorm{s.training() ? BatchNorm::Kind::training : BatchNorm::Kind::inference, x.dims[0],
                        x.dims[1], product(x.dims, 2, x.dims.size())};
    node.output_elements = y.elements();
    node.parameters = affine(s, 1, 2);  // the running statistics are not learnt
    node.saved_elements = 2 * x.dims[1];
    node.fusable = !s.training();  // folds into the convolution's weights
    y.node = s.add(std::move(node), {&x});
  }
  s.out(0, y);
  for (std::size_t i = 1; i < s.outputs(); ++i) {
    Value statistics = s.make(x.type, {x.dims[1]});
    statistics.node = y.node;
    s.out(i, std::move(statistics));
  }
}

void layer_norm(Step& s) {
  const Value x = s.contiguous(s.in(0));
  const std::size_t axis = s.axis(s.integer("axis", -1), x.rank());
  // Written out as primitives it is over one axis, whichever that is.
  const bool one = s.integer("decomposed", 0) != 0;
  const std::int64_t cols = one ? x.dims[axis] : product(x.dims, axis, x.dims.size());
  for (std::size_t i = 1; i < 3; ++i) {
    if (s.has(i) && s.in(i).elements() > cols)
      s.fail(fmt::format("a scale of {} over rows of {}", text(s.in(i).dims), cols));
  }
  const bool rms = s.op() == "RMSNormalization" || s.op() == "SimplifiedLayerNormalization";
  const std::int64_t rows = cols > 0 ? x.elements() / cols : 0;
  if (rms && one && x.elements() > 0 && !x.constant) {  // as eager code runs it: a kernel per primitive
    Value y = s.make(x.type, x.dims);
    y.node = s.builder().rms_norm(s.label(), x.node, rows, cols);
    s.builder().at(y.node).parameters = affine(s, 1, 1);
    return s.out(0, std::move(y));
  }
  Value y =
      row_kernel(s, x, rms ? Rowwise::Kind::rms_norm : Rowwise::Kind::layer_norm, cols, affine(s, 1, 2));
  s.out(0, y);
  Dims statistics = x.dims;
  for (std::size_t i = axis; i < statistics.size(); ++i) statistics[i] = 1;
  for (std::size_t i = 1; i < s.outputs(); ++i) {
    Value part = s.make(x.type, statistics);
    part.node = y.node;
    s.out(i, std::move(part));
  }
}

/// x + skip (+ bias), then the norm. Source: com.microsoft.SkipLayerNormalization.
void skip_layer_norm(Step& s) {
  const Value x = s.in(0), skip = s.in(1);
  if (x.dims.empty() || !broadcast(x.dims, skip.dims))
    s.fail(fmt::format("{} and {} do not fit", text(x.dims), text(skip.dims)));
  const Value sum = s.elementwise(x.type, x.dims, *pointwise_rule("add", x.elements()), {&x, &skip});
  const bool rms = s.op() == "SkipSimplifiedLayerNormalization";
  const std::int64_t parameters = affine(s, 2, rms ? 2 : 3);
  Value y = row_kernel(s, sum, rms ? Rowwise::Kind::rms_norm : Rowwise::Kind::layer_norm, x.dims.back(),
                       parameters);
  s.out(0, std::move(y));
  s.out(3, sum);
}

/// Over every image, or every group of its channels.
void group_norm(Step& s) {
  const Value x = s.contiguous(s.in(0));
  if (x.rank() < 3) s.fail(fmt::format("normalises {}", text(x.dims)));
  const std::int64_t groups = s.op() == "GroupNormalization" || s.op() == "GroupNorm"
                                  ? s.integer("num_groups", s.integer("groups", 0))
                                  : x.dims[1];
  const std::int64_t image = product(x.dims, 1, x.dims.size());
  if (groups < 1 || image % groups != 0) s.fail(fmt::format("{} groups in {}", groups, text(x.dims)));
  s.out(0, row_kernel(s, x, Rowwise::Kind::layer_norm, image / groups, affine(s, 1, 2)));
}

/// Before operator set 13 softmax flattens all dimensions from its axis on.
void softmax(Step& s) {
  const bool flattens = s.opset() < 13;
  const Value x = s.contiguous(s.in(0));
  if (x.rank() == 0) return s.out(0, x);
  const std::size_t axis = s.axis(s.integer("axis", flattens ? 1 : -1), x.rank());
  const std::int64_t cols = flattens ? product(x.dims, axis, x.dims.size()) : x.dims[axis];
  s.out(0, row_kernel(s, x, Rowwise::Kind::softmax, cols, 0));
}

/// Every element over its neighbours' norm.
void local_norm(Step& s) {
  const Value x = s.in(0);
  const double window = static_cast<double>(std::clamp<std::int64_t>(s.integer("size", 5), 1, 1000));
  s.out(0, s.elementwise(x.type, x.dims, plain_rule(x.elements(), 2 * window + 6, true), {&x}));
}

void lp_norm(Step& s) {
  const Value x = s.contiguous(s.in(0));
  const std::size_t axis = s.axis(s.integer("axis", -1), x.rank());
  s.out(0, row_kernel(s, x, Rowwise::Kind::rms_norm, x.dims[axis], 0));
}

void mean_variance(Step& s) {
  const Value x = s.contiguous(s.in(0));
  std::int64_t cols = 1;
  std::vector<std::int64_t> axes = s.integer_list("axes");
  if (axes.empty()) axes = {0, 2, 3};
  std::vector<bool> seen(x.dims.size());
  for (const std::int64_t axis : axes) {
    const std::size_t at = s.axis(axis, x.rank());
    if (!seen[at]) cols *= x.dims[at];
    seen[at] = true;
  }
  s.out(0, row_kernel(s, x, Rowwise::Kind::layer_norm, cols, 0));
}

}  // namespace

void add_normalization(Operators& table) {
  table["BatchNormalization"] = batch_norm;
  for (const char* name : {"LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization"})
    table[name] = layer_norm;
  for (const char* name : {"SkipLayerNormalization", "SkipSimplifiedLayerNormalization"})
    table[name] = skip_layer_norm;
  for (const char* name : {"GroupNormalization", "InstanceNormalization", "GroupNorm"})
    table[name] = group_norm;
  for (const char* name : {"Softmax", "LogSoftmax", "Hardmax"}) table[name] = softmax;
  table["LRN"] = local_norm;
  table["LpNormalization"] = lp_norm;
  table["MeanVarianceNormalization"] = mean_variance;
}

}  // namespace roofcast::onnx
