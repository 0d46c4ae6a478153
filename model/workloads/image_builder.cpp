// Convolutional layers with what their backward keeps.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/image_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "model/workloads/elements.h"

namespace roofcast {

ImageBuilder::ImageBuilder(std::string name, std::string description, const WorkloadRequest& request,
                           std::int64_t default_size)
    : GraphBuilder(name, std::move(description), request), network_(std::move(name)) {
  image_.h = request.image_size.value_or(default_size);
  image_.w = request.image_width.value_or(image_.h);
  set_input(count(image_));
}

std::int64_t ImageBuilder::count(const Feature& x) const {
  return elements(network_, {batch(), x.c, x.h, x.w});
}

std::int64_t ImageBuilder::size_after(const std::string& name, std::int64_t in, std::int64_t window,
                                      std::int64_t stride, std::int64_t pad, bool ceil) const {
  const std::int64_t room = in + 2 * pad - window;
  if (room < 0) {
    throw std::invalid_argument(fmt::format("{}: images of {}×{} are too small, nothing is left at {}",
                                            network_, image_.h, image_.w, name));
  }
  std::int64_t out = (room + (ceil ? stride - 1 : 0)) / stride + 1;
  if (ceil && (out - 1) * stride >= in + pad) --out;  // the last window starts inside the image
  return out;
}

Feature ImageBuilder::conv(const std::string& name, Feature x, const Filter& f) {
  Conv2d op;
  op.n = batch();
  op.c = x.c;
  op.h = x.h;
  op.w = x.w;
  op.k = f.out;
  op.r = f.size;
  op.s = f.width.value_or(f.size);
  op.pad_h = f.pad;
  op.pad_w = f.pad_w.value_or(f.pad);
  op.stride_h = op.stride_w = f.stride;
  op.dilation_h = op.dilation_w = f.dilation;
  op.groups = f.groups;
  Feature y{0, f.out, size_after(name, x.h, f.dilation * (op.r - 1) + 1, f.stride, op.pad_h),
            size_after(name, x.w, f.dilation * (op.s - 1) + 1, f.stride, op.pad_w)};
  Node node;
  node.name = name;
  node.op = op;
  node.output_elements = count(y);
  node.parameters = f.out * (x.c / f.groups) * op.r * op.s;
  node.needs_input_gradient = x.node != kModelInput;
  y.node = add(std::move(node), {x.node});
  return f.bias ? with_bias(name, y) : y;
}

Feature ImageBuilder::conv_transpose(const std::string& name, Feature x, const Filter& f) {
  Feature y{0, f.out, (x.h - 1) * f.stride + f.size - 2 * f.pad, (x.w - 1) * f.stride + f.size - 2 * f.pad};
  Conv2d op;  // as seen from the output
  op.n = batch();
  op.c = y.c;
  op.h = y.h;
  op.w = y.w;
  op.k = x.c;
  op.r = op.s = f.size;
  op.pad_h = op.pad_w = f.pad;
  op.stride_h = op.stride_w = f.stride;
  op.pass = Pass::backward_data;
  Node node;
  node.name = name;
  node.op = op;
  node.output_elements = count(y);
  node.parameters = x.c * f.out * f.size * f.size;
  node.needs_input_gradient = x.node != kModelInput;
  y.node = add(std::move(node), {x.node});
  return f.bias ? with_bias(name, y) : y;
}

Feature ImageBuilder::group_norm(const std::string& name, Feature x, std::int64_t groups) {
  x.node = layer_norm(name, x.node, batch() * groups, x.per_image() / groups);
  at(x.node).parameters = 2 * x.c;
  return x;
}

Feature ImageBuilder::with_bias(const std::string& name, Feature y) {
  Node bias;  // a kernel of its own beside cuDNN's convolution
  bias.name = name + ".bias";
  bias.op = Pointwise{count(y), 1, 1, 1};
  bias.backward = {Reduction{count(y), y.c}};
  bias.output_elements = count(y);
  bias.parameters = y.c;
  bias.saves_input = false;
  bias.in_place = bias.fusable = true;
  y.node = add(std::move(bias), {y.node});
  return y;
}

Feature ImageBuilder::batch_norm(const std::string& name, Feature x) {
  Node node;
  node.name = name;
  node.op =
      BatchNorm{training() ? BatchNorm::Kind::training : BatchNorm::Kind::inference, batch(), x.c, x.h * x.w};
  node.output_elements = count(x);
  node.parameters = 2 * x.c;
  node.saved_elements = 2 * x.c;
  node.fusable = !training();  // folds into the convolution's weights
  x.node = add(std::move(node), {x.node});
  return x;
}

Feature ImageBuilder::activation(const std::string& name, Feature x, std::string_view function,
                                 bool in_place) {
  x.node = pointwise(name, function, count(x), {x.node});
  if (in_place) overwrite(x.node);
  return x;
}

Feature ImageBuilder::conv_bn(const std::string& name, Feature x, const Filter& filter,
                              std::string_view function) {
  x = batch_norm(name + ".bn", conv(name + ".conv", x, filter));
  return function.empty() ? x : activation(name + "." + std::string(function), x, function);
}

Feature ImageBuilder::pool(const std::string& name, Feature x, Pool::Kind kind, std::int64_t window,
                           std::int64_t stride, std::int64_t pad, bool ceil) {
  Feature y{0, x.c, size_after(name, x.h, window, stride, pad, ceil),
            size_after(name, x.w, window, stride, pad, ceil)};
  Node node;
  node.name = name;
  node.op = Pool{kind, batch(), x.c, x.h, x.w, y.h, y.w, window};
  node.output_elements = count(y);
  node.saves_input = kind == Pool::Kind::max;
  if (kind == Pool::Kind::max) node.saved_elements = 2 * count(y);  // 64-bit indices
  y.node = add(std::move(node), {x.node});
  return y;
}

Feature ImageBuilder::max_pool(const std::string& name, Feature x, std::int64_t window, std::int64_t stride,
                               std::int64_t pad, bool ceil) {
  return pool(name, x, Pool::Kind::max, window, stride, pad, ceil);
}

Feature ImageBuilder::average_pool(const std::string& name, Feature x, std::int64_t window,
                                   std::int64_t stride, std::int64_t pad, bool ceil) {
  return pool(name, x, Pool::Kind::average, window, stride, pad, ceil);
}

Feature ImageBuilder::global_average(const std::string& name, Feature x) {
  Node node;
  node.name = name;
  node.op = Pool{Pool::Kind::average, batch(), x.c, x.h, x.w, 1, 1, std::max(x.h, x.w)};
  Feature y{0, x.c, 1, 1};
  node.output_elements = count(y);
  node.saves_input = false;
  y.node = add(std::move(node), {x.node});
  return y;
}

Feature ImageBuilder::add(const std::string& name, Feature a, Feature b) {
  a.node = pointwise(name, "add", count(a), {a.node, b.node});
  overwrite(a.node);
  return a;
}

Feature ImageBuilder::scale(const std::string& name, Feature x, Feature gate) {
  const std::int64_t n = count(x);
  Node node;
  node.name = name;
  node.op = Pointwise{n, 1, 1, 1};
  node.backward = {Pointwise{n, 1, 1, 1}, Pointwise{n, 2, 1, 1}, Reduction{n, count(gate)}};
  node.output_elements = n;
  node.fusable = true;
  x.node = add(std::move(node), {x.node, gate.node});
  return x;
}

Feature ImageBuilder::concat(const std::string& name, const std::vector<Feature>& parts) {
  Feature y = parts.front();
  y.c = 0;
  std::vector<int> inputs;
  for (const Feature& part : parts) {
    y.c += part.c;
    inputs.push_back(part.node);
  }
  Node node;
  node.name = name;
  node.op = Copy{count(y), 1, 1, false};
  for (const Feature& part : parts) node.backward.emplace_back(Copy{count(part), 1, 1, false});
  node.output_elements = count(y);
  node.saves_input = false;
  y.node = add(std::move(node), std::move(inputs));
  return y;
}

Feature ImageBuilder::channels(const std::string& name, Feature x, std::int64_t count) {
  Node node;
  node.name = name;
  node.view = true;
  x.c = count;
  node.op = Copy{this->count(x), 1, 1, false};
  node.output_elements = this->count(x);
  x.node = add(std::move(node), {x.node});
  return x;
}

Feature ImageBuilder::pad_same(const std::string& name, Feature x, std::int64_t window, std::int64_t stride) {
  const auto missing = [&](std::int64_t size) {
    return std::max<std::int64_t>(0, ((size + stride - 1) / stride - 1) * stride + window - size);
  };
  Feature y{0, x.c, x.h + missing(x.h), x.w + missing(x.w)};
  if (y.h == x.h && y.w == x.w) return x;
  const double part = static_cast<double>(count(x)) / static_cast<double>(count(y));
  Node node;
  node.name = name;
  node.op = Copy{count(y), part, 1, false};
  node.backward = {Copy{count(y), part, part, false}};
  node.output_elements = count(y);
  node.saves_input = false;
  node.needs_input_gradient = x.node != kModelInput;
  y.node = add(std::move(node), {x.node});
  return y;
}

Feature ImageBuilder::upsample(const std::string& name, Feature x, std::int64_t factor) {
  const double part = 1.0 / static_cast<double>(factor * factor);
  x.h *= factor;
  x.w *= factor;
  Node node;
  node.name = name;
  node.op = Copy{count(x), part, 1, false};
  node.backward = {Copy{count(x), 1, part, false}};
  node.output_elements = count(x);
  node.saves_input = false;
  x.node = add(std::move(node), {x.node});
  return x;
}

Feature ImageBuilder::scale_channels(const std::string& name, Feature x) {
  const std::int64_t n = count(x);
  Node node;
  node.name = name;
  node.op = Pointwise{n, 1, 1, 1};
  node.backward = {Pointwise{n, 1, 1, 1}, Pointwise{n, 2, 1, 1}, Reduction{n, x.c}};
  node.output_elements = n;
  node.parameters = x.c;
  node.fusable = true;
  x.node = add(std::move(node), {x.node});
  return x;
}

Feature ImageBuilder::squeeze_excite(const std::string& name, Feature x, std::int64_t hidden,
                                     std::string_view inner, std::string_view gate) {
  Feature s = global_average(name + ".avgpool", x);
  s = activation(name + "." + std::string(inner), conv(name + ".reduce", s, {.out = hidden, .bias = true}),
                 inner);
  s = activation(name + "." + std::string(gate), conv(name + ".expand", s, {.out = x.c, .bias = true}), gate,
                 false);
  return scale(name + ".scale", x, s);
}

Feature ImageBuilder::dense(const std::string& name, Feature x, std::int64_t out) {
  return {linear(name, x.node, batch(), x.per_image(), out), out, 1, 1};
}

Feature ImageBuilder::dropout_image(const std::string& name, Feature x) {
  x.node = dropout(name, x.node, count(x));
  return x;
}

Graph ImageBuilder::finish(Feature logits) {
  cross_entropy("loss", logits.node, batch(), logits.c);
  return take();
}

Graph ImageBuilder::classify(const std::string& name, Feature x, std::int64_t classes) {
  return finish(dense(name, x, classes));
}

}  // namespace roofcast
