// Parts of tensors: taking them, putting them together, putting them back.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/folding.h"
#include "model/importers/onnx/operators.h"
#include "model/workloads/elements.h"

namespace roofcast::onnx {
namespace {

/// A part of a tensor, in place. Where all readers take parts their gradients are put side by side.
Value part_of(Step& s, const Value& x, Dims dims) {
  Value y = s.make(x.type, std::move(dims));
  y.node = x.node;
  y.constant = x.constant;
  y.weight = x.weight;
  y.weight_elements = x.weight_elements;
  y.permuted = x.permuted;
  y.flipped = x.flipped;
  if (!x.constant && x.node >= 0 && y.elements() < x.elements() &&
      s.read_only_by(0, {"Slice", "Split", "Gather", "Shape"}))
    s.builder().split(x.node);
  return y;
}

/// Numbers of known tensors are taken one by one; `from` maps coordinates of the result to those of the operand.
template <class Map>
void take_known(Value& y, const Value& x, Map from) {
  if (!x.known || !foldable(y.dims)) return;
  std::vector<double> values;
  for (std::int64_t i = 0; i < y.elements(); ++i)
    values.push_back((*x.known)[static_cast<std::size_t>(flat(from(coordinates(i, y.dims)), x.dims))]);
  y.known = std::move(values);
}

void gather(Step& s) {
  const Value x = s.in(0), indices = s.in(1);
  const std::size_t axis = s.axis(s.integer("axis", 0), x.rank());
  Dims dims(x.dims.begin(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims.begin(), indices.dims.end());
  dims.insert(dims.end(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.dims.end());
  const auto inside = [&](double index) {
    const std::int64_t at = to_integer(index);
    const std::int64_t found = at < 0 ? at + x.dims[axis] : at;
    if (found < 0 || found >= x.dims[axis])
      s.fail(fmt::format("index {} is outside dimension {} of {}", at, axis, text(x.dims)));
    return found;
  };
  if (x.constant && indices.known && (x.known || indices.elements() <= 1)) {
    Value y = part_of(s, x, dims);
    take_known(y, x, [&](const Dims& at) {
      Dims from(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(axis));
      const Dims index(at.begin() + static_cast<std::ptrdiff_t>(axis),
                       at.begin() + static_cast<std::ptrdiff_t>(axis + indices.dims.size()));
      from.push_back(inside((*indices.known)[static_cast<std::size_t>(flat(index, indices.dims))]));
      from.insert(from.end(), at.begin() + static_cast<std::ptrdiff_t>(axis + indices.dims.size()), at.end());
      return from;
    });
    return s.out(0, std::move(y));
  }
  if (indices.known && indices.elements() == 1) {
    inside(indices.known->front());
    return s.out(0, part_of(s, x, dims));
  }
  if (x.constant && x.floating() && axis == 0 && x.rank() >= 2) {  // a table of vectors
    Value y = s.make(x.type, dims);
    Node node;
    node.op = Embedding{indices.elements(), product(x.dims, 1, x.dims.size()), x.dims[0]};
    node.output_elements = y.elements();
    node.parameters = s.own(x);
    node.saves_input = node.needs_input_gradient = false;
    y.node = s.add(std::move(node), {});
    return s.out(0, std::move(y));
  }
  s.out(0, s.copy(x.type, dims, 1, {&x, &indices}));
}

void slice(Step& s) {
  const Value x = s.in(0);
  std::vector<std::int64_t> starts, ends, axes, steps;
  if (s.has_attribute("starts")) {
    starts = s.integer_list("starts");
    ends = s.integer_list("ends");
    axes = s.integer_list("axes");
  } else if (!s.in(1).known || !s.in(2).known) {
    const auto declared = s.declared(0);
    if (!declared) s.integers(s.in(1).known ? 2 : 1);  // says why not
    return s.out(0, part_of(s, x, *declared));
  } else {
    starts = s.integers(1);
    ends = s.integers(2);
    if (s.has(3)) axes = s.integers(3);
    if (s.has(4)) steps = s.integers(4);
  }
  if (axes.empty()) {
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    s.fail("starts, ends, axes and steps differ in length");
  Dims dims = x.dims, first(x.dims.size(), 0), stride(x.dims.size(), 1);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = s.axis(axes[i], x.rank());
    const std::int64_t size = x.dims[axis], step = steps[i];
    if (step == 0) s.fail("a step is 0");
    const auto wrap = [&](std::int64_t at) { return at < 0 ? at + size : at; };
    const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const std::int64_t start =
        std::clamp(wrap(starts[i]), step > 0 ? 0 : std::min<std::int64_t>(0, high), high);
    const std::int64_t end = std::clamp(wrap(ends[i]), low, step > 0 ? size : high);
    const std::int64_t span = step > 0 ? end - start : start - end;
    const std::int64_t pace = step > 0 ? step : step == INT64_MIN ? INT64_MAX : -step;
    dims[axis] = span <= 0 ? 0 : (span - 1) / pace + 1;
    first[axis] = start;
    stride[axis] = step;
  }
  Value y = part_of(s, x, dims);
  take_known(y, x, [&](Dims at) {
    for (std::size_t i = 0; i < at.size(); ++i) at[i] = first[i] + at[i] * stride[i];
    return at;
  });
  s.out(0, std::move(y));
}

void split(Step& s) {
  const Value x = s.in(0);
  const std::size_t axis = s.axis(s.integer("axis", 0), x.rank());
  std::vector<std::int64_t> sizes = s.integer_list("split");
  if (sizes.empty() && s.has(1)) sizes = s.integers(1);
  const auto parts = static_cast<std::int64_t>(s.outputs());
  if (sizes.empty()) {
    const std::int64_t each = (x.dims[axis] + parts - 1) / std::max<std::int64_t>(1, parts);
    for (std::int64_t i = 0; i < parts; ++i)
      sizes.push_back(std::clamp<std::int64_t>(x.dims[axis] - i * each, 0, each));
  }
  std::int64_t sum = 0;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > x.dims[axis]) s.fail(fmt::format("a part of {} in {}", size, text(x.dims)));
    sum += size;
  }
  if (sum != x.dims[axis] || static_cast<std::int64_t>(sizes.size()) != parts)
    s.fail(fmt::format("{} parts of {} in all do not split {}", sizes.size(), sum, text(x.dims)));
  std::int64_t start = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    Dims dims = x.dims;
    dims[axis] = sizes[i];
    Value y = part_of(s, x, dims);
    take_known(y, x, [&](Dims at) {
      at[axis] += start;
      return at;
    });
    s.out(i, std::move(y));
    start += sizes[i];
  }
}

/// At another batch than the file's a constant (a class token expanded to it) is repeated along.
Dims rebatched_part(Step& s, std::size_t i, std::size_t axis, const Dims& others) {
  Dims dims = s.in(i).dims;
  if (s.translator().baked(s.output_name(0)) == nullptr || !s.in(i).constant) return dims;
  const std::int64_t baked = s.translator().prepared().interface.baked_batch;
  const std::int64_t batch = s.translator().request().batch;
  for (std::size_t d = 0; d < dims.size() && d < others.size(); ++d) {
    if (d != axis && dims[d] == baked && others[d] == batch) dims[d] = batch;
  }
  return dims;
}

void concat(Step& s) {
  if (s.inputs() == 0) s.fail("has no operands");
  std::size_t lead = 0;  // an operand that data reach: its other dimensions hold
  while (lead + 1 < s.inputs() && s.in(lead).constant) ++lead;
  Dims dims = s.in(lead).dims;
  const std::size_t axis = s.axis(s.integer("axis", 1), static_cast<std::int64_t>(dims.size()));
  std::int64_t along = 0;
  std::vector<Value> parts;
  std::vector<const Value*> operands;
  bool known = true;
  std::int64_t parameters = 0;
  for (std::size_t i = 0; i < s.inputs(); ++i) {
    Value part = s.in(i);
    part.dims = rebatched_part(s, i, axis, dims);
    known = known && part.known && part.dims == s.in(i).dims;
    if (part.dims.size() != dims.size())
      s.fail(fmt::format("{} and {} do not fit together", text(part.dims), text(dims)));
    for (std::size_t d = 0; d < dims.size(); ++d) {
      if (d != axis && part.dims[d] != dims[d])
        s.fail(fmt::format("{} and {} do not fit together along axis {}", text(part.dims), text(dims), axis));
    }
    along += part.dims[axis];
    if (along > kMostElements) s.fail("its operands have too many elements");
    parts.push_back(std::move(part));
  }
  dims[axis] = along;
  Value y = s.make(s.in(lead).type, dims);
  if (s.all_constant()) {
    y.constant = true;
    if (known && foldable(dims)) {
      std::vector<double> values;
      for (std::int64_t i = 0; i < y.elements(); ++i) {
        Dims at = coordinates(i, dims);
        std::size_t k = 0;
        while (at[axis] >= parts[k].dims[axis]) at[axis] -= parts[k++].dims[axis];
        values.push_back((*parts[k].known)[static_cast<std::size_t>(flat(at, parts[k].dims))]);
      }
      y.known = std::move(values);
    }
    return s.out(0, std::move(y));
  }
  for (const Value& part : parts) operands.push_back(&part);
  y = s.copy(y.type, dims, 1, operands);
  if (y.node >= 0) {
    Node& node = s.builder().at(y.node);
    if (y.floating()) node.backward.clear();
    for (const Value& part : parts) {
      if (!part.constant && y.floating() && part.elements() > 0)
        node.backward.emplace_back(Copy{part.elements(), 1, 1, false});
      parameters += s.own(part);
      if (!part.weight.empty() && part.elements() > part.weight_elements)
        node.backward.emplace_back(Reduction{part.elements(), part.weight_elements});
    }
    node.parameters = parameters;
  }
  s.out(0, std::move(y));
}

void gather_elements(Step& s) { s.out(0, s.copy(s.in(0).type, s.in(1).dims, 1, {&s.in(0), &s.in(1)})); }

void gather_nd(Step& s) {
  const Value x = s.in(0), indices = s.in(1);
  const std::int64_t batch = s.integer("batch_dims", 0);
  if (indices.dims.empty() || batch < 0 || batch + indices.dims.back() > x.rank())
    s.fail(fmt::format("indices of {} do not fit {}", text(indices.dims), text(x.dims)));
  Dims dims(indices.dims.begin(), indices.dims.end() - 1);
  dims.insert(dims.end(), x.dims.begin() + static_cast<std::ptrdiff_t>(batch + indices.dims.back()),
              x.dims.end());
  s.out(0, s.copy(x.type, dims, 1, {&x, &indices}));
}

/// A copy of the data with the updates written over it.
void scatter(Step& s) {
  const Value x = s.in(0), updates = s.in(2);
  if (x.known && updates.known && x.elements() == updates.elements()) return s.out(0, updates);
  const double share =
      x.elements() > 0 ? static_cast<double>(updates.elements()) / static_cast<double>(x.elements()) : 0;
  s.out(0, s.copy(x.type, x.dims, 1 + share, {&x, &updates}));
}

void tile(Step& s) {
  const Value x = s.in(0);
  const std::vector<std::int64_t> repeats = s.integers(1);
  if (repeats.size() != x.dims.size()) s.fail(fmt::format("{} repeats for {}", repeats.size(), text(x.dims)));
  Dims dims = x.dims;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (repeats[i] < 0 || __builtin_mul_overflow(dims[i], repeats[i], &dims[i]))
      s.fail(fmt::format("repeats a dimension {} times", repeats[i]));
  }
  Value y = s.make(x.type, dims);
  if (x.constant) {
    y.constant = true;
    y.weight = x.weight;
    y.weight_elements = x.weight_elements;
    take_known(y, x, [&](Dims at) {
      for (std::size_t i = 0; i < at.size(); ++i) at[i] %= x.dims[i];
      return at;
    });
    return s.out(0, std::move(y));
  }
  const double share =
      y.elements() > 0 ? static_cast<double>(x.elements()) / static_cast<double>(y.elements()) : 0;
  s.out(0, s.copy(x.type, dims, share, {&x}));
}

