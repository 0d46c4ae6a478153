// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/memory_bound.h"

#include "model/kernels/memory_system.h"

namespace roofcast {
namespace {

Demand with_flops(Demand d, Flops f) {
  d.flops = d.executed = f;
  return d;
}

}  // namespace

Demand memory_bound_demand(const Pointwise& op, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c) {
  const double n = static_cast<double>(op.elements);
  return with_flops(stream({.compulsory = storage_size(numerics.storage) * (n * (op.reads + op.writes)),
                            .lane_cycles = n * op.flops_per_element * c[Constant::memory_function_cycles]},
                           gpu, c),
                    flops(op));
}

Demand memory_bound_demand(const Reduction& op, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c) {
  const double n = static_cast<double>(op.elements);
  return with_flops(
      stream({.compulsory = storage_size(numerics.storage) * (n + static_cast<double>(op.outputs)),
              .lane_cycles = n * c[Constant::memory_function_cycles]},
             gpu, c),
      flops(op));
}

// Inference scales and shifts, a plain stream. Training reads its input for the statistics and again to normalise; backward reads input and gradient twice. In NCHW
// one block owns a channel, keeps it on chip where it fits, and has few loads under way between its barriers. Source:
// cuDNN's spatial batch norm, kernels bn_fw_tr_1C11 and bn_bw_1C11 with their "singleread" variants.
Demand memory_bound_demand(const BatchNorm& op, bool channels_last, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c) {
  const double channel = static_cast<double>(op.n) * static_cast<double>(op.spatial);
  const double n = channel * static_cast<double>(op.c);
  const Bytes tensor = storage_size(numerics.storage) * n;
  const bool backward = op.kind == BatchNorm::Kind::backward;
  Stream s{.compulsory = tensor * (backward ? 3.0 : 2.0),
           .lane_cycles = n * 4 * c[Constant::memory_function_cycles]};
  if (op.kind != BatchNorm::Kind::inference) {
    const double operands = backward ? 2 : 1;
    const Bytes slab = storage_size(NumberFormat::fp32) * (channel * operands);
    const bool on_chip = !channels_last && slab <= gpu.registers_per_sm * 0.5;
    s.reread = tensor * (on_chip ? 0.0 : operands);
    s.reread_miss = 1;
    s.efficiency = c[Constant::batch_norm_efficiency];
    if (!channels_last) s.sm_bytes_per_clock = c[Constant::batch_norm_channel_bytes];
  }
  return with_flops(stream(s, gpu, c), flops(op));
}

Demand memory_bound_demand(const Pool& op, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const Elements e = compulsory_elements(op);
  const double taps = static_cast<double>(op.n * op.c) * static_cast<double>(op.out_h * op.out_w) *
                      static_cast<double>(op.window * op.window);
  return with_flops(stream({.compulsory = storage_size(numerics.storage) * (e.read + e.written),
                            .lane_cycles = taps * 2 * c[Constant::memory_function_cycles]},
                           gpu, c),
                    flops(op));
}

Demand memory_bound_demand(const Embedding& op, const Numerics& numerics, const Gpu& gpu,
                           const Calibration& c) {
  const Elements e = compulsory_elements(op);
  return with_flops(stream({.compulsory = storage_size(numerics.storage) * (e.read + e.written),
                            .efficiency = c[Constant::scatter_efficiency]},
                           gpu, c),
                    flops(op));
}

Demand memory_bound_demand(const Copy& op, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const double n = static_cast<double>(op.elements);
  return stream({.compulsory = storage_size(numerics.storage) * (n * (op.reads + op.writes)),
                 .efficiency = op.transposing ? c[Constant::copy_transposing] : 1.0},
                gpu, c);
}

Demand memory_bound_demand(const OptimizerStep& op, const Numerics&, const Gpu& gpu, const Calibration& c) {
  const double n = static_cast<double>(op.parameters);
  Demand d = stream({.compulsory = op.bytes_per_parameter * n,
                     .lane_cycles = n * op.flops_per_parameter * c[Constant::memory_function_cycles]},
                    gpu, c);
  d.launches = static_cast<int>(op.launches);
  d.latency = d.latency * static_cast<double>(op.launches);
  return with_flops(d, flops(op));
}

}  // namespace roofcast
