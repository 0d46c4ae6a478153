// --set: figures, units, ranges and contradictions.
// SPDX-License-Identifier: Apache-2.0
#include "cli/overrides.h"

#include <doctest/doctest.h>

#include <string>

#include "hwdb/input_error.h"

using namespace roofcast;
using namespace roofcast::cli;
using doctest::Approx;

namespace {

Gpu board() {
  Gpu g;
  g.name = "Board";
  g.base_clock = megahertz(1202);
  g.boost_clock = megahertz(1480);
  g.memory = gibibytes(8);
  g.l2 = mebibytes(2);
  g.tdp = Watts(105);
  g.sm_count = 14;
  return g;
}

std::string refusal(const std::string& text) {
  try {
    apply(board(), parse_overrides(text));
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

bool says(const std::string& text, const std::string& part) {
  return refusal(text).find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("figures are changed in their units") {
  const Gpu g =
      apply(board(), parse_overrides("tdp=140W, bandwidth=400GB/s,boost=1.9GHz,sms=30,memory=12GiB,l2=4MiB"));
  CHECK(g.tdp.value == 140);
  CHECK(in_gigabytes_per_second(g.memory_bandwidth) == Approx(400));
  CHECK(in_gigahertz(g.boost_clock) == Approx(1.9));
  CHECK(g.sm_count == 30);
  CHECK(in_gibibytes(g.memory) == Approx(12));
  CHECK(in_mebibytes(g.l2) == Approx(4));
}

TEST_CASE("MHz and GHz, GB and GiB are different units of the same figure") {
  CHECK(parse_overrides("boost=1900MHz")[0].value == Approx(parse_overrides("boost=1.9 GHz")[0].value));
  CHECK(parse_overrides("memory=12GB")[0].value == Approx(12e9));
  CHECK(parse_overrides("memory=12GiB")[0].value == Approx(12 * 1073741824.0));
}

TEST_CASE("the clock tensor peaks are quoted at follows the boost clock") {
  Gpu g = board();
  g.boost_clock = gigahertz(2);
  g.tensor_peak_clock = gigahertz(1.8);
  CHECK(in_gigahertz(*apply(g, parse_overrides("boost=3GHz")).tensor_peak_clock) == Approx(2.7));
}

TEST_CASE("a driver's clock above the boost clock gives way to the one asked for, a default below stays") {
  Gpu g = board();
  g.boost_clock = gigahertz(2);
  g.application_clock = gigahertz(2.1);
  CHECK_FALSE(apply(g, parse_overrides("boost=2.2GHz")).application_clock);
  g.application_clock = gigahertz(1.8);
  CHECK(apply(g, parse_overrides("boost=2.2GHz")).application_clock == gigahertz(1.8));
  CHECK_FALSE(apply(g, parse_overrides("boost=1.7GHz")).application_clock);
}

TEST_CASE("an unknown figure names what is possible and the nearest") {
  CHECK(says("bandwith=400GB/s", "unknown figure 'bandwith'; did you mean 'bandwidth'?"));
  CHECK(says("colour=3", "possible are tdp, bandwidth, boost"));
}

TEST_CASE("an unknown or missing unit names what is possible") {
  CHECK(says("tdp=140", "has no unit; give W or kW"));
  CHECK(says("bandwidth=400Gb/s", "unknown unit 'Gb/s'; give GB/s, GiB/s, TB/s or MB/s"));
  CHECK(says("sms=30x", "unknown unit 'x'; give a plain number"));
}

TEST_CASE("values that are no numbers or out of range are refused") {
  CHECK(says("tdp=watt", "is not a number"));
  CHECK(says("tdp=nanW", "is not a number"));
  CHECK(says("tdp=-5W", "outside"));
  CHECK(says("tdp=0W", "outside"));
  CHECK(says("sms=2.5", "not a whole number"));
  CHECK(says("tdp=1e999W", "outside"));
  CHECK(says("tdp", "is not figure=value"));
  CHECK(says("tdp=1W,tdp=2W", "given twice"));
  CHECK(says("tdp=1W,,", "empty entry"));
}

TEST_CASE("a board that contradicts itself is refused") {
  CHECK(says("boost=1GHz", "base clock of 1.202 GHz above its boost clock of 1.000 GHz; set both"));
  CHECK(refusal("boost=1GHz,base=0.8GHz").empty());
  CHECK(says("l2=16384MiB", "more L2 cache than memory"));
}
