// A network that can be built at any batch: one of the zoo, or one read from a file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/graph/graph.h"
#include "model/workloads/workload.h"

namespace roofcast {

using BuildNetwork = std::function<Graph(const WorkloadRequest&, const WorkloadInfo&)>;

struct Network {
  WorkloadInfo info;
  std::vector<std::string> aliases;   // other names, spelling apart
  bool takes_stem = false;            // 3×3 stem for small images
  std::vector<Task> tasks;            // heads it can wear; empty: none to choose
  std::int64_t longest_sequence = 0;  // position table; 0: images, or no limit
  BuildNetwork build;
  bool takes_context = false;     // has a key-value cache: a decoder
  bool takes_dimensions = false;  // has named dimensions: an imported graph
  bool encodes_prompt = false;    // an encoder reads it, the decoder starts from one token (T5)
  bool takes_steps = false;       // makes an image in several steps
};

/// The network of the zoo behind a name. Throws UnknownWorkload.
const Network& find_network_of(std::string_view name);

}  // namespace roofcast
