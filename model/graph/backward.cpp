// Backward kernels in reverse order: gradients of data, of weights, of biases, and their sums where outputs fork.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/graph/lowering.h"

namespace roofcast {
namespace {

/// dA = dC · Bᵀ. A weight stored n × k needs no transpose here.
Gemm data_gradient(const Gemm& g) {
  Gemm d{.batch = g.batch, .m = g.m, .n = g.k, .k = g.n, .b_transposed = !g.b_transposed};
  d.recurrence = g.recurrence;
  return d;
}

/// dB = Aᵀ · dC, or its transpose dCᵀ · A where B is stored transposed.
Gemm weight_gradient(const Gemm& g) {
  if (g.b_transposed) return {.batch = g.batch, .m = g.n, .n = g.k, .k = g.m, .a_transposed = true};
  return {.batch = g.batch, .m = g.k, .n = g.n, .k = g.m, .a_transposed = true};
}

Op backward_of(const Op& op) {
  struct Derivative {
    Op operator()(Rowwise r) const {
      const bool norm = r.kind == Rowwise::Kind::layer_norm || r.kind == Rowwise::Kind::rms_norm;
      r.kind = norm ? Rowwise::Kind::layer_norm_backward : Rowwise::Kind::softmax_backward;
      return r;
    }
    Op operator()(BatchNorm b) const {
      b.kind = BatchNorm::Kind::backward;
      return b;
    }
    Op operator()(Pool p) const {
      p.backward = true;
      return p;
    }
    Op operator()(Embedding e) const {
      e.backward = true;
      return e;
    }
    Op operator()(Attention a) const {
      a.backward = true;
      return a;
    }
    Op operator()(const Gemm& g) const { return g; }
    Op operator()(const Conv2d& v) const { return v; }
    Op operator()(const Pointwise& p) const { return p; }
    Op operator()(const Reduction& r) const { return r; }
    Op operator()(const Copy& c) const { return c; }
    Op operator()(const OptimizerStep& o) const { return o; }
  };
  return std::visit(Derivative{}, op);
}

bool derived_from_op(const Op& op) {
  return std::holds_alternative<Rowwise>(op) || std::holds_alternative<BatchNorm>(op) ||
         std::holds_alternative<Pool>(op) || std::holds_alternative<Embedding>(op) ||
         std::holds_alternative<Attention>(op);
}

}  // namespace

void Lowering::backward() {
  const std::vector<Segment> segments = checkpointed(graph_, execution_);
  auto next = segments.rbegin();
  for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
    if (next != segments.rend() && static_cast<int>(i) + 1 == next->end) recompute(*next++);
    if (!flows_[i] || graph_.nodes[i].view) continue;
    repeats_ = graph_.nodes[i].repeats;
    in_call_ = graph_.nodes[i].in_call;
    accumulate(static_cast<int>(i));
    if (fusion_.root[i] == static_cast<int>(i)) backward_node(static_cast<int>(i));
  }
}

void Lowering::recompute(const Segment& segment) {
  recomputing_ = true;
  for (int i = segment.begin; i < segment.recomputed; ++i) {
    if (!node(i).view && fusion_.root[static_cast<std::size_t>(i)] == i) forward_node(i);
  }
  recomputing_ = false;
}

// An output read k times gets k gradients: k - 1 additions. A compiled graph adds them where the last one is made.
void Lowering::accumulate(int i) {
  const Node& n = node(i);
  const auto& users = users_[static_cast<std::size_t>(i)];
  const auto forks = std::count_if(users.begin(), users.end(), [&](int u) {
    return flows_[static_cast<std::size_t>(u)] && node(u).needs_input_gradient;
  });
  if (n.splits && forks > 1) {
    emit(n.name + ".join", Copy{n.output_elements, 1, 1, false}, streaming(storage_.output(i)),
         Phase::backward);
    return;
  }
  for (std::ptrdiff_t k = 1; k < forks; ++k) {
    const Pointwise sum = execution_.stack.fuses_pointwise ? Pointwise{n.output_elements, 1, 0, 1}
                                                           : Pointwise{n.output_elements, 2, 1, 1};
    emit(n.name + ".accumulate", sum, streaming(storage_.output(i)), Phase::backward);
  }
}

void Lowering::backward_node(int i) {
  const Node& n = node(i);
  streaming_backward(i);
  if (const auto* gemm = std::get_if<Gemm>(&n.op)) {
    products_backward(i, *gemm);
  } else if (const auto* conv = std::get_if<Conv2d>(&n.op)) {
    products_backward(i, *conv);
  } else if (derived_from_op(n.op)) {
    emit(n.name + ".backward", backward_of(n.op),
         is_product(n.op) ? product(n) : streaming(storage_.output(i)), Phase::backward);
  }
  cast_gradients(i);
}

