// Attention as one operator: ONNX's own of operator set 23, and those of com.microsoft.
// Source: onnx/docs/Operators.md; onnxruntime/docs/ContribOperators.md.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "model/importers/onnx/operators.h"
#include "model/importers/onnx/operators/gemm_node.h"
#include "model/workloads/elements.h"

namespace roofcast::onnx {
namespace {

std::int64_t divided(Step& s, std::int64_t width, std::int64_t heads, const char* what) {
  if (heads < 1 || width < 1 || width % heads != 0)
    s.fail(fmt::format("{} of {} in {} heads", what, width, heads));
  return width / heads;
}

Value attend(Step& s, Attention op, const Dims& dims, const std::vector<const Value*>& operands) {
  Value y = s.make(operands.front()->type, dims);
  elements(s.label(), {op.batch, op.heads, op.query_length, op.head_dim});
  elements(s.label(), {op.batch, op.heads, op.key_length, op.head_dim});
  Node node;
  node.op = op;
  node.output_elements = y.elements();
  node.saves_output = true;
  node.saved_elements =
      elements(s.label(), {op.batch, op.heads, op.query_length});  // log-sum-exp of every row
  y.node = s.add(std::move(node), operands);
  return y;
}

/// The cache a step leaves behind: old keys and new ones.
void present(Step& s, std::size_t i, const Value& like, const Dims& dims) {
  Value y = s.make(like.type, dims);
  y.node = like.node;
  s.out(i, std::move(y));
}

/// Projection and attention in one. Source: com.microsoft.Attention, QAttention.
void packed_attention(Step& s) {
  const Value x = s.contiguous(s.in(0)), weight = s.in(1);
  if (x.rank() != 3 || weight.rank() != 2 || weight.dims[0] != x.dims[2])
    s.fail(fmt::format("a weight of {} over {}", text(weight.dims), text(x.dims)));
  const std::int64_t heads = s.integer("num_heads", 0);
  std::int64_t query = weight.dims[1] / 3, value = query;
  if (const auto sizes = s.integer_list("qkv_hidden_sizes"); sizes.size() == 3)
    query = sizes[0], value = sizes[2];
  const auto fits = [&](std::int64_t width) { return width >= 0 && width <= weight.dims[1]; };
  if (!fits(query) || !fits(value) || 2 * query + value != weight.dims[1])
    s.fail(fmt::format("{} columns are not query, key and value", weight.dims[1]));
  Gemm gemm{1, x.dims[0] * x.dims[1], weight.dims[1], x.dims[2]};
  gemm.b_transposed = true;
  Value packed = gemm_node(s, x, weight, gemm, x.type, {x.dims[0], x.dims[1], weight.dims[1]});
  if (packed.node >= 0) {
    Node& node = s.builder().at(packed.node);
    node.name = s.label() + ".qkv";
    node.splits = true;
    if (s.has(2)) {
      std::get<Gemm>(node.op).bias = true;
      node.parameters += s.own(s.in(2));
    }
  }
  Attention op{x.dims[0], heads, x.dims[1], x.dims[1], divided(s, query, heads, "a hidden size")};
  op.causal = s.integer("unidirectional", 0) != 0;
  const std::size_t past = s.op() == "QAttention" ? 8 : 4;
  if (s.has(past) && s.in(past).rank() == 5) op.key_length += s.in(past).dims[3];
  s.out(0, attend(s, op, {x.dims[0], x.dims[1], value}, {&packed}));
  if (s.wants(1)) present(s, 1, packed, {2, op.batch, op.heads, op.key_length, op.head_dim});
}

/// Query, key and value, each of batch × length × width or batch × heads × length × width.
void attention(Step& s) {
  if (s.node().domain == "com.microsoft" && s.op() == "Attention") return packed_attention(s);
  const bool grouped = s.op() == "GroupQueryAttention";
  const bool own = s.op() == "Attention";
  const Value q = s.in(0);
  const bool packed = !s.has(1);
  const Value k = packed ? q : s.in(1), v = s.has(2) ? s.in(2) : k;
  if ((q.rank() != 3 && q.rank() != 4) || (k.rank() != 3 && k.rank() != 4))
    s.fail(fmt::format("a query of {} and keys of {}", text(q.dims), text(k.dims)));
  Attention op;
  op.batch = q.dims[0];
  op.heads = q.rank() == 4 && own ? q.dims[1] : s.integer(own ? "q_num_heads" : "num_heads", 0);
  const std::int64_t key_heads = k.rank() == 4 && own ? k.dims[1]
                                 : own                ? s.integer("kv_num_heads", op.heads)
                                 : grouped            ? s.integer("kv_num_heads", op.heads)
                                                      : op.heads;
  std::int64_t width = q.dims.back();
  if (packed && q.rank() == 3) {  // query, keys and values side by side
    if (op.heads < 1 || key_heads < 1 || op.heads > 1 << 20 || key_heads > 1 << 20) s.fail("says no heads");
    width = divided(s, width, op.heads + 2 * key_heads, "a packed width") * op.heads;
  }
  op.query_length = q.rank() == 4 ? q.dims[2] : q.dims[1];
  op.key_length = k.rank() == 4 ? k.dims[2] : k.dims[1];
  op.head_dim = q.rank() == 4 ? width : divided(s, width, op.heads, "a query");
  op.causal =
      s.integer("is_causal", s.integer("unidirectional", grouped ? 1 : 0)) != 0 && op.query_length > 1;
  const std::size_t past = own ? 4 : grouped ? 3 : 6;
  if (s.has(past) && s.in(past).rank() == 4) {
    const std::int64_t before = s.in(past).dims[2];
    // Keys of a grouped cache lie in its buffer, of which as much is filled as the run says: all of it at most.
    op.key_length = grouped && before >= op.key_length ? before : op.key_length + before;
  }
  Dims dims = q.dims;
  if (own && q.rank() == 4) dims.back() = v.dims.back();
  if (packed) dims.back() = width;
  if (op.heads < 1 || op.query_length < 1 || op.key_length < 1 || op.batch < 1)
    s.fail(fmt::format("a query of {} and keys of {}", text(q.dims), text(k.dims)));
  const Value y = attend(s, op, dims, packed ? std::vector{&q} : std::vector{&q, &k, &v});
  const Dims cache{op.batch, std::max<std::int64_t>(1, key_heads), op.key_length, op.head_dim};
  s.out(0, y);
  if (s.wants(1)) present(s, 1, k, cache);
  if (s.wants(2)) present(s, 2, v, cache);
}

/// Rotation of pairs by tables of sines and cosines.
void rotary(Step& s) {
  const Value x = s.in(0);
  PointwiseRule rule = plain_rule(x.elements(), 4, false);
  rule.backward = {Pointwise{x.elements(), 1, 1, 4}};
  s.out(0, s.elementwise(x.type, x.dims, std::move(rule), {&x}));
}

/// Words, positions and segments looked up, summed and normalised.
void embed_layer_norm(Step& s) {
  const Value ids = s.in(0), table = s.in(2);
  if (ids.rank() != 2 || table.rank() != 2)
    s.fail(fmt::format("a table of {} for {}", text(table.dims), text(ids.dims)));
  const Dims dims{ids.dims[0], ids.dims[1], table.dims[1]};
  Value y = s.make(table.type, dims);
  const std::int64_t rows = ids.elements();
  if (y.elements() > 0) {
    for (std::size_t i = 2; i < 5; ++i) {
      if (!s.has(i)) continue;
      if (s.in(i).rank() != 2) s.fail(fmt::format("a table of {}", text(s.in(i).dims)));
      Node node;
      node.name = fmt::format("{}.table{}", s.label(), i - 1);
      node.op = Embedding{rows, table.dims[1], std::max<std::int64_t>(1, s.in(i).dims[0])};
      node.output_elements = y.elements();
      node.parameters = s.own(s.in(i));
      node.saves_input = node.needs_input_gradient = false;
      Value part = y;
      part.node = s.add(std::move(node), {});
      if (y.node >= 0) part = s.elementwise(y.type, dims, *pointwise_rule("add", y.elements()), {&y, &part});
      y.node = part.node;
    }
    y.node = s.builder().layer_norm(s.label() + ".norm", y.node, rows, table.dims[1]);
    s.builder().at(y.node).parameters = (s.has(5) ? s.own(s.in(5)) : 0) + (s.has(6) ? s.own(s.in(6)) : 0);
  }
  s.out(0, y);
  s.out(1, s.make(DataType::int32, {ids.dims[0]}));
}

}  // namespace

void add_attention(Operators& table) {
  for (const char* name : {"Attention", "MultiHeadAttention", "GroupQueryAttention"}) table[name] = attention;
  table["QAttention"] = packed_attention;
  table["RotaryEmbedding"] = rotary;
  table["EmbedLayerNormalization"] = embed_layer_norm;
}

}  // namespace roofcast::onnx
