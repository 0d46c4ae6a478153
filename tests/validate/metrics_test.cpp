// SPDX-License-Identifier: Apache-2.0
#include "validate/metrics.h"

#include <doctest/doctest.h>

using namespace roofcast;
using doctest::Approx;

TEST_CASE("an error is relative to the measured time") {
  CHECK(relative_error(Seconds(3), Seconds(2)) == Approx(0.5));
  CHECK(relative_error(Seconds(1), Seconds(2)) == Approx(-0.5));
}

TEST_CASE("no rows have no errors") { CHECK_FALSE(Errors().summary()); }

TEST_CASE("mean, median and bias of an odd number of rows") {
  Errors errors;
  for (const double e : {0.10, -0.30, 0.05}) errors.add(e);
  CHECK(errors.summary()->mean_abs_pct == Approx(15));    // (10 + 30 + 5) / 3
  CHECK(errors.summary()->median_abs_pct == Approx(10));  // of 5, 10, 30
  CHECK(errors.summary()->bias_pct == Approx(-5));        // (10 - 30 + 5) / 3
}

TEST_CASE("the median of an even number of rows is the mean of the middle two") {
  Errors errors;
  for (const double e : {0.4, -0.1, 0.2, -0.3}) errors.add(e);
  CHECK(errors.summary()->median_abs_pct == Approx(25));  // of 10, 20, 30, 40
  Errors one;
  one.add(-0.2);
  CHECK(one.summary()->median_abs_pct == Approx(20));
}

TEST_CASE("errors of two groups join") {
  Errors a, b;
  a.add(0.1);
  b.add(0.3);
  a.add(b);
  CHECK(a.rows() == 2);
  CHECK(a.summary()->mean_abs_pct == Approx(20));
}

TEST_CASE("coverage counts what intervals hold, ends included, and how wide they are") {
  Coverage c;
  CHECK_FALSE(c.median_width());
  c.add(Seconds(1), {Seconds(1), Seconds(1.5), Seconds(2)});
  c.add(Seconds(5), {Seconds(1), Seconds(2), Seconds(4)});
  c.add(Seconds(3), {Seconds(1), Seconds(2), Seconds(3)});
  c.add(Seconds(3), {Seconds(1), Seconds(2), Seconds(6)});
  CHECK(c.rows() == 4);
  CHECK(c.held_pct() == Approx(75));
  CHECK(*c.median_width() == Approx(3.5));  // of 2, 3, 4, 6
}
