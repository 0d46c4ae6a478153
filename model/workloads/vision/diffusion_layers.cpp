// Blocks of latent diffusion, as eager PyTorch runs them.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/vision/diffusion_layers.h"

namespace roofcast {

Feature DiffusionBuilder::normed_silu(const std::string& name, Feature x) {
  return activation(name + ".silu", group_norm(name, x), "silu", false);
}

Feature DiffusionBuilder::residual(const std::string& name, Feature x, std::int64_t out, int embedding,
                                   std::int64_t embedded) {
  Feature y = conv3(name + ".conv1", normed_silu(name + ".norm1", x), out);
  if (embedded > 0) {
    const int active = pointwise(name + ".time.silu", "silu", batch() * embedded, {embedding});
    const int shift = linear(name + ".time", active, batch(), embedded, out);
    y.node = add_broadcast(name + ".time.add", y.node, count(y), shift, batch() * out);
  }
  y = conv3(name + ".conv2", normed_silu(name + ".norm2", y), out);
  if (x.c != out) x = conv(name + ".conv_shortcut", x, {.out = out, .bias = true});
  return {pointwise(name + ".add", "add", count(y), {x.node, y.node}), y.c, y.h, y.w};
}

Feature DiffusionBuilder::transformer(const std::string& name, Feature x, const Tokens& context,
                                      std::int64_t heads) {
  const Feature normal = conv(name + ".proj_in", group_norm(name + ".norm", x), {.out = x.c, .bias = true});
  Tokens t = flatten(name + ".flatten", normal);
  const auto attention = [&](const std::string& at, const Tokens& from, const Tokens& to) {
    const Tokens q = project(at + ".to_q", from, x.c, false);
    const Tokens y = attend(at, q, project(at + ".to_k", to, x.c, false),
                            project(at + ".to_v", to, x.c, false), {.heads = heads});
    return project(at + ".to_out", y, x.c);
  };
  Tokens n = norm(name + ".norm1", t);
  t = sum(name + ".add_1", t, attention(name + ".attn1", n, n));
  t = sum(name + ".add_2", t, attention(name + ".attn2", norm(name + ".norm2", t), context));
  const Tokens wide = project(name + ".ff.proj", norm(name + ".norm3", t), 8 * x.c);
  split(wide.node);
  Tokens gate = wide;
  gate.width = 4 * x.c;
  gate = activation(name + ".ff.gelu", gate, "gelu");
  gate.node = pointwise(name + ".ff.mul", "mul", count(gate), {wide.node, gate.node});
  t = sum(name + ".add_3", t, project(name + ".ff.out", gate, x.c));
  const Feature y =
      conv(name + ".proj_out", unflatten(name + ".unflatten", t, x.h, x.w), {.out = x.c, .bias = true});
  x.node = pointwise(name + ".add", "add", count(x), {x.node, y.node});
  return x;
}

Feature DiffusionBuilder::pixel_attention(const std::string& name, Feature x) {
  const Tokens t = flatten(name + ".flatten", group_norm(name + ".group_norm", x));
  const Tokens q = project(name + ".to_q", t, x.c);
  const Tokens y =
      attend(name, q, project(name + ".to_k", t, x.c), project(name + ".to_v", t, x.c), {.heads = 1});
  const Feature out = unflatten(name + ".unflatten", project(name + ".to_out", y, x.c), x.h, x.w);
  x.node = pointwise(name + ".add", "add", count(x), {x.node, out.node});
  return x;
}

}  // namespace roofcast
