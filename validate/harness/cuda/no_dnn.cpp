// Built where the headers of cuDNN are missing.
// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/dnn.h"

namespace roofcast::harness {

struct Dnn::State {
  std::string version;
};
Dnn::Dnn(std::unique_ptr<State> state) : state_(std::move(state)) {}
Dnn::~Dnn() = default;
const std::string& Dnn::version() const { return state_->version; }
tl::expected<std::unique_ptr<Dnn>, std::string> Dnn::open(const Driver&) {
  return tl::unexpected(std::string("built without cuDNN's headers"));
}
Launcher Dnn::convolution(Arena&, const OpCase&) const { throw Unsupported("built without cuDNN's headers"); }

}  // namespace roofcast::harness
