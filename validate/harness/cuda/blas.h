// cuBLAS and cuBLASLt, loaded at run time: every product of the suites and of replayed steps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "validate/harness/cuda/launcher.h"

namespace roofcast::harness {

class Blas {
 public:
  /// The reason where cuBLAS is missing, or of another major version than the headers.
  static tl::expected<std::unique_ptr<Blas>, std::string> open(const Driver& driver);
  ~Blas();
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;

  /// FP8 goes through cuBLASLt, the rest through cublasGemmEx. Throws Unsupported.
  Launcher product(Arena& arena, const Gemm& gemm, const Numerics& numerics) const;
  const std::string& version() const;

 private:
  struct State;
  explicit Blas(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace roofcast::harness
