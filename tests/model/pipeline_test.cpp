// The input pipeline: what decoding and copies add to a step and to an epoch.
// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/pipeline.h"

#include <doctest/doctest.h>

using namespace roofcast;
using doctest::Approx;

namespace {

Execution with_loader(Loader loader) {
  Execution e;
  e.loader = loader;
  return e;
}

constexpr Pace kPace{milliseconds(100), milliseconds(30), Seconds(0), milliseconds(6), milliseconds(128)};

}  // namespace

TEST_CASE("64 samples of 8 ms on 4 workers are fed at 500 samples/s") {
  CHECK(in_milliseconds(decode_time({.workers = 4, .decode = milliseconds(8)}, 64)) == Approx(128));
  CHECK(in_milliseconds(decode_time({.workers = 0, .decode = milliseconds(8)}, 64)) == Approx(512));
}

TEST_CASE("the slowest of GPU, host and workers sets the pace") {
  CHECK(in_milliseconds(paced(kPace, with_loader({.workers = 4, .pinned = true}))) == Approx(128));
  Pace fast = kPace;
  fast.decode = milliseconds(20);
  CHECK(in_milliseconds(paced(fast, with_loader({.workers = 4, .pinned = true}))) == Approx(100));
}

TEST_CASE("without workers the host decodes and then dispatches") {
  CHECK(in_milliseconds(paced(kPace, with_loader({.workers = 0, .pinned = true}))) == Approx(158));
}

TEST_CASE("pageable copies wait for the GPU, page-locked ones hide behind it") {
  Pace fast = kPace;
  fast.decode = milliseconds(20);
  CHECK(in_milliseconds(paced(fast, with_loader({.workers = 4}))) == Approx(106));
  CHECK(in_milliseconds(paced(fast, with_loader({.workers = 4, .pinned = true}))) == Approx(100));
}

TEST_CASE("a pageable copy is staged: 1 GB over 12 GB/s and again at 12 GB/s") {
  CHECK(in_milliseconds(pageable(milliseconds(1e3 / 12), Bytes(1e9))) == Approx(2e3 / 12));
  CHECK(pageable(Seconds(0), Bytes(1e9)) == Seconds(0));  // on the GPU already
}

TEST_CASE("workers start every epoch unless they persist, the first batch is decoded by one of them") {
  Loader loader{.workers = 4, .decode = milliseconds(8), .start = milliseconds(100)};
  CHECK(in_milliseconds(epoch_start(loader, 64, 10)) == Approx(512 + 400));
  loader.persistent = true;
  CHECK(in_milliseconds(epoch_start(loader, 64, 10)) == Approx(512 + 40));
  CHECK(in_milliseconds(epoch_start(loader, 64, 1)) == Approx(512 + 400));
  loader.workers = 0;
  CHECK(epoch_start(loader, 64, 1) == Seconds(0));
}
