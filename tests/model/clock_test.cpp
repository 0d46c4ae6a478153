// SPDX-License-Identifier: Apache-2.0
#include "model/gpu/clock.h"

#include <doctest/doctest.h>

using namespace roofcast;

namespace {

Gpu board(double tdp) {
  Gpu g;
  g.process_nm = 16;
  g.boost_clock = gigahertz(1.6);
  g.base_clock = gigahertz(0.4);
  g.memory_type = "HBM2";
  g.tdp = Watts(tdp);
  return g;
}

// 1e9 cycles of 1,000 operations each: 1e12 operations, 0.625 s at 1.6 GHz.
Activity work() {
  Activity a;
  a.executed = Flops(1e12);
  a.sm_cycles = 1e9;
  return a;
}

constexpr PowerModel kModel{1, 0.2, 0, JoulesPerFlop(10e-12), JoulesPerByte(100e-12), 0.0, 1};

}  // namespace

TEST_CASE("a board with watts to spare runs at its boost clock") {
  // 10 pJ × 1e12 / 0.625 s = 16 W, + 20 W static of 100 W
  const SustainedClock s = sustained_clock(board(100), work(), kModel);
  CHECK(s.clock == gigahertz(1.6));
  CHECK(s.power.value == doctest::Approx(36));
  CHECK_FALSE(s.capped);
}

TEST_CASE("a capped board runs at the clock whose power meets the limit") {
  // 10 W board: 2 W static leave 8 W; 10 J of work take 1.25 s, that is 0.8 GHz
  const SustainedClock s = sustained_clock(board(10), work(), kModel);
  CHECK(in_gigahertz(s.clock) == doctest::Approx(0.8).epsilon(1e-4));
  CHECK(s.power == Watts(10));
  CHECK(s.capped);
  CHECK_FALSE(s.at_base);
}

TEST_CASE("the base clock is guaranteed") {
  const SustainedClock s = sustained_clock(board(1), work(), kModel);
  CHECK(s.clock == gigahertz(0.4));
  CHECK(s.at_base);
}

TEST_CASE("a kernel that waits for memory keeps its boost clock") {
  Activity a = work();
  a.fixed_time = Seconds(100);
  CHECK(sustained_clock(board(10), a, kModel).clock == gigahertz(1.6));
}

TEST_CASE("the limit holds on average: a stream beside the work lets it run faster") {
  // As above, with 0.25 s of traffic that draws static power alone: of the 1.25 s that 10 J may take the work gets 1 s.
  const Gpu gpu = board(10);
  const Draw draw(gpu, work(), kModel);
  CHECK(draw.time(gigahertz(1)).value == doctest::Approx(1));
  CHECK(draw.power(gigahertz(1)).value == doctest::Approx(2 + 10));
  const auto mean = [&](Hertz clock) {
    const Seconds busy = draw.time(clock), stream(0.25);
    return (draw.power(clock) * busy + Watts(2) * stream) / (busy + stream);
  };
  const SustainedClock s = sustained_clock(gpu, kModel, mean);
  CHECK(in_gigahertz(s.clock) == doctest::Approx(1).epsilon(1e-6));
  CHECK(s.power == Watts(10));
}

TEST_CASE("operands fetched from L2 cost energy: smaller tiles hold a capped board at a lower clock") {
  // 100 pJ × 2.5e10 bytes on top of 10 J: 8 W allow 12.5 J in 1.5625 s, at 16 nm; at 28 nm both cost as much more.
  Activity tiled = work();
  tiled.fetched = Bytes(2.5e10);
  Gpu gpu = board(10);
  CHECK(in_gigahertz(sustained_clock(gpu, tiled, kModel).clock) == doctest::Approx(0.64).epsilon(1e-4));
  const auto energy = [&](const Activity& a) { return Draw(gpu, a, kModel).energy(gigahertz(0.8)); };
  CHECK(energy(tiled).value == doctest::Approx(12.5));
  const double share = energy(tiled) / energy(work());
  gpu.process_nm = 28;
  CHECK(energy(tiled) / energy(work()) == doctest::Approx(share));
}

TEST_CASE("a governor sees the mean: a launch after which the GPU idles runs at a higher clock") {
  // The quarter of a second of the stream above, spent waiting.
  Activity spaced = work();
  spaced.idle = Seconds(0.25);
  const Gpu gpu = board(10);
  CHECK(sustained_clock(gpu, work(), kModel).clock < gigahertz(0.95));
  const SustainedClock s = sustained_clock(gpu, spaced, kModel);
  CHECK(in_gigahertz(s.clock) == doctest::Approx(1).epsilon(1e-6));
  CHECK(Draw(gpu, spaced, kModel).time(s.clock).value == doctest::Approx(1));  // the wait is no part of it
}

TEST_CASE("voltage is flat to half the design clock and rises linearly beyond") {
  CHECK(relative_voltage(gigahertz(0.5), gigahertz(2), 0.6) == 1);
  CHECK(relative_voltage(gigahertz(1), gigahertz(2), 0.6) == 1);
  CHECK(relative_voltage(gigahertz(1.5), gigahertz(2), 0.6) == doctest::Approx(1.15));
}

TEST_CASE("joining is the larger of two very different times and 2^(1/p) of two equal ones") {
  CHECK(join(Seconds(1), Seconds(1e-6), 4).value == doctest::Approx(1));
  CHECK(join(Seconds(1), Seconds(1), 4).value == doctest::Approx(1.189207));
  CHECK(join(Seconds(0), Seconds(0), 4).value == 0);
}

TEST_CASE("process facts interpolate between nodes and hold at the ends") {
  const auto energy = [](double nm) { return process(nm, 0.5).relative_energy; };
  CHECK(energy(16) == 1);
  CHECK(energy(10) == doctest::Approx(0.835));  // half way from 8 to 12 nm
  CHECK(energy(40) == energy(28));
  CHECK(energy(5) == 0.5);
  CHECK(energy(3) == energy(5));
}

TEST_CASE(
    "only a board that boosts opportunistically passes its listed clock, unless its driver's highest is "
    "another") {
  PowerModel reach = kModel;
  reach.boost_reach = 1.05;
  Gpu g = board(100);
  CHECK(highest_clock(g, reach) == gigahertz(1.6));
  g.opportunistic_boost = true;
  CHECK(in_gigahertz(highest_clock(g, reach)) == doctest::Approx(1.68));
  g.application_clock = gigahertz(1.2);
  CHECK(highest_clock(g, reach) == gigahertz(1.2));
  g.application_clock = gigahertz(1.7);
  CHECK(highest_clock(g, reach) == gigahertz(1.7));
}

TEST_CASE("static power follows the limit and the die, and is never more than half of the limit") {
  PowerModel model = kModel;
  model.static_fraction = 0.1;
  model.static_per_area = 0.05;
  Gpu g = board(100);
  g.die_mm2 = 300;
  CHECK(static_power(g, model).value == doctest::Approx(10 + 15));
  g.die_mm2 = 2000;
  CHECK(static_power(g, model).value == doctest::Approx(50));
  g.die_mm2.reset();  // typical for the limit: 2.1 mm² a watt
  CHECK(static_power(g, model).value == doctest::Approx(10 + 10.5));
}
