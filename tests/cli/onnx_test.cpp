// ONNX files on the command line.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/json.h"
#include "tests/cli/run.h"
#include "tests/model/onnx_model.h"

using namespace roofcast::cli::test;

namespace {

const std::string kFolder = ROOFCAST_SOURCE_DIR "/tests/data/onnx/";

bool says(const std::string& text, const char* part) {
  return replaced(text, "\\s+", " ").find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("predict, compare and workload take an ONNX file") {
  const Result one =
      run({"predict", kFolder + "resnet50.onnx", "--gpu", "t4", "--phase", "infer", "--batch", "16"});
  INFO(one.err);
  CHECK(one.code == 0);
  CHECK(says(one.out, "resnet50.onnx, inference"));
  const Result two =
      run({"compare", kFolder + "resnet50.onnx", "--gpus", "t4,v100", "--dataset", "imagenet"});
  CHECK(two.code == 0);
  CHECK(says(two.out, "folded into 53 convolutions"));
  const Result json = run({"workload", kFolder + "encoder.onnx", "--dim", "sequence=128", "--json"});
  REQUIRE(json.code == 0);
  CHECK(parsed(json.out)["parameters"] == 38'011'392);
}

TEST_CASE("a file that is missing, cut short or open in a dimension is bad input") {
  CHECK(run({"predict", kFolder + "no.onnx", "--gpu", "t4"}).err ==
        "roofcast predict: " + kFolder + "no.onnx: No such file or directory\n");
  const Result open = run({"predict", kFolder + "encoder.onnx", "--gpu", "t4"});
  CHECK(open.code == 2);
  CHECK(says(open.err, "give --dim sequence=N"));
  CHECK(run({"predict", kFolder + "encoder.onnx", "--gpu", "t4", "--dim", "sequence"}).code == 2);
  CHECK(run({"predict", kFolder + "encoder.onnx", "--gpu", "t4", "--seq", "128"}).code == 2);
  CHECK(run({"predict", "resnet50", "--gpu", "t4", "--strict"}).code == 2);
}

TEST_CASE("half a gigabyte of weights never reaches memory") {
  constexpr std::uint64_t kSize = std::uint64_t{16384} * 8192 * 4;
  const auto field = [](int tag, std::uint64_t length) {
    std::string bytes;
    for (std::uint64_t v : {static_cast<std::uint64_t>(tag) << 3 | 2, length}) {
      for (; v >= 128; v >>= 7) bytes += static_cast<char>(v | 128);
      bytes += static_cast<char>(v);
    }
    return bytes;
  };
  // Every message around the weight ends with it, so that its bytes are the end of a sparse file.
  const std::string tensor =
      std::string("\x08\x80\x80\x01\x08\x80\x40\x10\x01\x42\x01w", 12) + field(9, kSize);
  const std::string nodes = roofcast::testing::GraphBytes()
                                .input("x", {"N", "16384"})
                                .node("MatMul", {"x", "w"}, {"y"})
                                .output("y")
                                .bytes();
  const std::string graph = nodes + field(5, tensor.size() + kSize) + tensor;
  const auto path = std::filesystem::temp_directory_path() / "roofcast-large.onnx";
  std::ofstream(path, std::ios::binary) << field(7, graph.size() + kSize) + graph;
  std::filesystem::resize_file(path, std::filesystem::file_size(path) + kSize);
  rusage before = {}, after = {};
  getrusage(RUSAGE_SELF, &before);
  const Result r = run({"workload", path.string(), "--json"});
  getrusage(RUSAGE_SELF, &after);
  std::filesystem::remove(path);
  INFO(r.err);
  REQUIRE(r.code == 0);
  CHECK(parsed(r.out)["parameters"] == 16384 * 8192);
  CHECK(after.ru_maxrss - before.ru_maxrss < 64 * 1024);  // KiB
}
