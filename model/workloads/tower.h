// Transformer layers with biases, with or without attention to another sequence.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "model/workloads/encoders.h"
#include "model/workloads/transformer.h"

namespace roofcast {

/// What a decoder's earlier steps left: its own positions, and whether keys and values of the other sequence are kept too.
struct Past {
  std::int64_t positions = 0;
  bool memory = false;
};

/// A tensor of `sequences` sequences of `length` positions.
struct Sequence {
  int node = kModelInput;
  std::int64_t sequences = 1, length = 1;
};

class Tower : public GraphBuilder {
 public:
  Tower(const WorkloadRequest& request, const WorkloadInfo& info)
      : GraphBuilder(info.name, info.description, request), name_(info.name) {}

 protected:
  std::int64_t tokens(const Sequence& x) const;
  std::int64_t count(const Sequence& x, std::int64_t width) const;
  /// layers × (attention, attention to `memory` where given, feed-forward). Whisper's keys have no bias.
  Sequence stack(const std::string& name, Sequence x, const TowerShape& shape, bool causal,
                 bool key_bias = true, std::optional<Sequence> memory = {}, const Past& past = {});
  Sequence norm(const std::string& name, Sequence x, std::int64_t width);
  int activate(const std::string& name, int x, std::int64_t n, Activation activation);
  /// A learned table added to every sequence.
  Sequence positions(const std::string& name, Sequence x, std::int64_t width, std::int64_t rows);

 private:
  Sequence attention(const std::string& name, Sequence x, const Sequence& from, const TowerShape& shape,
                     bool causal, bool key_bias, std::int64_t past, bool cached);

  std::string name_;
};

}  // namespace roofcast
