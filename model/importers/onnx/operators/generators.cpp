// Tensors made from nothing but a shape, and masks.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "model/importers/onnx/folding.h"
#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

/// A kernel that only writes.
Value filled(Step& s, DataType type, const Dims& dims) {
  Value y = s.make(type, dims);
  y.constant = true;  // the same in every run of these shapes: engines compute it once
  return y;
}

/// In the body of a function, where an attribute of the call may be the value.
void constant(Step& s) {
  Value y;
  y.constant = true;
  if (const auto* a = s.attribute("value"); a != nullptr && a->t) {
    y.type = a->t->type;
    y.dims = a->t->dims;
    y.known = a->t->values;
  } else if (s.has_attribute("value_int")) {
    y = known_integers({}, {static_cast<double>(s.integer("value_int", 0))});
  } else if (s.has_attribute("value_ints")) {
    const auto values = s.integer_list("value_ints");
    y = known_integers({static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()});
  } else if (s.has_attribute("value_float")) {
    y.known = {s.real("value_float", 0)};
  } else if (const auto* many = s.attribute("value_floats")) {
    y.dims = {static_cast<std::int64_t>(many->floats.size())};
    y.known = many->floats;
  } else if (s.has_attribute("value_string") || s.has_attribute("value_strings")) {
    y.type = DataType::string;
  } else {
    s.fail("says no value");
  }
  s.out(0, std::move(y));
}

void constant_of_shape(Step& s) {
  const auto declared = s.in(0).known ? std::nullopt : s.declared(0);
  const Dims dims = declared ? *declared : s.integers(0);
  const AttributeProto* value = s.attribute("value");
  const bool given = value != nullptr && value->t;
  Value y = filled(s, given ? value->t->type : DataType::float32, dims);
  const double number =
      given && value->t->values && !value->t->values->empty() ? value->t->values->front() : 0;
  if (foldable(dims)) y.known.emplace(static_cast<std::size_t>(y.elements()), number);
  s.out(0, std::move(y));
}

void range(Step& s) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (!s.in(i).known || s.in(i).known->size() != 1) {
      if (const auto declared = s.declared(0)) return s.out(0, filled(s, s.in(0).type, *declared));
      s.integers(i);  // says why not
      s.fail("takes single numbers");
    }
  }
  const double start = s.in(0).known->front(), limit = s.in(1).known->front(), step = s.in(2).known->front();
  const double count = step == 0 ? -1 : std::max(0.0, std::ceil((limit - start) / step));
  if (!(count >= 0) || count > 9e15)
    s.fail(fmt::format("from {} to {} by {} has no end", start, limit, step));
  Value y = filled(s, s.in(0).type, {static_cast<std::int64_t>(count)});
  if (foldable(y.dims)) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < y.elements(); ++i) values.push_back(start + static_cast<double>(i) * step);
    y.known = std::move(values);
  }
  s.out(0, std::move(y));
}

void one_hot(Step& s) {
  const Value indices = s.in(0);
  Dims dims = indices.dims;
  std::int64_t axis = s.integer("axis", -1);
  const std::int64_t rank = indices.rank() + 1;
  if (axis < -rank || axis >= rank) s.fail(fmt::format("axis {} is outside {} dimensions", axis, rank));
  if (axis < 0) axis += rank;
  const auto depth = s.integers(1);
  if (depth.size() != 1 || depth[0] < 0) s.fail("its depth is not one positive number");
  dims.insert(dims.begin() + axis, depth[0]);
  Value y = s.copy(s.in(2).type, dims, 0, {&indices});
  if (y.node >= 0) s.builder().at(y.node).backward.clear();
  s.out(0, std::move(y));
}

/// How many are not zero is known to nobody before the run: all of them are the bound.
void non_zero(Step& s) {
  const Value x = s.in(0);
  if (x.known) {
    std::vector<std::vector<double>> at(x.dims.size());
    for (std::int64_t i = 0; i < x.elements(); ++i) {
      if ((*x.known)[static_cast<std::size_t>(i)] == 0) continue;
      const Dims where = coordinates(i, x.dims);
      for (std::size_t d = 0; d < where.size(); ++d) at[d].push_back(static_cast<double>(where[d]));
    }
    std::vector<double> flat_values;
    for (const auto& row : at) flat_values.insert(flat_values.end(), row.begin(), row.end());
    const auto count = static_cast<std::int64_t>(at.empty() ? 0 : at.front().size());
    Value y = known_integers({x.rank(), count}, std::move(flat_values));
    if (foldable(y.dims)) return s.out(0, std::move(y));
  }
  s.translator().remark(s.op() + " keeps as many elements as data say: all of them are counted");
  s.out(0, s.copy(DataType::int64, {std::max<std::int64_t>(1, x.rank()), x.elements()}, 1, {&x}));
}

void compress(Step& s) {
  const Value x = s.in(0);
  s.translator().remark(s.op() + " keeps as many elements as data say: all of them are counted");
  s.out(0, s.copy(x.type, s.has_attribute("axis") ? x.dims : Dims{x.elements()}, 1, {&x}));
}

void like(Step& s) {
  const auto type = s.has_attribute("dtype") ? static_cast<DataType>(s.integer("dtype", 1)) : s.in(0).type;
  s.out(0, filled(s, type, s.in(0).dims));
}

void random(Step& s) {
  Value y = s.make(static_cast<DataType>(s.integer("dtype", 1)), s.integer_list("shape"));
  if (y.elements() > 0) {
    Node node;
    node.op = Pointwise{y.elements(), 0, 1, 6};
    node.output_elements = y.elements();
    node.saves_input = node.needs_input_gradient = false;
    y.node = s.add(std::move(node), {});
  }
  s.out(0, std::move(y));
}

void triangle(Step& s) {
  const Value x = s.in(0);
  if (x.constant) {
    Value y = x;
    y.known.reset();
    return s.out(0, std::move(y));
  }
  s.out(0, s.elementwise(x.type, x.dims, *pointwise_rule("mask", x.elements()), {&x}));
}

}  // namespace

void add_generators(Operators& table) {
  table["Constant"] = constant;
  table["ConstantOfShape"] = constant_of_shape;
  table["Range"] = range;
  table["OneHot"] = one_hot;
  table["NonZero"] = non_zero;
  table["Compress"] = compress;
  for (const char* name : {"EyeLike", "RandomNormalLike", "RandomUniformLike"}) table[name] = like;
  for (const char* name : {"RandomNormal", "RandomUniform"}) table[name] = random;
  table["Trilu"] = triangle;
}

}  // namespace roofcast::onnx
