// Quantities combine as physics lets them, and convert only at the edges.
// SPDX-License-Identifier: Apache-2.0
#include "model/units.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <type_traits>

using namespace roofcast;
using doctest::Approx;

namespace {
template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
}  // namespace

TEST_CASE("bytes over bandwidth is time: 243.3 GB at 243.3 GB/s take one second") {
  const Seconds t = Bytes(243.3e9) / gigabytes_per_second(243.3);
  CHECK(t.value == Approx(1));
}

TEST_CASE("operations over rate is time: 2 GFLOP at 5 TFLOP/s take 0.4 ms") {
  CHECK(in_milliseconds(Flops(2e9) / teraflops(5)) == Approx(0.4));
}

TEST_CASE("power times time is energy: 105 W for one hour is 0.105 kWh = 378 kJ") {
  static_assert(std::same_as<decltype(Watts(105) * Seconds(3600)), Joules>);
  CHECK((Watts(105) * Seconds(3600)).value == Approx(378e3));
}

TEST_CASE("electricity at 0.15 $/kWh makes 3.6 MJ cost 15 cents") {
  const DollarsPerJoule price(0.15 / 3.6e6);
  CHECK((price * Joules(3.6e6)).value == Approx(0.15));
}

TEST_CASE("rate over bandwidth is arithmetic intensity in FLOP per byte") {
  static_assert(std::same_as<decltype(teraflops(5.3) / gigabytes_per_second(243.3)), FlopsPerByte>);
  CHECK((teraflops(5.3) / gigabytes_per_second(243.3)).value == Approx(21.78).epsilon(0.001));
}

TEST_CASE("a quotient of like quantities is a plain number") {
  static_assert(std::same_as<decltype(Seconds(6) / Seconds(2)), double>);
  CHECK(Seconds(6) / Seconds(2) == 3);
}

TEST_CASE("one over a clock is a period") {
  static_assert(std::same_as<decltype(1.0 / gigahertz(1)), Seconds>);
  CHECK((1.0 / gigahertz(1)).value == Approx(1e-9));
}

TEST_CASE("unlike quantities do not add and numbers do not become quantities by themselves") {
  static_assert(Addable<Seconds, Seconds>);
  static_assert(!Addable<Seconds, Bytes>);
  static_assert(!Addable<Watts, Joules>);
  static_assert(!std::is_convertible_v<double, Seconds>);
  static_assert(!std::is_convertible_v<Seconds, double>);
}

TEST_CASE("GB is 10^9 and GiB is 2^30") {
  CHECK(gigabytes_per_second(1).value == 1e9);
  CHECK(gibibytes(1).value == 1073741824.0);
  CHECK(in_mebibytes(gibibytes(1)) == 1024);
  CHECK(in_kibibytes(mebibytes(1)) == 1024);
}

TEST_CASE("sums, differences and scaling keep the unit") {
  Seconds t = milliseconds(3);
  t += microseconds(500);
  t -= milliseconds(1.5);
  t *= 2;
  CHECK(in_milliseconds(t) == Approx(4));
  CHECK(Seconds(1) < Seconds(2));
  CHECK(std::max(Seconds(1), Seconds(2)) == Seconds(2));
}
