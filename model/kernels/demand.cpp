// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/demand.h"

#include <algorithm>

#include "model/gpu/clock.h"

namespace roofcast {
namespace {

Seconds dram_time(const Demand& d, const Gpu& gpu) {
  return d.dram_bytes / (gpu.memory_bandwidth * d.dram_efficiency) + d.latency;
}

Seconds serial_time(const Demand& d, const Gpu& gpu) {
  return d.serial_dram_bytes / (gpu.memory_bandwidth * d.serial_dram_efficiency);
}

double sm_cycles(const Demand& d) { return std::max(d.compute_cycles, d.l2_cycles); }

Bound bound_of(const Demand& d, Seconds compute, Seconds l2, Seconds dram, Seconds launch) {
  const Seconds longest = std::max({compute, l2, dram, launch});
  if (longest == launch) return Bound::launch;
  if (longest == dram) return Bound::dram;
  if (longest == l2 && l2 > compute) return Bound::l2;
  return d.latency_bound ? Bound::latency : Bound::compute;
}

}  // namespace

PowerModel power_model(const Calibration& c) {
  return {c[Constant::power_boost_reach],
          c[Constant::power_static_fraction],
          c[Constant::power_static_per_area],
          JoulesPerFlop(c[Constant::power_picojoules_per_flop] * 1e-12),
          JoulesPerByte(c[Constant::power_picojoules_per_byte] * 1e-12),
          c[Constant::power_voltage_slope],
          c[Constant::power_memory_ratio],
          c[Constant::power_energy_5nm],
          c[Constant::power_voltage_slope_fine]};
}

Demand with_serial_stream(Demand d, const Demand& s) {
  d.ideal_cycles += s.ideal_cycles;
  d.compulsory_bytes += s.compulsory_bytes;
  const Bytes at_datasheet =
      d.serial_dram_bytes / d.serial_dram_efficiency + s.dram_bytes / s.dram_efficiency;
  d.serial_dram_bytes += s.dram_bytes;
  if (at_datasheet.value > 0) d.serial_dram_efficiency = d.serial_dram_bytes / at_datasheet;
  d.latency += s.latency;
  d.launches += s.launches;
  d.wait += s.wait;
  return d;
}

Seconds time_at_boost(const Demand& d, const Gpu& gpu, const Calibration& c) {
  return join(sm_cycles(d) / highest_clock(gpu, power_model(c)), dram_time(d, gpu), d.overlap) +
         serial_time(d, gpu);
}

Activity activity(const Demand& d, const Gpu& gpu) {
  return {d.executed,          d.energy_ratio, d.dram_bytes + d.serial_dram_bytes,
          d.fetched,           sm_cycles(d),   dram_time(d, gpu),
          serial_time(d, gpu), d.overlap,      d.idle};
}

Seconds launch_time(const Demand& d, const Calibration& calibration) {
  const Constant gap = d.replayed ? Constant::launch_replay_us : Constant::launch_gap_us;
  return microseconds(calibration[gap]) * static_cast<double>(d.launches) + d.wait;
}

Estimate finish(const Demand& d, const Gpu& gpu, const Calibration& calibration) {
  const SustainedClock sustained = sustained_clock(gpu, activity(d, gpu), power_model(calibration));
  Estimate e = finish(d, gpu, calibration, sustained.clock);
  e.power = std::min(e.power, gpu.tdp);  // at the guaranteed base clock too, whatever the model draws there
  return e;
}

Estimate finish(const Demand& d, const Gpu& gpu, const Calibration& calibration, Hertz clock) {
  const PowerModel model = power_model(calibration);
  const Hertz boost = highest_clock(gpu, model);
  const Seconds dram = dram_time(d, gpu);
  const Seconds serial = serial_time(d, gpu);
  const Seconds launch = launch_time(d, calibration);
  const Draw draw(gpu, activity(d, gpu), model);

  Estimate e;
  Waterfall& w = e.waterfall;
  const Seconds compulsory = d.compulsory_bytes / gpu.memory_bandwidth;
  w.ideal = std::max(d.ideal_cycles / boost, compulsory);
  w.tiling = std::max({w.ideal, d.compute_cycles / boost, compulsory});
  w.traffic = std::max(w.tiling, time_at_boost(d, gpu, calibration));
  w.clock = std::max(w.traffic, draw.time(clock));
  w.total = w.clock + launch;
  e.seconds = w.total;
  e.flops = d.flops;
  e.dram_bytes = d.dram_bytes + d.serial_dram_bytes;
  e.clock = clock;
  e.power = static_power(gpu, model) + draw.energy(clock) / w.total;
  e.algorithm = d.algorithm;
  e.bound = bound_of(d, d.compute_cycles / clock, d.l2_cycles / clock, dram + serial, launch);
  return e;
}

}  // namespace roofcast
