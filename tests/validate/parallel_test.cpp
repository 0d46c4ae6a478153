// SPDX-License-Identifier: Apache-2.0
#include "validate/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

using namespace roofcast;

TEST_CASE("every index is visited once, in nested loops too") {
  std::vector<int> visits(1000);
  parallel_for(10, [&](std::size_t i) { parallel_for(100, [&](std::size_t j) { ++visits[i * 100 + j]; }); });
  CHECK(visits == std::vector<int>(1000, 1));
  parallel_for(0, [](std::size_t) { FAIL("nothing to visit"); });
}

TEST_CASE("the exception of the lowest index arrives, after all bodies ran") {
  std::atomic<int> ran{0};
  std::string caught;
  try {
    parallel_for(50, [&](std::size_t i) {
      ++ran;
      if (i % 10 == 7) throw std::runtime_error(std::to_string(i));
    });
  } catch (const std::runtime_error& e) {
    caught = e.what();
  }
  CHECK(caught == "7");
  CHECK(ran == 50);
}
