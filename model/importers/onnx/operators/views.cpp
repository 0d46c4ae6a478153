// Operators that change a shape and move nothing, or nothing yet: a transpose is a view until someone needs its order.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "model/importers/onnx/folding.h"
#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

/// Where the batch lies in an operand whose shape in the file was `then`: behind how many elements, and what follows it.
struct BatchPlace {
  std::int64_t before = 1;
  Dims behind;
};

Dims without_ones(const Dims& dims, std::size_t first) {
  Dims out;
  for (std::size_t i = first; i < dims.size(); ++i) {
    if (dims[i] != 1) out.push_back(dims[i]);
  }
  return out;
}

std::optional<BatchPlace> find_batch(Step& s, const Dims& then, const Dims& now) {
  const std::int64_t baked = s.translator().prepared().interface.baked_batch;
  const std::int64_t batch = s.translator().request().batch;
  std::optional<std::size_t> grown;
  for (std::size_t i = 0; i < then.size() && then.size() == now.size(); ++i) {
    if (then[i] < 1) return std::nullopt;  // empty
    if (then[i] == now[i]) continue;
    if (grown) return std::nullopt;
    grown = i;
  }
  if (!grown || then[*grown] < 1 || then[*grown] % baked != 0 || then[*grown] / baked * batch != now[*grown])
    return std::nullopt;
  // Within an axis that an earlier reshape merged, the batch may lie behind something: tokens, then batch.
  const std::int64_t outer = then[*grown] == baked ? 1 : s.translator().merged(then[*grown]);
  BatchPlace place{product(then, 0, *grown) * outer, without_ones(then, *grown + 1)};
  const std::int64_t inner = then[*grown] / baked / outer;
  if (inner > 1) place.behind.insert(place.behind.begin(), inner);
  return place;
}

/// The target of a Reshape at another batch than the file's: the axis that holds the batch grows.
/// Examples: 197×1×768 -> 197×12×64 in the file; 197×32×768 becomes 197×384×64. 50×1×256 -> 50×256; 50×32×256 becomes
/// 1600×256, because as many dimensions follow the batch as before.
std::optional<Dims> rebatched(Step& s, const Dims& from_then, const Dims& to_then, const Dims& from_now) {
  const auto place = find_batch(s, from_then, from_now);
  if (!place) return std::nullopt;
  const std::int64_t baked = s.translator().prepared().interface.baked_batch;
  const std::int64_t batch = s.translator().request().batch;
  std::vector<std::size_t> holds;  // axes the batch may lie in
  for (std::size_t j = 0; j < to_then.size(); ++j) {
    const std::int64_t before = product(to_then, 0, j);
    if (before < 1 || to_then[j] < 1 || before > place->before ||
        place->before * baked > before * to_then[j] || place->before % before != 0)
      continue;
    if (to_then[j] % (place->before / before * baked) != 0) continue;
    holds.push_back(j);
    if (before == place->before && to_then[j] == baked) {  // it alone
      holds = {j};
      break;
    }
  }
  if (holds.empty()) return std::nullopt;
  std::size_t at = holds.back();
  if (holds.size() > 1 && without_ones(to_then, at).size() <= place->behind.size())
    at = holds[holds.size() - 2];
  if (to_then[at] != baked) s.translator().merge(to_then[at], place->before / product(to_then, 0, at));
  Dims out = to_then;
  out[at] = to_then[at] / baked * batch;
  return out;
}

Dims resolve(Step& s, const Value& x, const std::vector<std::int64_t>& wanted) {
  const bool zero_is_zero = s.integer("allowzero", 0) != 0;
  if (wanted.size() > 64) s.fail(fmt::format("reshapes to {} dimensions", wanted.size()));
  Dims dims = wanted;
  std::optional<std::size_t> open;
  std::int64_t rest = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && !zero_is_zero) {
      if (i >= x.dims.size()) s.fail(fmt::format("copies dimension {} of {}", i, text(x.dims)));
      dims[i] = x.dims[i];
    }
    if (dims[i] == -1) {
      if (open) s.fail("its shape has two dimensions of -1");
      open = i;
    } else if (dims[i] < 0) {
      s.fail(fmt::format("its shape has a dimension of {}", dims[i]));
    } else if (__builtin_mul_overflow(rest, dims[i], &rest)) {
      s.fail("its shape has too many elements");
    }
  }
  if (open) {
    if (rest > 0 && x.elements() % rest == 0) {
      dims[*open] = x.elements() / rest;
    } else {
      dims[*open] = rest == 0 ? 0 : -1;
    }
  }
  return dims;
}

void reshape(Step& s) {
  const Value x = s.in(0);
  Dims dims;
  const auto declared = s.in(1).known ? std::nullopt : s.declared(0);
  if (declared && product(*declared, 0, declared->size()) == x.elements()) {
    dims = *declared;
  } else {
    dims = resolve(s, x, s.integers(1));
  }
  const Dims* from_then = s.translator().baked(s.input_name(0));
  const Dims* to_then = s.translator().baked(s.output_name(0));
  if (from_then != nullptr && to_then != nullptr) {
    if (const auto better = rebatched(s, *from_then, *to_then, x.dims)) dims = *better;
  }
  const bool open = std::find(dims.begin(), dims.end(), -1) != dims.end();
  if (open || elements_of(dims, s.label()) != x.elements()) {
    std::string why = fmt::format("{} does not reshape to {}", text(x.dims), text(dims));
    if (from_then != nullptr)
      why += fmt::format(": the file fixes its batch at {}; export with a dynamic batch",
                         s.translator().prepared().interface.baked_batch);
    s.fail(why);
  }
  s.out(0, s.view(s.contiguous(x), dims));
}

