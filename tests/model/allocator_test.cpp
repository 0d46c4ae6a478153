// The caching allocator: rounding, splitting, merging, and what it keeps.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/allocator.h"

#include <doctest/doctest.h>

#include <random>

using namespace roofcast;

TEST_CASE("a tensor below a mebibyte takes a small segment of two, the next ones share it") {
  CachingAllocator a;
  a.take(Bytes(100));
  CHECK(in_mebibytes(a.reserved()) == 2);
  for (int i = 0; i < 4095; ++i) a.take(Bytes(512));
  CHECK(in_mebibytes(a.reserved()) == 2);
  a.take(Bytes(1));
  CHECK(in_mebibytes(a.reserved()) == 4);
}

TEST_CASE("tensors from 1 to 10 MiB share segments of 20, larger ones have their own") {
  CachingAllocator a;
  a.take(mebibytes(9));
  a.take(mebibytes(9));
  CHECK(in_mebibytes(a.reserved()) == 20);
  a.take(mebibytes(9));
  CHECK(in_mebibytes(a.reserved()) == 40);
  a.take(mebibytes(13));
  CHECK(in_mebibytes(a.reserved()) == 54);
}

TEST_CASE("a freed block is taken again, and neighbours become one") {
  CachingAllocator a;
  const auto first = a.take(mebibytes(8));
  const auto second = a.take(mebibytes(8));
  a.release(first);
  a.release(second);
  a.take(mebibytes(9.5));
  a.take(mebibytes(9.5));
  CHECK(in_mebibytes(a.reserved()) == 20);
}

TEST_CASE("a small tensor in a freed block keeps a large one out: fragmentation") {
  CachingAllocator a;
  const auto large = a.take(mebibytes(64));
  a.release(large);
  a.take(mebibytes(4));  // lies in the 64
  a.take(mebibytes(64));
  CHECK(in_mebibytes(a.peak_live()) == 68);
  CHECK(in_mebibytes(a.peak_needed()) == 128);
}

TEST_CASE("empty segments are kept but not needed") {
  CachingAllocator a;
  a.release(a.take(mebibytes(32)));
  a.take(mebibytes(64));
  CHECK(in_mebibytes(a.peak_needed()) == 64);
  CHECK(in_mebibytes(a.reserved()) == 96);
}

TEST_CASE("whatever comes and goes: live <= needed <= reserved, and everything can be taken again") {
  std::mt19937 random(7);
  CachingAllocator a;
  std::vector<Heap::Handle> held;
  for (int i = 0; i < 20000; ++i) {
    if (held.empty() || random() % 5 < 3) {
      held.push_back(a.take(Bytes(static_cast<double>(1 + random() % (1u << (6 + random() % 20))))));
    } else {
      std::swap(held[random() % held.size()], held.back());
      a.release(held.back());
      held.pop_back();
    }
    REQUIRE(a.peak_live() <= a.peak_needed());
    REQUIRE(a.peak_needed() <= a.reserved());
  }
  for (const auto handle : held) a.release(handle);
  const Bytes reserved = a.reserved();
  a.take(mebibytes(1));
  CHECK(a.reserved() == reserved);
}
