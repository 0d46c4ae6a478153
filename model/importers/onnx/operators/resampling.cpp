// Images made larger, smaller or sampled elsewhere, and pixels moved to channels and back.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

Dims scaled(Step& s, const Value& x, const std::vector<double>& scales,
            const std::vector<std::int64_t>& axes) {
  Dims dims = x.dims;
  if (scales.size() != axes.size()) s.fail(fmt::format("{} scales for {} axes", scales.size(), axes.size()));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::int64_t& size = dims[s.axis(axes[i], x.rank())];
    const double out = std::floor(static_cast<double>(size) * scales[i]);
    if (!(scales[i] > 0) || out < 1 || out > 9e15) s.fail(fmt::format("scales {} by {}", size, scales[i]));
    size = static_cast<std::int64_t>(out);
  }
  return dims;
}

/// Reads of the source per result: one for the nearest pixel, 2 or 4 per axis for linear and cubic weights. Neighbours
/// share cache lines, so what reaches DRAM is each source pixel once.
void resampled(Step& s, const Value& x, const Dims& dims, const std::string& mode) {
  if (dims == x.dims) return s.out(0, x);
  const std::int64_t count = elements_of(dims, s.label());
  const double flops = mode == "cubic" ? 32 : mode == "linear" || mode == "bilinear" ? 8 : 1;
  PointwiseRule rule = plain_rule(count, flops, false);
  const double share = count > 0 ? static_cast<double>(x.elements()) / static_cast<double>(count) : 0;
  rule.backward = {Pointwise{count, 1, share, flops}};
  Value y = s.elementwise(x.type, dims, std::move(rule), {&x});
  if (y.node >= 0) s.builder().at(y.node).fusable = false;
  s.out(0, std::move(y));
}

void resize(Step& s) {
  const Value x = s.in(0);
  std::vector<std::int64_t> axes = s.integer_list("axes");
  if (axes.empty()) {
    for (std::int64_t i = 0; i < x.rank(); ++i) axes.push_back(i);
  }
  const std::string mode = s.word("mode", "nearest");
  // Operator set 10 has no region of interest: its scales are the second operand.
  const std::size_t scales = s.opset() < 11 ? 1 : 2;
  Dims dims = x.dims;
  if (s.has(3) && s.in(3).elements() > 0) {
    const auto sizes = s.in(3).known ? s.integers(3) : std::vector<std::int64_t>{};
    if (sizes.empty()) {
      const auto declared = s.declared(0);
      if (!declared) s.integers(3);  // says why not
      return resampled(s, x, *declared, mode);
    }
    if (sizes.size() != axes.size()) s.fail(fmt::format("{} sizes for {} axes", sizes.size(), axes.size()));
    for (std::size_t i = 0; i < axes.size(); ++i) dims[s.axis(axes[i], x.rank())] = sizes[i];
    // The batch of a shape that was computed before the file was written.
    if (const Dims* then = s.translator().baked(s.input_name(0));
        then != nullptr && then->size() == dims.size()) {
      for (std::size_t i = 0; i < dims.size(); ++i) {
        if ((*then)[i] != x.dims[i] && dims[i] == (*then)[i]) dims[i] = x.dims[i];
      }
    }
  } else if (s.has(scales)) {
    if (!s.in(scales).known) {
      const auto declared = s.declared(0);
      if (!declared) s.integers(scales);
      return resampled(s, x, *declared, mode);
    }
    dims = scaled(s, x, *s.in(scales).known, axes);
  } else {
    s.fail("says neither scales nor sizes");
  }
  resampled(s, x, dims, mode);
}

void upsample(Step& s) {
  const Value x = s.in(0);
  std::vector<double> scales;
  if (const auto* given = s.attribute("scales")) {
    scales = given->floats;
  } else if (s.in(1).known) {
    scales = *s.in(1).known;
  } else {
    s.integers(1);
  }
  std::vector<std::int64_t> axes;
  for (std::int64_t i = 0; i < x.rank(); ++i) axes.push_back(i);
  resampled(s, x, scaled(s, x, scales, axes), s.word("mode", "nearest"));
}

