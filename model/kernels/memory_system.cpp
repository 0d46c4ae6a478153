// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/memory_system.h"

#include <algorithm>

#include "model/gpu/generation.h"

namespace roofcast {

double stream_efficiency(const Gpu& gpu, const Calibration& c) {
  const std::string_view type = gpu.memory_type;
  if (type.starts_with("LPDDR")) return c[Constant::memory_lpddr];
  if (type.starts_with("HBM")) {
    if (generation(gpu) == Generation::pascal) return c[Constant::memory_hbm_pascal];
    return c[type == "HBM2" || type == "HBM" ? Constant::memory_hbm : Constant::memory_hbm_late];
  }
  if (gpu.inline_ecc) return c[Constant::memory_gddr_ecc];
  return c[type.starts_with("GDDR5") ? Constant::memory_gddr_pascal : Constant::memory_gddr];
}

double l2_width(const Gpu& gpu) {
  constexpr double kGv100 = 2048.0 / 80;  // bytes per clock per SM, NVIDIA A100 whitepaper
  return gpu.l2_per_sm_clock ? gpu.l2_per_sm_clock->value / kGv100 : 1;
}

double l2_hit(Bytes working_set, const Gpu& gpu, const Calibration& c) {
  const Bytes usable = gpu.l2 * c[Constant::memory_l2_resident];
  return std::clamp(2.0 - working_set / usable, 0.0, 1.0);
}

Demand stream(const Stream& s, const Gpu& gpu, const Calibration& c) {
  Demand d;
  d.compulsory_bytes = s.compulsory;
  const double hit = l2_hit(s.compulsory, gpu, c);
  d.dram_bytes = s.compulsory * (1 - hit) + s.reread * (s.reread_miss * (1 - hit));
  // What stays in L2 never reaches DRAM, so the DRAM roof does not apply to it.
  d.compulsory_bytes = s.compulsory * (1 - hit);
  d.dram_efficiency = stream_efficiency(gpu, c) * s.efficiency;
  const double l2_rate = c[Constant::memory_l2_bytes_per_clock] * gpu.sm_count;
  d.l2_cycles = (s.compulsory + s.reread * s.reread_cost).value / l2_rate;
  if (s.sm_bytes_per_clock)
    d.l2_cycles = std::max(d.l2_cycles, d.dram_bytes.value / (*s.sm_bytes_per_clock * gpu.sm_count));
  d.compute_cycles = s.lane_cycles / (static_cast<double>(gpu.sm_count) * gpu.fp32_lanes_per_sm);
  d.ideal_cycles = d.compute_cycles;
  d.latency = microseconds(c[Constant::memory_ramp_us]);
  d.overlap = c[Constant::memory_overlap];
  return d;
}

}  // namespace roofcast
