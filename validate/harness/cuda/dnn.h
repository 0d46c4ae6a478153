// cuDNN, where it is installed: convolutions by the algorithm its heuristics choose, as frameworks ask for them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "validate/harness/cuda/launcher.h"

namespace roofcast::harness {

class Dnn {
 public:
  /// The reason where cuDNN is missing, at build or at run time.
  static tl::expected<std::unique_ptr<Dnn>, std::string> open(const Driver& driver);
  ~Dnn();
  Dnn(const Dnn&) = delete;
  Dnn& operator=(const Dnn&) = delete;

  /// Throws Unsupported.
  Launcher convolution(Arena& arena, const OpCase& op) const;
  const std::string& version() const;

 private:
  struct State;
  explicit Dnn(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace roofcast::harness