void rearranged(Step& s, const Value& x, Dims dims) {
  const Copy copy{x.elements(), 1, 1, true};
  Value y = s.make(x.type, std::move(dims));
  Node node;
  node.op = copy;
  node.backward = {copy};
  node.output_elements = y.elements();
  node.saves_input = false;
  y.node = s.add(std::move(node), {&x});
  s.out(0, std::move(y));
}

void pixels(Step& s) {
  const Value x = s.in(0);
  const std::int64_t block = s.integer("blocksize", 0);
  if (x.rank() != 4 || x.elements() == 0 || block < 1 || block > 1 << 15)
    s.fail(fmt::format("blocks of {} in {}", block, text(x.dims)));
  const bool to_space = s.op() == "DepthToSpace";
  const std::int64_t area = block * block;
  if (to_space ? x.dims[1] % area != 0 : x.dims[2] % block != 0 || x.dims[3] % block != 0)
    s.fail(fmt::format("{} has no blocks of {}", text(x.dims), block));
  rearranged(s, x,
             to_space ? Dims{x.dims[0], x.dims[1] / area, x.dims[2] * block, x.dims[3] * block}
                      : Dims{x.dims[0], x.dims[1] * area, x.dims[2] / block, x.dims[3] / block});
}

void grid_sample(Step& s) {
  const Value x = s.in(0), grid = s.in(1);
  if (x.rank() < 3 || grid.rank() != x.rank())
    s.fail(fmt::format("a grid of {} over {}", text(grid.dims), text(x.dims)));
  Dims dims{x.dims[0], x.dims[1]};
  for (std::size_t i = 1; i + 1 < grid.dims.size(); ++i) dims.push_back(grid.dims[i]);
  PointwiseRule rule = plain_rule(elements_of(dims, s.label()), 12, true);
  Value y = s.elementwise(x.type, dims, std::move(rule), {&x, &grid});
  if (y.node >= 0) s.builder().at(y.node).fusable = false;
  s.out(0, std::move(y));
}

/// A fixed grid of samples in every region.
void roi_align(Step& s) {
  const Value x = s.in(0), regions = s.in(1);
  if (x.rank() != 4 || regions.rank() != 2)
    s.fail(fmt::format("regions of {} over {}", text(regions.dims), text(x.dims)));
  std::int64_t h = s.integer("output_height", 1), w = s.integer("output_width", 1);
  if (const auto shape = s.integer_list("pooled_shape"); shape.size() == 2) h = shape[0], w = shape[1];
  const Dims dims{regions.dims[0], x.dims[1], h, w};
  PointwiseRule rule = plain_rule(elements_of(dims, s.label()), 32, true);
  s.out(0, s.elementwise(x.type, dims, std::move(rule), {&x, &regions}));
}

/// Boxes that survive are at most the number asked for, per batch and class.
void non_max_suppression(Step& s) {
  const Value boxes = s.in(0), scores = s.in(1);
  if (boxes.rank() != 3 || scores.rank() != 3)
    s.fail(fmt::format("boxes of {} and scores of {}", text(boxes.dims), text(scores.dims)));
  std::int64_t most = boxes.dims[1];
  if (s.has(2) && s.in(2).known && s.in(2).elements() == 1)
    most = std::clamp<std::int64_t>(s.integers(2).front(), 0, boxes.dims[1]);
  s.translator().remark(
      "NonMaxSuppression keeps as many boxes as data say: the most it may keep are counted");
  std::int64_t kept = 0;
  if (__builtin_mul_overflow(scores.dims[0] * scores.dims[1], most, &kept)) s.fail("keeps too many boxes");
  Value y = s.copy(DataType::int64, {kept, 3}, 1, {&boxes, &scores});
  s.out(0, std::move(y));
}

}  // namespace

void add_resampling(Operators& table) {
  table["Resize"] = resize;
  table["Upsample"] = upsample;
  for (const char* name : {"DepthToSpace", "SpaceToDepth"}) table[name] = pixels;
  table["GridSample"] = grid_sample;
  for (const char* name : {"RoiAlign", "MaxRoiPool"}) table[name] = roi_align;
  table["NonMaxSuppression"] = non_max_suppression;
}

}  // namespace roofcast::onnx
