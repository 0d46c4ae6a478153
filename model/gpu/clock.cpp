// SPDX-License-Identifier: Apache-2.0
#include "model/gpu/clock.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace roofcast {

Seconds join(Seconds a, Seconds b, double p) {
  const double high = std::max(a.value, b.value);
  const double low = std::min(a.value, b.value);
  if (low <= 0) return Seconds(high);
  return Seconds(high * std::pow(1 + std::pow(low / high, p), 1 / p));
}

Process process(double node_nm, double energy_5nm) {
  struct Entry {
    double nm, energy, gigahertz;
  };
  // 12FFN is a refinement of 16FF: nearly the same energy per operation. Clocks are those that the first large boards of a
  // node boost to: GTX 1080, RX 5700 XT at 7 nm, RTX 4090.
  const std::array<Entry, 7> table{{{28, 1.65, 1.15},
                                    {16, 1.0, 1.75},
                                    {12, 0.97, 1.75},
                                    {8, 0.70, 1.90},
                                    {7, 0.68, 1.90},
                                    {6, 0.60, 1.90},
                                    {5, energy_5nm, 2.60}}};
  if (node_nm >= table.front().nm) return {table.front().energy, gigahertz(table.front().gigahertz)};
  for (std::size_t i = 1; i < table.size(); ++i) {
    if (node_nm >= table[i].nm) {
      const Entry& coarse = table[i - 1];
      const Entry& fine = table[i];
      const double t = (node_nm - fine.nm) / (coarse.nm - fine.nm);
      return {std::lerp(fine.energy, coarse.energy, t),
              gigahertz(std::lerp(fine.gigahertz, coarse.gigahertz, t))};
    }
  }
  return {table.back().energy, gigahertz(table.back().gigahertz)};
}

JoulesPerByte memory_energy(const std::string& memory_type) {
  static constexpr std::array<std::pair<std::string_view, double>, 12> picojoules_per_bit{{{"GDDR5", 14},
                                                                                           {"GDDR5X", 12},
                                                                                           {"GDDR6", 8},
                                                                                           {"GDDR6X", 7.5},
                                                                                           {"GDDR7", 7},
                                                                                           {"HBM2", 4},
                                                                                           {"HBM2e", 3.5},
                                                                                           {"HBM3", 3.5},
                                                                                           {"HBM3e", 3.5},
                                                                                           {"LPDDR4x", 5},
                                                                                           {"LPDDR5", 4},
                                                                                           {"LPDDR5X", 4}}};
  for (const auto& [type, energy] : picojoules_per_bit) {
    if (type == memory_type) return JoulesPerByte(energy * 8e-12);
  }
  return JoulesPerByte(8 * 8e-12);
}

double relative_voltage(Hertz clock, Hertz design_clock, double slope) {
  return 1 + slope * std::max(0.0, clock / design_clock - 0.5);
}

Hertz highest_clock(const Gpu& gpu, const PowerModel& model) {
  if (gpu.application_clock) return *gpu.application_clock;
  return gpu.opportunistic_boost ? gpu.boost_clock * model.boost_reach : gpu.boost_clock;
}

Watts static_power(const Gpu& gpu, const PowerModel& model) {
  // Median over the 84 boards of the GPU base whose die size is published.
  constexpr double kTypicalAreaPerWatt = 2.1;
  const double area = gpu.die_mm2.value_or(kTypicalAreaPerWatt * gpu.tdp.value);
  return std::min(gpu.tdp * model.static_fraction + Watts(model.static_per_area * area), gpu.tdp * 0.5);
}

Draw::Draw(const Gpu& gpu, const Activity& activity, const PowerModel& model)
    : activity_(activity),
      voltage_slope_(gpu.process_nm < 12 ? model.voltage_slope_fine : model.voltage_slope),
      fixed_(static_power(gpu, model)) {
  const Process node = process(gpu.process_nm, model.energy_5nm);
  design_clock_ = std::max(node.design_clock, highest_clock(gpu, model));
  memory_ = memory_energy(gpu.memory_type) * activity.dram_bytes * model.memory_ratio;
  switching_ = (model.flop_energy * activity.energy_ratio * activity.executed +
                model.fetch_energy * activity.fetched) *
               node.relative_energy;
}

Seconds Draw::time(Hertz clock) const {
  return join(activity_.sm_cycles / clock, activity_.fixed_time, activity_.overlap) + activity_.serial_time;
}

Joules Draw::energy(Hertz clock) const {
  const double v = relative_voltage(clock, design_clock_, voltage_slope_);
  return memory_ + switching_ * (v * v);
}

Watts Draw::power(Hertz clock) const {
  const Seconds t = time(clock);
  return t.value > 0 ? fixed_ + energy(clock) / (t + activity_.idle) : fixed_;
}

SustainedClock sustained_clock(const Gpu& gpu, const Activity& activity, const PowerModel& model) {
  const Draw draw(gpu, activity, model);
  return sustained_clock(gpu, model, [&](Hertz clock) { return draw.power(clock); });
}

SustainedClock sustained_clock(const Gpu& gpu, const PowerModel& model,
                               const std::function<Watts(Hertz)>& power) {
  const Hertz boost = highest_clock(gpu, model);
  const Hertz base = std::min(gpu.base_clock.value_or(boost * 0.5), boost);
  const Watts at_boost = power(boost);
  if (at_boost <= gpu.tdp) return {boost, at_boost, false, false};
  const Watts at_base = power(base);
  if (at_base >= gpu.tdp) return {base, gpu.tdp, true, true};
  // False position with the Illinois rule (Dowell and Jarratt 1971): power is nearly a line, so that a few steps do.
  Hertz low = base, high = boost, at = base;
  Watts below = at_base - gpu.tdp, above = at_boost - gpu.tdp;
  int side = 0;  // the end moved last; an end that stays twice counts half
  for (int i = 0; i < 40; ++i) {
    at = high - (high - low) * (above / (above - below));
    const Watts off = power(at) - gpu.tdp;
    if (std::abs(off / gpu.tdp) < 1e-12) break;
    if (off.value > 0) {
      high = at;
      above = off;
      if (std::exchange(side, 1) == 1) below = below * 0.5;
    } else {
      low = at;
      below = off;
      if (std::exchange(side, -1) == -1) above = above * 0.5;
    }
  }
  return {at, gpu.tdp, true, false};
}

}  // namespace roofcast
