// The operator tests that ONNX publishes (Debian's libonnx-testdata, where it is installed): every shape agrees.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "model/importers/onnx/prepare.h"
#include "model/importers/onnx/reader.h"
#include "model/importers/onnx/translator.h"

using namespace roofcast;
using namespace roofcast::onnx;

namespace {

const std::filesystem::path kFolder = "/usr/share/libonnx-testdata/data";

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Results as long as data decide: the importer takes the longest they can be, or one turn of a loop.
bool data_decide(const GraphProto& graph) {
  return std::any_of(graph.node.begin(), graph.node.end(), [](const NodeProto& node) {
    const auto& op = node.op_type;
    return op == "NonMaxSuppression" || op == "Compress" || op == "NonZero" || op == "Loop" || op == "Scan";
  });
}

/// "" where every result with a stated shape has it, "?" where data decide it or an operator is not modelled.
std::string judged(const std::filesystem::path& path) {
  Prepared prepared;
  try {
    const std::string bytes = contents(path);
    prepared.model = read_model(bytes);
  } catch (const Error& e) {
    return e.what();
  }
  GraphProto& graph = prepared.model.graph;
  const auto set = prepared.model.opset.find("");
  if (set != prepared.model.opset.end() && set->second < 7) return "?";
  if (data_decide(graph)) return "?";
  const std::vector<ValueInfo> stated = graph.output;
  for (ValueInfo& output : graph.output) output.shape.reset();
  graph.value_info.clear();
  WorkloadRequest request;
  request.mode = Mode::inference;
  std::optional<Translator> translator;
  try {
    prepare(graph);
    for (FunctionProto& function : prepared.model.functions) prepare(function);
    prepared.interface = find_interface(graph);
    request.batch = prepared.interface.baked_batch;
    request.strict = true;
    translator.emplace(prepared, request, WorkloadInfo{}, nullptr);
    translator->run();
  } catch (const std::invalid_argument& e) {
    const std::string why = e.what();
    const bool nothing = why.find("nothing to forecast") != std::string::npos;  // views alone
    for (const char* words : {"depends on data", "no model for", "unknown operator", "is open"})
      if (why.find(words) != std::string::npos) return "?";
    if (!nothing) return why;
  }
  const Shapes shapes = translator->shapes();
  for (const ValueInfo& output : stated) {
    const auto found = shapes.find(output.name);
    if (!output.shape || found == shapes.end()) continue;
    bool same = found->second.size() == output.shape->size();
    for (std::size_t i = 0; same && i < found->second.size(); ++i) {
      const auto size = (*output.shape)[i].value;
      same = !size || *size == found->second[i];
    }
    std::string want;
    for (const Dimension& d : *output.shape) want += d.value ? std::to_string(*d.value) + " " : "? ";
    if (!same) return output.name + " is " + text(found->second) + ", not " + want;
  }
  return "";
}

}  // namespace

TEST_CASE("ONNX's own operator tests agree in every shape" *
          doctest::skip(!std::filesystem::exists(kFolder))) {
  int agree = 0, open = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    if (entry.path().filename() != "model.onnx") continue;
    CAPTURE(entry.path().parent_path().filename().string());
    const std::string verdict = judged(entry.path());
    agree += verdict.empty() ? 1 : 0;
    open += verdict == "?" ? 1 : 0;
    if (verdict != "?") CHECK(verdict == "");
  }
  MESSAGE(agree, " models agree, ", open,
          " are old, have operators without a model or shapes that data decide");
  CHECK(agree > 640);
}