void pad(Step& s) {
  const Value x = s.in(0);
  std::vector<std::int64_t> pads = s.has_attribute("pads") ? s.integer_list("pads") : s.integers(1);
  std::vector<std::int64_t> axes;
  if (s.has(3)) axes = s.integers(3);
  if (axes.empty()) {
    for (std::int64_t i = 0; i < x.rank(); ++i) axes.push_back(i);
  }
  if (pads.size() != 2 * axes.size()) s.fail(fmt::format("{} pads for {} axes", pads.size(), axes.size()));
  Dims dims = x.dims;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::int64_t& size = dims[s.axis(axes[i], x.rank())];
    if (__builtin_add_overflow(size, pads[i], &size) ||
        __builtin_add_overflow(size, pads[i + axes.size()], &size) || size < 0)
      s.fail(fmt::format("pads {} by {}", text(x.dims), fmt::join(pads, ",")));
  }
  if (dims == x.dims) return s.out(0, x);
  if (x.constant) {
    Value y = s.make(x.type, dims);
    y.constant = true;
    return s.out(0, std::move(y));
  }
  const std::int64_t count = elements_of(dims, s.label());
  s.out(0, s.copy(x.type, dims,
                  count > 0 ? static_cast<double>(x.elements()) / static_cast<double>(count) : 0, {&x}));
}

}  // namespace

void add_indexing(Operators& table) {
  table["Gather"] = gather;
  table["Slice"] = slice;
  table["Split"] = split;
  table["Concat"] = concat;
  table["GatherElements"] = gather_elements;
  table["GatherND"] = gather_nd;
  for (const char* name : {"Scatter", "ScatterElements", "ScatterND"}) table[name] = scatter;
  table["Tile"] = tile;
  table["Pad"] = pad;
}

}  // namespace roofcast::onnx
