// Any bytes as a config.json: refused in one line, or a network that builds and decodes.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "model/graph/lower.h"
#include "model/importers/huggingface/huggingface.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roofcast;
  try {
    WorkloadRequest request;
    request.name = "config.json";
    request.mode = Mode::inference;
    request.imported = std::make_shared<const Network>(
        import_huggingface({reinterpret_cast<const char*>(data), size}, "config.json"));
    request.sequence_length =
        request.imported->info.domain == Domain::sequence ? std::optional<std::int64_t>(8) : std::nullopt;
    if (request.imported->takes_context) request.context = 8;
    const Graph graph = build(request);
    if (graph.parameters() < 1 || graph.nodes.empty()) std::abort();
    if (graph.cache_elements < 0) std::abort();
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
