// CUPTI's library, and what its errors mean.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <tl/expected.hpp>

#include "validate/harness/cuda/library.h"

namespace roofcast::harness {

struct CuptiLibrary {
  Library library;
  std::string version;  // "libcupti.so.13 (API 130001)"
};

/// The CUPTI of the toolkit this was built with; the reason where it is missing or of another major version.
tl::expected<CuptiLibrary, std::string> open_cupti();

/// What an error means and the way out: "no permission to read GPU counters (ERR_NVGPUCTRPERM): run as root or ...".
std::string explain_cupti(int code);

/// Counters that cannot be had: why.
struct CounterError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws CounterError "cuptiX: what it means" on any code but 0, success.
void check_cupti(int code, const char* call);

}  // namespace roofcast::harness