void flatten(Step& s) {
  const Value x = s.in(0);
  const std::int64_t axis = s.integer("axis", 1);
  if (axis < -x.rank() || axis > x.rank()) s.fail(fmt::format("axis {} is outside {}", axis, text(x.dims)));
  const auto at = static_cast<std::size_t>(axis < 0 ? axis + x.rank() : axis);
  s.out(0, s.view(s.contiguous(x), {product(x.dims, 0, at), product(x.dims, at, x.dims.size())}));
}

void squeeze(Step& s) {
  const Value& x = s.in(0);
  const auto axes = s.axes("axes", 1);
  std::vector<bool> gone(x.dims.size());
  for (std::size_t i = 0; i < gone.size(); ++i) gone[i] = !axes && x.dims[i] == 1;
  if (axes) {
    for (const std::int64_t axis : *axes) {
      const std::size_t at = s.axis(axis, x.rank());
      if (x.dims[at] != 1) s.fail(fmt::format("dimension {} of {} is not 1", axis, text(x.dims)));
      gone[at] = true;
    }
  }
  Dims dims;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (!gone[i]) dims.push_back(x.dims[i]);
  }
  s.out(0, s.view(x, dims));
}

void unsqueeze(Step& s) {
  const Value& x = s.in(0);
  const auto axes = s.axes("axes", 1);
  if (!axes) s.fail("says no axes");
  const std::size_t rank = x.dims.size() + axes->size();
  if (rank > 64) s.fail(fmt::format("makes {} dimensions", rank));
  std::vector<bool> fresh(rank);
  for (const std::int64_t axis : *axes) {
    const std::size_t at = s.axis(axis, static_cast<std::int64_t>(rank));
    if (fresh[at]) s.fail(fmt::format("inserts axis {} twice", axis));
    fresh[at] = true;
  }
  Dims dims;
  auto old = x.dims.begin();
  for (std::size_t i = 0; i < rank; ++i) dims.push_back(fresh[i] ? 1 : *old++);
  s.out(0, s.view(x, dims));
}

void shape(Step& s) {
  const Value& x = s.in(0);
  const auto clamp = [&](std::int64_t at) {
    if (at < 0) at += x.rank();
    return static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, x.rank()));
  };
  const std::size_t first = clamp(s.integer("start", 0));
  const std::size_t last = clamp(s.integer("end", x.rank()));
  std::vector<double> values;
  for (std::size_t i = first; i < last; ++i) values.push_back(static_cast<double>(x.dims[i]));
  const auto count = static_cast<std::int64_t>(values.size());
  s.out(0, known_integers({count}, std::move(values)));
}

void size(Step& s) { s.out(0, known_integers({}, {static_cast<double>(s.in(0).elements())})); }

void transpose(Step& s) {
  const Value& x = s.in(0);
  std::vector<std::int64_t> perm = s.integer_list("perm");
  if (!s.has_attribute("perm")) {
    perm.resize(x.dims.size());
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  std::vector<std::int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  Dims dims, kept_before, kept_after;
  std::vector<std::int64_t> axes(x.dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (sorted != axes) s.fail(fmt::format("perm {} does not fit {}", fmt::join(perm, ","), text(x.dims)));
  for (std::size_t i = 0; i < perm.size(); ++i) {
    dims.push_back(x.dims[static_cast<std::size_t>(perm[i])]);
    if (x.dims[i] != 1) kept_before.push_back(static_cast<std::int64_t>(i));
    if (dims.back() != 1) kept_after.push_back(perm[i]);
  }
  Value y = s.view(x, dims);
  y.permuted = x.permuted || kept_before != kept_after;
  std::vector<std::int64_t> flip(perm.size());
  std::iota(flip.begin(), flip.end(), 0);
  if (flip.size() >= 2) std::swap(flip[flip.size() - 1], flip[flip.size() - 2]);
  y.flipped = !x.permuted && perm == flip;
  if (y.known && y.permuted) {
    for (std::int64_t i = 0; i < y.elements(); ++i) {
      const Dims at = coordinates(i, dims);
      Dims from(at.size());
      for (std::size_t k = 0; k < perm.size(); ++k) from[static_cast<std::size_t>(perm[k])] = at[k];
      (*y.known)[static_cast<std::size_t>(i)] = (*x.known)[static_cast<std::size_t>(flat(from, x.dims))];
    }
  }
  s.out(0, std::move(y));
}

/// A view with strides of zero; who needs memory behind it makes it.
void expand(Step& s) {
  const Value x = s.in(0);
  const auto declared = s.in(1).known ? std::nullopt : s.declared(0);
  const Dims wanted = declared ? *declared : s.integers(1);
  elements_of(wanted, s.label());
  const auto dims = broadcast(x.dims, wanted);
  if (!dims) s.fail(fmt::format("{} does not expand to {}", text(x.dims), text(wanted)));
  Value y = s.make(x.type, *dims);
  y.node = x.node;
  y.constant = x.constant;
  y.permuted = x.permuted;
  y.weight = x.weight;
  y.weight_elements = x.weight_elements;
  if (x.known && foldable(*dims)) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < y.elements(); ++i) values.push_back(broadcast_at(x, *dims, i));
    y.known = std::move(values);
  }
  s.out(0, std::move(y));
}

}  // namespace

void add_views(Operators& table) {
  table["Reshape"] = reshape;
  table["Flatten"] = flatten;
  table["Squeeze"] = squeeze;
  table["Unsqueeze"] = unsqueeze;
  table["Shape"] = shape;
  table["Size"] = size;
  table["Transpose"] = transpose;
  table["Expand"] = expand;
}

}  // namespace roofcast::onnx
