// Convolutions of one, two and three dimensions, forward and transposed.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/operators.h"
#include "model/importers/onnx/operators/window.h"
#include "model/workloads/elements.h"

namespace roofcast::onnx {
namespace {

struct Operands {
  std::size_t image = 0, filter = 1, bias = 2;
};

/// A bias is a kernel of its own beside cuDNN's convolution; a fusing stack takes it in.
Value with_bias(Step& s, Value y, const Value& bias, std::int64_t channels) {
  if (y.node < 0) return y;
  Node node;
  node.name = s.label() + ".bias";
  node.op = Pointwise{y.elements(), 1, 1, 1};
  node.backward = {Reduction{y.elements(), channels}};
  node.output_elements = y.elements();
  node.parameters = s.own(bias);
  node.saves_input = false;
  node.in_place = node.fusable = true;
  y.node = s.add(std::move(node), {&y});
  return y;
}

/// Exporters fold batch norms into weights, which lose their parameter's name.
void note_folding(Step& s, const Operands& at) {
  if (!s.has(at.bias) || !s.in(at.bias).constant) return;
  const std::string& weight = s.in(at.filter).weight;
  const bool renamed =
      weight.find("weight") == std::string::npos && weight.find("kernel") == std::string::npos;
  if (!weight.empty() &&
      (renamed || weight.find("_bn") != std::string::npos || weight.find("fused") != std::string::npos))
    s.translator().folds_batch_norms();
}

/// A third dimension: every slice of the result is a 2-D convolution over as many times the channels as the filter is
/// deep. One dimension is an image of height 1.
Conv2d two_dimensional(const Dims& image, const Dims& filter, const Window& w, const Dims& out) {
  Conv2d op;
  const std::size_t rank = w.rank();
  const std::size_t h = rank - 2, v = rank - 1;  // axes of the window; h only from two on
  op.n = image[0];
  op.c = image[1];
  op.k = filter[0];
  if (rank == 3) {
    op.n *= out[2];
    op.c *= w.kernel[0];
  }
  op.w = image[v + 2];
  op.s = w.kernel[v];
  op.stride_w = w.stride[v];
  op.dilation_w = w.dilation[v];
  op.pad_w = w.before[v];
  if (w.before[v] != w.after[v]) {  // frameworks pad the image first
    op.w += w.before[v] + w.after[v];
    op.pad_w = 0;
  }
  if (rank == 1) return op;
  op.h = image[h + 2];
  op.r = w.kernel[h];
  op.stride_h = w.stride[h];
  op.dilation_h = w.dilation[h];
  op.pad_h = w.before[h];
  if (w.before[h] != w.after[h]) {
    op.h += w.before[h] + w.after[h];
    op.pad_h = 0;
  }
  return op;
}

void check_size(Step& s, const Conv2d& op) {
  elements(s.label(), {op.n, op.c, op.h, op.w});
  elements(s.label(), {op.k, op.c, op.r, op.s});
  elements(s.label(), {op.n, op.k, op.out_h(), op.out_w()});
}

void convolve(Step& s, const Operands& at) {
  const Value x = s.contiguous(s.in(at.image));
  const Value filter = s.in(at.filter);
  const std::int64_t groups = s.integer("group", 1);
  if (x.rank() < 3 || x.rank() > 5 || filter.rank() != x.rank())
    s.fail(fmt::format("a filter of {} over {}", text(filter.dims), text(x.dims)));
  const Window w = read_window(s, x.dims, Dims(filter.dims.begin() + 2, filter.dims.end()));
  const auto kernel = s.integer_list("kernel_shape");
  if (!kernel.empty() && kernel != w.kernel)
    s.fail(fmt::format("kernel_shape {} and a filter of {}", fmt::join(kernel, "×"), text(filter.dims)));
  if (groups < 1 || groups > x.dims[1] || x.dims[1] % groups != 0 || filter.dims[1] != x.dims[1] / groups ||
      filter.dims[0] < 1 || filter.dims[0] % groups != 0) {
    s.fail(fmt::format("{} channels in {} groups do not fit a filter of {}", x.dims[1], groups,
                       text(filter.dims)));
  }
  Dims dims{x.dims[0], filter.dims[0]};
  for (std::size_t i = 0; i < w.rank(); ++i) dims.push_back(size_after(s, w, i, x.dims[i + 2], false));
  const DataType type = s.op() == "ConvInteger" ? DataType::int32 : x.type;
  Value y = s.make(type, dims);
  if (y.elements() == 0) return s.out(0, std::move(y));
  Conv2d op = two_dimensional(x.dims, filter.dims, w, dims);
  op.groups = groups;
  check_size(s, op);
  Node node;
  node.op = op;
  node.output_elements = y.elements();
  node.parameters = s.own(filter);
  y.node = s.add(std::move(node), {&x});
  note_folding(s, at);
  if (s.has(at.bias)) y = with_bias(s, y, s.in(at.bias), dims[1]);
  s.out(0, std::move(y));
}

void conv(Step& s) { convolve(s, {}); }
void conv_integer(Step& s) { convolve(s, {0, 1, 99}); }
void qlinear_conv(Step& s) { convolve(s, {0, 3, 8}); }

/// The data gradient of the convolution that goes the other way.
void conv_transpose(Step& s) {
  const Value x = s.contiguous(s.in(0));
  const Value filter = s.in(1);
  const std::int64_t groups = s.integer("group", 1);
  if (x.rank() < 3 || x.rank() > 5 || filter.rank() != x.rank() || filter.dims[0] != x.dims[1] ||
      groups < 1 || groups > x.dims[1] || x.dims[1] % groups != 0)
    s.fail(fmt::format("a filter of {} over {} in {} groups", text(filter.dims), text(x.dims), groups));
  Window w = read_window(s, x.dims, Dims(filter.dims.begin() + 2, filter.dims.end()));
  const auto extra = s.integer_list("output_padding");
  const auto shape = s.integer_list("output_shape");
  if (!shape.empty() && (shape.size() < w.rank() || shape.size() > w.rank() + 2))
    s.fail(
        fmt::format("an output_shape of {} for a window of {} dimensions", fmt::join(shape, "×"), w.rank()));
  const bool same = s.word("auto_pad", "NOTSET").starts_with("SAME");
  Dims dims{x.dims[0]};
  std::int64_t channels = 0;
  if (__builtin_mul_overflow(filter.dims[1], groups, &channels)) s.fail("has too many channels");
  dims.push_back(channels);
  for (std::size_t i = 0; i < w.rank(); ++i) {
    const std::int64_t more = i < extra.size() ? extra[i] : 0;
    const std::int64_t whole =
        (x.dims[i + 2] - 1) * w.stride[i] + w.dilation[i] * (w.kernel[i] - 1) + 1 + more;
    std::int64_t size = whole - w.before[i] - w.after[i];
    if (same) size = x.dims[i + 2] * w.stride[i];
    if (!shape.empty()) size = shape[shape.size() - w.rank() + i];
    if (more < 0 || more > w.stride[i] * w.dilation[i] + w.stride[i] || size < 1)
      s.fail(fmt::format("makes {} out of {}", size, x.dims[i + 2]));
    if (same || !shape.empty()) {
      const std::int64_t all = std::max<std::int64_t>(0, whole - size);
      w.before[i] = all / 2;
      w.after[i] = all - all / 2;
    }
    dims.push_back(size);
  }
  Value y = s.make(x.type, dims);
  if (y.elements() == 0 || x.elements() == 0) return s.out(0, std::move(y));
  // Fields describe the convolution from y to x.
  Dims forward_filter = filter.dims;
  Conv2d op = two_dimensional(dims, forward_filter, w, x.dims);
  op.groups = groups;
  op.pass = Pass::backward_data;
  if (op.out_h() < 1 || op.out_w() < 1) s.fail("its pads leave nothing");
  check_size(s, op);
  Node node;
  node.op = op;
  node.output_elements = y.elements();
  node.parameters = s.own(filter);
  y.node = s.add(std::move(node), {&x});
  if (s.has(2)) y = with_bias(s, y, s.in(2), channels);
  s.out(0, std::move(y));
}

}  // namespace

void add_convolutions(Operators& table) {
  table["Conv"] = table["FusedConv"] = conv;
  table["ConvInteger"] = conv_integer;
  table["QLinearConv"] = qlinear_conv;
  table["ConvTranspose"] = conv_transpose;
}

}  // namespace roofcast::onnx
