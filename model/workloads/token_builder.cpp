// Tokens: the copies and passes of PyTorch's eager attention. Source: timm, vision_transformer.py and others.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/token_builder.h"

#include "model/workloads/elements.h"

namespace roofcast {

std::int64_t TokenBuilder::rows(const Tokens& x) const {
  return elements(network(), {x.sequences, x.length});
}

std::int64_t TokenBuilder::count(const Tokens& x) const {
  return elements(network(), {x.sequences, x.length, x.width});
}

Tokens TokenBuilder::flatten(const std::string& name, Feature x) {
  return {rearrange(name, x.node, count(x)), batch(), x.h * x.w, x.c};
}

Feature TokenBuilder::unflatten(const std::string& name, Tokens x, std::int64_t h, std::int64_t w,
                                bool copies) {
  Feature y{x.node, x.width, h, w};
  if (copies) y.node = rearrange(name, x.node, count(x));
  return y;
}

Tokens TokenBuilder::class_token(const std::string& name, Tokens x, std::int64_t tokens) {
  Tokens y = x;
  y.length += tokens;
  Node node;
  node.name = name;
  node.op = Copy{count(y), 1, 1, false};
  node.backward = {Copy{count(x), 1, 1, false},
                   Reduction{elements(name, {x.sequences, tokens, x.width}), x.width}};
  node.output_elements = count(y);
  node.parameters = tokens * x.width;
  node.saves_input = false;
  y.node = add(std::move(node), {x.node});
  return y;
}

Tokens TokenBuilder::positions(const std::string& name, Tokens x) {
  x.node = pointwise(name, "addu", count(x), {x.node});
  Node& node = at(x.node);
  node.parameters = x.length * x.width;
  node.backward = {Reduction{count(x), node.parameters}};
  return x;
}

Tokens TokenBuilder::regroup(const std::string& name, Tokens x, std::int64_t sequences, std::int64_t length) {
  x.node = rearrange(name, x.node, count(x));
  x.sequences = sequences;
  x.length = length;
  return x;
}

Tokens TokenBuilder::norm(const std::string& name, Tokens x) {
  x.node = layer_norm(name, x.node, rows(x), x.width);
  return x;
}

Tokens TokenBuilder::project(const std::string& name, Tokens x, std::int64_t out, bool bias) {
  x.node = linear(name, x.node, rows(x), x.width, out, Linear{.bias = bias});
  x.width = out;
  return x;
}

Tokens TokenBuilder::activation(const std::string& name, Tokens x, std::string_view function) {
  x.node = pointwise(name, function, count(x), {x.node});
  return x;
}

Tokens TokenBuilder::sum(const std::string& name, Tokens x, Tokens y) {
  x.node = pointwise(name, "add", count(x), {x.node, y.node});
  return x;
}

Tokens TokenBuilder::scale_channels(const std::string& name, Tokens x) {
  x.node = scale_channels(name, Feature{x.node, x.width, rows(x) / batch(), 1}).node;
  return x;
}

Tokens TokenBuilder::mlp(const std::string& name, Tokens x, std::int64_t hidden, std::string_view function) {
  const std::int64_t width = x.width;
  x = activation(name + "." + std::string(function), project(name + ".fc1", x, hidden), function);
  return project(name + ".fc2", x, width);
}

Tokens TokenBuilder::attend(const std::string& name, Tokens query, Tokens key, Tokens value,
                            const AttentionOptions& o) {
  const auto copied = [&](const char* what, Tokens x) { return rearrange(name + what, x.node, count(x)); };
  const std::int64_t products = elements(name, {query.sequences, o.heads});
  const std::int64_t score_rows = elements(name, {products, query.length});
  const std::int64_t scores = elements(name, {score_rows, key.length});
  int q = copied(".query_copy", query);
  if (!o.scales_scores) q = pointwise(name + ".scale", "mulu", count(query), {q});
  int p = matmul(name + ".scores", q, copied(".key_copy", key), products, query.length, key.length,
                 query.width / o.heads);
  if (o.scales_scores) {
    p = pointwise(name + ".scale", "mulu", scores, {p});
    at(p).fusable = !o.written_out;
  }
  if (o.table > 0) {
    p = add_broadcast(name + ".position_bias", p, scores, o.gathered, o.heads * query.length * key.length);
    at(p).parameters = o.table;
    at(p).fusable = !o.written_out;
  }
  if (o.mask) p = pointwise(name + ".mask", "addu", scores, {p});
  p = softmax(name + ".softmax", p, score_rows, key.length);
  at(p).parameters += o.own_parameters;
  Tokens y = query;
  y.width = value.width;
  y.node = matmul(name + ".context", p, copied(".value_copy", value), products, query.length,
                  value.width / o.heads, key.length);
  y.node = rearrange(name + ".merge_heads", y.node, count(y));
  return y;
}

Tokens TokenBuilder::self_attention(const std::string& name, Tokens x, const AttentionOptions& o) {
  const std::int64_t width = x.width;
  const std::int64_t inner = o.head_dim > 0 ? o.head_dim * o.heads : width;
  const Tokens qkv = project(name + ".qkv", x, 3 * inner, o.bias);
  if (o.bias && !o.key_bias) at(qkv.node).parameters -= inner;
  split(qkv.node);
  Tokens part = qkv;
  part.width = inner;
  return project(name + ".proj", attend(name, part, part, part, o), width);
}

Tokens TokenBuilder::mean(const std::string& name, Tokens x) {
  Node node;
  node.name = name;
  Tokens y{0, x.sequences, 1, x.width};
  node.op = Reduction{count(x), count(y)};
  node.backward = {Pointwise{count(x), 0, 1, 1}};
  node.output_elements = count(y);
  node.saves_input = false;
  y.node = add(std::move(node), {x.node});
  return y;
}

Tokens TokenBuilder::first(const std::string& name, Tokens x) {
  x.length = 1;
  Node node;
  node.name = name;
  node.view = true;
  node.op = Copy{count(x), 1, 1, false};
  node.output_elements = count(x);
  x.node = add(std::move(node), {x.node});
  return x;
}

Graph TokenBuilder::classify_tokens(const std::string& name, Tokens x, std::int64_t classes) {
  return finish({linear(name, x.node, rows(x), x.width, classes), classes, 1, 1});
}

}  // namespace roofcast
