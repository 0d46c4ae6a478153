// The state of the GPU that is not there, shared by the libraries that pretend.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda.h>
#include <cupti.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace fake {

struct Board {
  const char* name;
  int major, minor, sms, l2, clock_khz, memory_clock_khz;
  std::size_t memory;
};

struct Launch {
  std::string name;
  std::uint64_t start, end;
  std::uint32_t correlation;
  std::uint64_t mark;
  bool marked;
};

struct Machine {
  std::uint64_t now = 1000;
  std::uint32_t correlation = 0;
  std::uint64_t allocated = 0x10000000;
  std::deque<std::string> names;
  std::vector<Launch> launches;
  std::vector<std::uint64_t> marks;
  bool capturing = false, recording = false;
  std::uint64_t captured = 0;  // nanoseconds of the graph's kernels and of half a microsecond after each
  std::vector<std::uint64_t> events;
  CUpti_BuffersCallbackRequestFunc request = nullptr;
  CUpti_BuffersCallbackCompleteFunc complete = nullptr;
  /// What counts, told before (true) and after each kernel.
  std::function<void(bool before, std::uint64_t nanoseconds)> around_launch;
};

Machine& machine();
const Board& board();
/// 0 where it is not set.
int environment(const char* name);
/// Runs a kernel of that length at once.
void launch(const std::string& name, std::uint64_t nanoseconds);

}  // namespace fake
