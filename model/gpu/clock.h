// The clock is an outcome: the highest at which the board's power stays within its limit.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "model/gpu/gpu.h"

namespace roofcast {

/// Constants of the power model; a Calibration carries their values.
struct PowerModel {
  double boost_reach = 1;           // highest over listed boost clock of boards that boost opportunistically
  double static_fraction = 0.1;     // of TDP: regulators, fan, memory interface
  double static_per_area = 0;       // W per mm² of die: leakage and clock tree
  JoulesPerFlop flop_energy;        // one FP32 operation on CUDA cores, 16 nm, at the lowest voltage
  JoulesPerByte fetch_energy;       // of an operand from L2 into an SM's shared memory, the same
  double voltage_slope = 0.5;       // rise of V / V_min per unit of f / f_process above one half
  double memory_ratio = 1;          // on the literature's energy per bit
  double energy_5nm = 0.5;          // of an operation at 5 nm over 16 nm, equal voltage
  double voltage_slope_fine = 0.5;  // below 12 nm
};

/// The highest clock the board runs at as it comes: boost, more where the board boosts opportunistically, the driver's
/// where that is another.
Hertz highest_clock(const Gpu& gpu, const PowerModel& model);

/// Power drawn whatever runs: a share of the board's limit and a share of its die. A die whose size is unknown is taken
/// to be typical for the limit; low power modes gate what they do not use, so half of the limit is never exceeded.
Watts static_power(const Gpu& gpu, const PowerModel& model);

/// What a kernel asks for while the SMs run at `clock`: seconds = time(clock).
struct Activity {
  Flops executed;           // per launch
  double energy_ratio = 1;  // energy of one of them relative to an FP32 FMA's operation
  Bytes dram_bytes;
  Bytes fetched;         // operands of products, from L2 into SMs
  double sm_cycles = 0;  // compute side, busiest SM
  Seconds fixed_time;    // memory side, does not scale with the SM clock
  Seconds serial_time;   // memory phases of their own, before or after the compute
  double overlap = 4;    // exponent that joins the two sides, see `join`
  Seconds idle;          // before the next launch: a governor sees the mean
};

/// Joins two times that overlap imperfectly: (a^p + b^p)^(1/p). p → ∞ is max, p = 1 the sum.
Seconds join(Seconds a, Seconds b, double p);

/// Process-node facts: energy per operation relative to 16 nm at equal voltage and the clock the node is designed
/// for. Source: foundry claims and chip comparisons, ± 25 %, but for the finest node's energy; interpolated between nodes.
struct Process {
  double relative_energy;
  Hertz design_clock;
};
Process process(double node_nm, double energy_5nm);

/// Energy to move one bit to or from memory of this type. Source: literature values, ± 20 %.
JoulesPerByte memory_energy(const std::string& memory_type);

/// Relative to V_min: flat to half of the process's design clock, then linear. Source: DVFS curves of Pascal to Ada
/// boards, one shape for all.
double relative_voltage(Hertz clock, Hertz design_clock, double slope);

/// What a kernel draws, as a function of the clock the SMs run at.
class Draw {
 public:
  Draw(const Gpu& gpu, const Activity& activity, const PowerModel& model);
  Seconds time(Hertz clock) const;
  Joules energy(Hertz clock) const;  // per launch, without the static share
  /// Of the whole board, from launch to launch; the static share alone where there is no work.
  Watts power(Hertz clock) const;

 private:
  Activity activity_;
  Hertz design_clock_;
  double voltage_slope_;
  Watts fixed_;
  Joules memory_;     // per launch
  Joules switching_;  // per launch, at the lowest voltage
};

struct SustainedClock {
  Hertz clock;
  Watts power;   // board power at that clock
  bool capped;   // true when the power limit, not the boost clock, decided
  bool at_base;  // true when even the base clock exceeds the limit in the model; the vendor guarantees base
};

/// Highest clock in [base, boost] with P_static + P_memory + P_compute ≤ TDP. Monotone: more TDP never lowers it.
SustainedClock sustained_clock(const Gpu& gpu, const Activity& activity, const PowerModel& model);

/// The same of anything whose mean power rises with the clock: a step of many kernels.
SustainedClock sustained_clock(const Gpu& gpu, const PowerModel& model,
                               const std::function<Watts(Hertz)>& mean_power);

}  // namespace roofcast
