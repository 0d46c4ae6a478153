// What fuzzing found to reach new code, in builds of every day: a graph, or one error of one line.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "model/importers/huggingface/huggingface.h"
#include "model/importers/onnx/onnx.h"

using namespace roofcast;

namespace {

template <class Import>
void play(const char* folder, Import import) {
  const std::filesystem::path corpus =
      std::filesystem::path(ROOFCAST_SOURCE_DIR) / "tests/fuzz/corpus" / folder;
  int graphs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    CAPTURE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    for (const Mode mode : {Mode::inference, Mode::training}) {
      WorkloadRequest request;
      request.name = "fuzzed";
      request.mode = mode;
      try {
        request.imported = import(bytes);
        if (request.imported->info.domain == Domain::sequence) request.sequence_length = 8;
        for (const Node& node : build(request).nodes) CHECK(node.output_elements >= 1);
        ++graphs;
      } catch (const std::invalid_argument& e) {
        const std::string why = e.what();
        CHECK_FALSE(why.empty());
        CHECK(why.find('\n') == std::string::npos);
      }
    }
  }
  CHECK(graphs > 20);
}

}  // namespace

TEST_CASE("every ONNX file of the corpus is a graph or one error") {
  play("onnx", [](const std::string& bytes) { return import_onnx(bytes, "fuzzed"); });
}

TEST_CASE("every config.json of the corpus is a graph or one error") {
  play("huggingface", [](const std::string& bytes) {
    return std::make_shared<const Network>(import_huggingface(bytes, "fuzzed"));
  });
}
