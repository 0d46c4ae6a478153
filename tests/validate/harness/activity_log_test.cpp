// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/activity_log.h"

#include <doctest/doctest.h>

using namespace roofcast::harness;

TEST_CASE("recorded kernels are summed under the op that launched them, in whatever order they come") {
  ActivityLog log;
  log.marks = {{101, 0}, {102, 1}, {103, 1}};
  log.kernels = {{"splitKreduce", 5000, 6000, 103},
                 {"volta_sgemm_128x64_nn", 2000, 4500, 102},
                 {"add", 1000, 1900, 101}};
  const MarkedTimes t = times_of_marks(log, 2);
  REQUIRE(t.marks.size() == 2);
  CHECK(t.marks[0].seconds.value == doctest::Approx(900e-9));
  CHECK(t.marks[0].kernel == "add");
  CHECK(t.marks[1].seconds.value == doctest::Approx(3500e-9));
  CHECK(t.marks[1].launches == 2);
  CHECK(t.marks[1].kernel == "volta_sgemm_128x64_nn");
  CHECK(t.without_time == 0);
}

TEST_CASE("records without a time make their op lost, and are counted") {
  ActivityLog log;
  log.marks = {{1, 0}, {2, 1}, {3, 2}};
  log.kernels = {{"a", 0, 0, 1}, {"b", 900, 800, 2}, {"c", 100, 200, 3}};
  log.dropped = 4;
  const MarkedTimes t = times_of_marks(log, 3);
  CHECK(t.marks[0].lost);
  CHECK(t.marks[1].lost);
  CHECK_FALSE(t.marks[2].lost);
  CHECK(t.without_time == 2);
  CHECK(t.dropped == 4);
}

TEST_CASE("kernels of nobody are counted, ops without a record have no launch") {
  ActivityLog log;
  log.marks = {{1, 0}, {9, 77}};
  log.kernels = {{"a", 10, 20, 1}, {"helper", 30, 40, 5}, {"old", 30, 40, 9}};
  const MarkedTimes t = times_of_marks(log, 2);
  CHECK(t.unmarked == 2);
  CHECK(t.marks[1].launches == 0);
}
