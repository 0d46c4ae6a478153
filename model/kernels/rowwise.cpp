// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/rowwise.h"

#include <algorithm>

#include "model/kernels/memory_system.h"

namespace roofcast {
namespace {

constexpr Bytes kLoad{16};  // of one thread, the widest vector load

struct Traffic {
  double reads, writes;  // full tensors, compulsory
  double rereads;        // full tensors read again, from L2 where the rows in flight still fit
  double row_threads;    // threads that share a row: decides how many rows are in flight
  double flops;          // per element
};

// PyTorch: rows up to 1,024 live in registers (softmax); longer ones are re-read. Layer norm always re-reads.
Traffic traffic(const Rowwise& op) {
  const double cols = static_cast<double>(op.cols);
  const double wide = std::clamp(cols / 4, 32.0, 1024.0);
  const bool registers = op.cols <= 1024;
  switch (op.kind) {
    case Rowwise::Kind::softmax: return {1, 1, registers ? 0.0 : 2.0, wide, 8};
    case Rowwise::Kind::cross_entropy: return {1, 1, 1, wide, 8};
    case Rowwise::Kind::layer_norm:
    case Rowwise::Kind::rms_norm: return {1, 1, 1, 128, 8};
    case Rowwise::Kind::softmax_backward: return {2, 1, registers ? 0.0 : 2.0, wide, 6};
    case Rowwise::Kind::layer_norm_backward:
      return {3, 1, 2, 256, 16};  // + a pass for the two parameter gradients
  }
  return {1, 1, 0, 256, 1};
}

}  // namespace

Demand rowwise_demand(const Rowwise& op, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const Traffic t = traffic(op);
  const double elements = static_cast<double>(op.rows) * static_cast<double>(op.cols);
  const Bytes tensor = storage_size(numerics.storage) * elements;
  // Little's law: rows advance together in as many threads, each with a load under way, as cover the memory's latency.
  const Bytes under_way = gpu.memory_bandwidth * microseconds(c[Constant::rowwise_delay_us]);
  const double rows_in_flight = std::min(static_cast<double>(op.rows), under_way / (kLoad * t.row_threads));
  const Bytes in_flight =
      storage_size(numerics.storage) * (rows_in_flight * static_cast<double>(op.cols) * t.reads);
  const double start = c[Constant::rowwise_miss_start];
  const double miss = std::clamp((in_flight / gpu.l2 - start) / (1 - start), 0.0, 1.0);
  // What misses take of the bandwidth. They do not draw on the power budget: a clock that fell with the rows in flight
  // would make a board with more bandwidth slower.
  const double compulsory = t.reads + t.writes;
  const double useful = compulsory / (compulsory + t.rereads * miss);
  Demand d = stream({.compulsory = tensor * (t.reads + t.writes),
                     .reread = tensor * t.rereads,
                     .reread_cost = c[Constant::rowwise_reread_cost],
                     .lane_cycles = elements * t.flops * c[Constant::memory_function_cycles],
                     .efficiency = c[Constant::rowwise_efficiency] * useful},
                    gpu, c);
  d.flops = flops(op);
  d.executed = d.flops;
  return d;
}

}  // namespace roofcast
