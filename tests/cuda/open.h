// Opening the bench on the pretended CUDA, and what runs on it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "validate/harness/bench.h"

namespace roofcast::harness::test {

struct Variable {
  const char* name;
  Variable(const char* n, const char* value) : name(n) { ::setenv(n, value, 1); }
  ~Variable() { ::unsetenv(name); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
};

inline std::unique_ptr<Bench> bench() {
  auto opened = open_bench();
  REQUIRE_MESSAGE(opened, (opened ? "" : opened.error()));
  return std::move(*opened);
}

inline Case gemm_case(std::int64_t size) {
  Gemm g{1, size, size, size};
  g.b_transposed = true;
  return {Section::gemm, OpCase{g, Numerics{}}, Load::burst, Seconds(1e-3)};
}

}  // namespace roofcast::harness::test
