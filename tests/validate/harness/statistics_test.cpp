// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/statistics.h"

#include <doctest/doctest.h>

using namespace roofcast;
using namespace roofcast::harness;

namespace {
std::vector<Seconds> times(const std::vector<double>& values) {
  std::vector<Seconds> list;
  for (const double v : values) list.emplace_back(v);
  return list;
}
}  // namespace

TEST_CASE("a median is the middle, or between the middle two") {
  CHECK(median(times({3})).value == 3);
  CHECK(median(times({9, 1, 2})).value == 2);
  CHECK(median(times({4, 1, 2, 9})).value == 3);
}

TEST_CASE("noise is unknown below five times, and stragglers do not count") {
  CHECK_FALSE(noise(times({1, 1, 1, 1})));
  CHECK(noise(times({1, 1, 1, 1, 1})).value() == 0);
  CHECK(noise(times({1, 1, 1, 1, 1, 1, 1, 50})).value() == 0);
  // Quartiles of 0.98 1 1.02 ... : IQR 0.02, so 1.2533 × 0.02 / 1.349 / √5.
  CHECK(noise(times({0.98, 0.99, 1, 1.01, 1.02})).value() ==
        doctest::Approx(1.2533 * 0.02 / 1.349 / 2.2360680));
}

TEST_CASE("repetition ends when quiet, when long, or when held long enough") {
  Effort e;
  e.least = 5;
  e.most = 8;
  e.noise = 0.01;
  e.time = Seconds(1);
  const auto quiet = times({1, 1, 1, 1, 1}), loud = times({1, 2, 3, 4, 5});
  CHECK_FALSE(enough(times({1, 1, 1, 1}), Seconds(100), e));
  CHECK(enough(quiet, Seconds(0), e));
  CHECK_FALSE(enough(loud, Seconds(0.5), e));
  CHECK(enough(loud, Seconds(1.5), e));
  CHECK(enough(times({1, 2, 3, 4, 5, 6, 7, 8}), Seconds(0.5), e));
  e.hold = Seconds(2);
  CHECK_FALSE(enough(quiet, Seconds(1.9), e));
  CHECK(enough(quiet, Seconds(2), e));
}
