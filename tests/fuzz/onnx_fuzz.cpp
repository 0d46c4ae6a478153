// Any bytes: a graph that can be forecast, or one std::invalid_argument.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "model/importers/onnx/onnx.h"
#include "model/workloads/workload.h"

namespace {

void build_both_ways(std::string_view bytes) {
  roofcast::WorkloadRequest request;
  request.imported = roofcast::import_onnx(bytes, "fuzz.onnx");
  request.name = "fuzz.onnx";
  for (const auto mode : {roofcast::Mode::inference, roofcast::Mode::training}) {
    request.mode = mode;
    request.batch = mode == roofcast::Mode::inference ? 1 : 3;
    request.dimensions = {};
    try {
      const roofcast::Graph graph = roofcast::build(request);
      for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const int input : graph.nodes[i].inputs) {
          if (input < 0 || static_cast<std::size_t>(input) >= i) __builtin_trap();  // inputs precede
        }
        if (graph.nodes[i].output_elements < 1 || graph.nodes[i].parameters < 0) __builtin_trap();
      }
    } catch (const std::invalid_argument&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    build_both_ways({reinterpret_cast<const char*>(data), size});
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