void Lowering::products_backward(int i, const Gemm& gemm) {
  const Node& n = node(i);
  const Numerics numerics = product(n);
  if (storage_.casts_activations() && numerics.storage != storage_.output(i)) {
    cast(n.name + ".gradient_cast", n.output_elements, storage_.output(i), numerics.storage, Phase::backward);
  }
  if (input_learns(n, 0)) {
    emit(n.name + ".dgrad", data_gradient(gemm), numerics, Phase::backward);
    if (has_weights(n)) read_weights(Phase::backward);
  }
  if (multiplies_activations(n)) {
    if (input_learns(n, 1)) emit(n.name + ".dgrad_2", weight_gradient(gemm), numerics, Phase::backward);
    return;
  }
  if (n.steps == 0) return;
  Gemm all = gemm;
  all.m *= n.steps;
  Gemm weights = weight_gradient(all);
  if (gemm.recurrence) weights.recurrence = 1;
  emit(n.name + ".wgrad", weights, numerics, Phase::backward);
  if (gemm.bias) {
    emit(n.name + ".bias_grad", Reduction{gemm.batch * gemm.m * gemm.n, gemm.batch * gemm.n},
         streaming(storage_.output(i)), Phase::backward);
  }
  weight_gradient_cast(i);
  // A weight shared with an embedding gets a gradient from both.
  if (n.parameters < weight_elements(n)) {
    emit(n.name + ".tied_accumulate", Pointwise{weight_elements(n), 2, 1, 1}, streaming(storage_.weights()),
         Phase::backward);
  }
}

void Lowering::products_backward(int i, const Conv2d& conv) {
  const Node& n = node(i);
  const Numerics numerics = product(n);
  Conv2d pass = conv;
  if (input_learns(n, 0)) {
    // A transposed convolution is the data gradient of another one, so its own is that one's forward pass.
    pass.pass = conv.pass == Pass::backward_data ? Pass::forward : Pass::backward_data;
    convolution(n.name + ".dgrad", pass, numerics, Phase::backward);
  }
  pass.pass = Pass::backward_filter;
  convolution(n.name + ".wgrad", pass, numerics, Phase::backward);
  weight_gradient_cast(i);
}

// Autocast's gradients of its FP16 weight copies become FP32 gradients of the weights.
void Lowering::weight_gradient_cast(int i) {
  const Node& n = node(i);
  if (!storage_.casts_activations() || !storage_.casts_weights()) return;
  cast(n.name + ".wgrad_cast", weight_elements(n), storage_.low(), storage_.weights(), Phase::backward);
  const auto* gemm = std::get_if<Gemm>(&n.op);
  if (gemm != nullptr && gemm->bias)
    cast(n.name + ".bias_grad_cast", gemm->n, storage_.low(), storage_.weights(), Phase::backward);
}

void Lowering::cast_gradients(int i) {
  const Node& n = node(i);
  if (!storage_.casts_activations()) return;
  const std::vector<int> from = sources(n);
  for (std::size_t k = 0; k < from.size(); ++k) {
    if (from[k] < 0 || !input_learns(n, static_cast<int>(k))) continue;
    const NumberFormat have = is_product(n.op) ? storage_.low() : storage_.operand(n, from[k]);
    const NumberFormat want = storage_.output(from[k]);
    if (have != want)
      cast(n.name + ".gradient_cast_back", node(from[k]).output_elements, have, want, Phase::backward);
  }
}

// What a node says of its own backward, and that of the nodes fused behind it. Fused elementwise steps hand the
// gradient on in registers: of k of them only the first reads and the last writes it.
void Lowering::streaming_backward(int i) {
  const auto& members = fusion_.members[static_cast<std::size_t>(i)];
  const bool chain = std::holds_alternative<Pointwise>(node(i).op);
  Pointwise all{node(i).output_elements, 0, 0, 0};
  int steps = 0;
  for (auto m = members.rbegin(); m != members.rend(); ++m) {
    const Node& n = node(*m);
    const Numerics numerics = streaming(storage_.output(*m));
    const double mask =
        std::holds_alternative<Pointwise>(n.op)
            ? static_cast<double>(n.saved_elements) * 4 /
                  (static_cast<double>(n.output_elements) * storage_size(numerics.storage).value)
            : 0;
    for (const Op& op : n.backward) {
      const auto* p = std::get_if<Pointwise>(&op);
      if (p == nullptr || members.size() == 1 || p->elements != all.elements) {
        Op one = op;
        if (auto* own = std::get_if<Pointwise>(&one)) own->reads += mask;
        emit(n.name + ".backward", one, numerics, Phase::backward);
        continue;
      }
      ++steps;
      all.reads += p->reads + mask - 1;
      all.writes += p->writes - 1;
      all.flops_per_element += p->flops_per_element;
    }
  }
  if (steps == 0) return;
  if (chain) {  // a kernel of its own: the gradient comes in and goes out
    all.reads += 1;
    all.writes += 1;
  }
  if (all.reads + all.writes > 0)
    emit(node(i).name + ".fused_backward", all, streaming(storage_.output(i)), Phase::backward);
}

}  // namespace roofcast
