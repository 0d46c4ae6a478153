// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/estimate.h"

#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <stdexcept>
#include <utility>

#include "model/kernels/attention.h"
#include "model/kernels/conv.h"
#include "model/kernels/demand.h"
#include "model/kernels/early_gemm.h"
#include "model/kernels/gemm.h"
#include "model/kernels/memory_bound.h"
#include "model/kernels/quantised_gemm.h"
#include "model/kernels/recurrent.h"
#include "model/kernels/rowwise.h"

namespace roofcast {
namespace {

using Field = std::pair<const char*, std::int64_t>;

void require_positive(const char* op, std::initializer_list<Field> fields) {
  for (const auto& [field, value] : fields) {
    if (value < 1)
      throw std::invalid_argument(fmt::format("{}: {} must be at least 1, is {}", op, field, value));
  }
}

void check(const Gemm& g) {
  require_positive(
      "gemm",
      {{"batch", g.batch}, {"m", g.m}, {"n", g.n}, {"k", g.k}, {"recurrence", g.recurrence.value_or(1)}});
}
void check(const Conv2d& v) {
  require_positive("conv", {{"n", v.n},
                            {"c", v.c},
                            {"h", v.h},
                            {"w", v.w},
                            {"k", v.k},
                            {"r", v.r},
                            {"s", v.s},
                            {"stride_h", v.stride_h},
                            {"stride_w", v.stride_w},
                            {"dilation_h", v.dilation_h},
                            {"dilation_w", v.dilation_w},
                            {"groups", v.groups}});
  if (v.pad_h < 0 || v.pad_w < 0) throw std::invalid_argument("conv: padding must not be negative");
  require_positive("conv", {{"output height", v.out_h()}, {"output width", v.out_w()}});
}
void check(const Pointwise& p) {
  require_positive("pointwise", {{"elements", p.elements}});
  if (!(p.reads + p.writes > 0)) throw std::invalid_argument("pointwise: must read or write something");
}
void check(const Rowwise& r) { require_positive("rowwise", {{"rows", r.rows}, {"cols", r.cols}}); }
void check(const Reduction& r) {
  require_positive("reduction", {{"elements", r.elements}, {"outputs", r.outputs}});
}
void check(const BatchNorm& b) {
  require_positive("batch norm", {{"n", b.n}, {"c", b.c}, {"spatial", b.spatial}});
}
void check(const Pool& p) {
  require_positive("pool",
                   {{"n", p.n}, {"c", p.c}, {"h", p.h}, {"w", p.w}, {"out_h", p.out_h}, {"out_w", p.out_w}});
}
void check(const Embedding& e) {
  require_positive("embedding", {{"tokens", e.tokens}, {"width", e.width}, {"vocabulary", e.vocabulary}});
}
void check(const Attention& a) {
  require_positive("attention", {{"batch", a.batch},
                                 {"heads", a.heads},
                                 {"query_length", a.query_length},
                                 {"key_length", a.key_length},
                                 {"head_dim", a.head_dim}});
}
void check(const Copy& c) { require_positive("copy", {{"elements", c.elements}}); }
void check(const OptimizerStep& o) {
  require_positive("optimizer", {{"parameters", o.parameters}, {"launches", o.launches}});
}

struct Demands {
  const Numerics& numerics;
  bool channels_last;
  int libraries;
  const Gpu& gpu;
  const Calibration& c;
  std::optional<WeightFormat> weights;
  bool cold_weights;
  Demand operator()(const Gemm& op) const {
    if (weights) return quantised_gemm_demand(op, *weights, numerics, gpu, c);
    if (op.recurrence) return recurrent_demand(op, numerics, gpu, c, libraries);
    return has_early_kernel(op, numerics, gpu, libraries)
               ? early_gemm_demand(op, numerics, gpu, c, libraries)
               : gemm_demand(op, numerics, gpu, c, libraries, cold_weights);
  }
  Demand operator()(const Conv2d& op) const {
    return conv_demand(op, numerics, gpu, c, libraries, cold_weights);
  }
  Demand operator()(const Rowwise& op) const { return rowwise_demand(op, numerics, gpu, c); }
  Demand operator()(const Attention& op) const { return attention_demand(op, numerics, gpu, c); }
  Demand operator()(const BatchNorm& op) const {
    return memory_bound_demand(op, channels_last, numerics, gpu, c);
  }
  template <class StreamingOp>
  Demand operator()(const StreamingOp& op) const {
    return memory_bound_demand(op, numerics, gpu, c);
  }
};

/// Frameworks have a kernel for a ReLU, a sum and a batch norm, and compose what does more per element.
bool composed(const Op& op) {
  if (const auto* p = std::get_if<Pointwise>(&op)) return p->flops_per_element > 2;
  return std::holds_alternative<Rowwise>(op);
}

/// What a function composed of primitive ops moves over what one kernel for it moves. TensorFlow 1's BERT: GELU by tanh 18
/// passes for 2 (x³, · 0.045, + x, · √(2/π), tanh, + 1, · ½, · x), a norm 10 for 2 (mean, squared difference, its mean,
/// scale, shift), dropout 10 for 2.25 (random, add, floor, divide, multiply), softmax 4 for 2.
constexpr double kPrimitivePasses = 5;

/// Compilers generate streams as good as anyone's, but not reductions of rows and columns.
bool reduces(const Op& op) {
  return std::holds_alternative<Rowwise>(op) || std::holds_alternative<Reduction>(op);
}

/// How well the code of this kernel does what it has to.
double code_efficiency(const Kernel& k, const Gpu& gpu, const Calibration& c) {
  const KernelKind what = kind(k.op);
  const bool product = what == KernelKind::gemm || what == KernelKind::batched_gemm ||
                       what == KernelKind::conv || what == KernelKind::attention;
  if (what == KernelKind::recurrence) return 1;  // a step's kernels are those of their year already
  if (product) return k.early ? c[Constant::stack_early] : 1;
  if (k.code == Code::primitive && (composed(k.op) || std::holds_alternative<OptimizerStep>(k.op)))
    return 1 / kPrimitivePasses;
  const bool by_parts =
      k.code == Code::generated ? reduces(k.op) : k.code == Code::scripted && composed(k.op);
  // Arithmetic is what such a stream loses, and SMs of 128 lanes do twice as much a clock as those of 64.
  return by_parts ? std::pow(c[Constant::stack_composed], 64.0 / gpu.fp32_lanes_per_sm) : 1;
}

Demand written_with(Demand d, double efficiency) {
  d.compute_cycles /= efficiency;
  d.l2_cycles /= efficiency;
  d.dram_efficiency *= efficiency;
  d.serial_dram_efficiency *= efficiency;
  return d;
}

}  // namespace

std::string_view name(Bound bound) {
  switch (bound) {
    case Bound::compute: return "compute";
    case Bound::dram: return "DRAM";
    case Bound::l2: return "L2";
    case Bound::latency: return "latency";
    case Bound::launch: return "launch";
  }
  return "?";
}

Demand demand_of(const Kernel& kernel, const Gpu& gpu, const Calibration& calibration) {
  std::visit([](const auto& op) { check(op); }, kernel.op);
  Demand demand = std::visit(Demands{kernel.numerics, kernel.channels_last, kernel.libraries, gpu,
                                     calibration, kernel.weights, kernel.cold_weights},
                             kernel.op);
  demand.replayed = kernel.replayed;
  demand.idle = kernel.idle;
  return written_with(demand, code_efficiency(kernel, gpu, calibration));
}

Estimate estimate(const Kernel& kernel, const Gpu& gpu, const Calibration& calibration) {
  return finish(demand_of(kernel, gpu, calibration), gpu, calibration);
}

}  // namespace roofcast
