// Source: transformers 4.46, modeling_{vit,clip,whisper}.py, eager attention.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/tower.h"

#include "model/workloads/elements.h"

namespace roofcast {

std::int64_t Tower::tokens(const Sequence& x) const { return elements(name_, {x.sequences, x.length}); }

std::int64_t Tower::count(const Sequence& x, std::int64_t width) const {
  return elements(name_, {x.sequences, x.length, width});
}

Sequence Tower::norm(const std::string& name, Sequence x, std::int64_t width) {
  x.node = layer_norm(name, x.node, tokens(x), width);
  return x;
}

int Tower::activate(const std::string& name, int x, std::int64_t n, Activation activation) {
  if (activation == Activation::relu) return pointwise(name, "relu", n, {x});
  if (activation == Activation::silu) return pointwise(name, "silu", n, {x});
  const int y = pointwise(name, "gelu", n, {x});
  if (activation == Activation::quick_gelu)  // x · sigmoid(1.702 x)
    at(y).composed = {Pointwise{n, 1, 1, 1}, Pointwise{n, 1, 1, 6}, Pointwise{n, 2, 1, 1}};
  return y;
}

Sequence Tower::positions(const std::string& name, Sequence x, std::int64_t width, std::int64_t rows) {
  const int table = embedding(name, x.length, width, rows);
  x.node = add_broadcast(name + ".add", x.node, count(x, width), table, x.length * width);
  return x;
}

Sequence Tower::attention(const std::string& name, Sequence x, const Sequence& from, const TowerShape& shape,
                          bool causal, bool key_bias, std::int64_t past, bool cached) {
  const std::int64_t h = shape.hidden, dim = h / shape.heads;
  const std::int64_t rows = elements(name_, {x.sequences, shape.heads});
  const Sequence all{from.node, from.sequences, from.length + past};
  const std::int64_t scores = elements(name_, {rows, x.length, all.length});
  int query = linear(name + ".q_proj", x.node, tokens(x), h, h);
  int key = kModelInput, value = kModelInput;
  if (cached) {
    key = kept(name + ".k_kept", count(from, h));
    value = kept(name + ".v_kept", count(from, h));
  } else {
    key = linear(name + ".k_proj", from.node, tokens(from), h, h, {.bias = key_bias});
    value = linear(name + ".v_proj", from.node, tokens(from), h, h);
  }
  query =
      rearrange(name + ".query_copy", pointwise(name + ".scale", "mulu", count(x, h), {query}), count(x, h));
  if (past > 0) {
    key = append(name + ".cache_k", key, count(all, h));
    value = append(name + ".cache_v", value, count(all, h));
  } else if (!cached) {
    key = rearrange(name + ".key_copy", key, count(from, h));
    value = rearrange(name + ".value_copy", value, count(from, h));
  }
  int p = matmul(name + ".scores", query, key, rows, x.length, all.length, dim);
  if (causal) p = pointwise(name + ".mask", "mask", scores, {p});
  p = softmax(name + ".softmax", p, elements(name_, {rows, x.length}), all.length, causal);
  const int y = matmul(name + ".context", p, value, rows, x.length, dim, all.length);
  x.node = linear(name + ".out_proj", rearrange(name + ".merge_heads", y, count(x, h)), tokens(x), h, h);
  return x;
}

Sequence Tower::stack(const std::string& name, Sequence x, const TowerShape& shape, bool causal,
                      bool key_bias, std::optional<Sequence> memory, const Past& past) {
  const std::int64_t h = shape.hidden;
  const auto add_to = [&](const std::string& at, const Sequence& y) {
    x.node = pointwise(at, "add", count(x, h), {y.node, x.node});
  };
  const auto before = [&](const std::string& at) { return shape.norm_after ? x : norm(at, x, h); };
  const auto after = [&](const std::string& at) {
    if (shape.norm_after) x = norm(at, x, h);
  };
  for (std::int64_t i = 0; i < shape.layers; ++i) {
    const std::string at = name + "." + std::to_string(i);
    const Sequence first = before(at + ".norm_1");
    add_to(at + ".add_1",
           attention(at + ".self_attn", first, first, shape, causal, key_bias, past.positions, false));
    after(at + ".norm_1");
    if (memory) {
      add_to(at + ".add_cross", attention(at + ".cross_attn", before(at + ".norm_cross"), *memory, shape,
                                          false, key_bias, 0, past.memory));
      after(at + ".norm_cross");
    }
    Sequence y = before(at + ".norm_2");
    y.node = linear(at + ".fc1", y.node, tokens(y), h, shape.feed_forward);
    y.node = activate(at + ".act", y.node, count(y, shape.feed_forward), shape.activation);
    y.node = linear(at + ".fc2", y.node, tokens(y), shape.feed_forward, h);
    add_to(at + ".add_2", y);
    after(at + ".norm_2");
  }
  return x;
}

}  // namespace roofcast
