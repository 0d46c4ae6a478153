// SPDX-License-Identifier: Apache-2.0
#include "validate/measurements.h"

#include <doctest/doctest.h>

#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::test;

namespace {

constexpr const char* kGemm =
    "op,device,batch,m,n,k,latency_ms,split\n"
    "bmm,tesla-p4,1,8,8,8,0.5,test\n"
    "linear,tesla-p4,1,8,8,8,0.5,train\n"
    "linear,v100,1,8,8,8,0.1,test\n"
    "linear,nobody,1,8,8,8,0.5,test\n";

struct Seen {
  std::string line;  // "bmm tesla-p4 GP104 -"
};

std::vector<std::string> seen(const std::vector<std::string>& paths, const ReadOptions& options,
                              ReadSummary* summary = nullptr) {
  std::vector<std::string> lines;
  const ReadSummary read = read_measurements(paths, options, two_boards, profiles(), [&](const Reading& r) {
    lines.push_back(r.observation.kind + " " + r.observation.device +
                    (r.gpu != nullptr ? " " + r.gpu->chip : " ?") + (r.asked_for ? "" : " outside") +
                    (r.filtered.empty() ? "" : " " + std::string(r.filtered)));
  });
  if (summary != nullptr) *summary = read;
  return lines;
}

ReadOptions where(const std::string& text) { return {Filter::parse(text, "--where"), true}; }

}  // namespace

TEST_CASE("standard filters mark the rows they leave out, without them all rows count") {
  const Scratch scratch;
  const std::string file = scratch.write("x.csv", kGemm);
  ReadSummary summary;
  CHECK(
      seen({file}, {}, &summary) ==
      std::vector<std::string>{"bmm tesla-p4 GP104",
                               "linear tesla-p4 GP104 filtered: not (device=tesla-p4,op=linear,split=train)",
                               "linear v100 GV100 filtered: latency_ms>=0.2", "linear nobody ?"});
  REQUIRE(summary.files.size() == 1);
  CHECK(summary.files[0].rows == 4);
  CHECK(summary.files[0].layout == "neusight/gemm");
  CHECK(summary.files[0].filters.size() == 2);
  CHECK(seen({file}, {{}, false})[2] == "linear v100 GV100");
}

TEST_CASE("--where narrows down, by columns and by what is known of the board") {
  const Scratch scratch;
  const std::string file = scratch.write("x.csv", kGemm);
  CHECK(seen({file}, where("chip=GP104"))[3] == "linear nobody ? outside");
  CHECK(seen({file}, where("device=v100-sxm2-16gb"))[0] == "bmm tesla-p4 GP104 outside");
  CHECK(seen({file}, where("device=v100-sxm2-16gb"))[2] == "linear v100 GV100 filtered: latency_ms>=0.2");
}

TEST_CASE("a condition on a column that no file has is a mistake") {
  const Scratch scratch;
  const std::string file = scratch.write("x.csv", kGemm);
  CHECK(refusal([&] { seen({file}, where("latencyms>=0.2")); }) ==
        "--where: none of the files has a column 'latencyms'");
}

TEST_CASE("a file without times is listed in a walk and refused where it is named") {
  const Scratch scratch;
  scratch.write("gemm.csv", kGemm);
  const std::string aliases = scratch.write("aliases.csv", "alias,slug\np4,tesla-p4\n");
  const std::string other = scratch.write("other.csv", "x,y\n1,2\n");
  ReadSummary summary;
  CHECK(seen({scratch.folder()}, {}, &summary).size() == 4);
  REQUIRE(summary.left_out.size() == 2);
  CHECK(summary.left_out[0].file == aliases);
  CHECK(summary.left_out[0].reason == "hardware/aliases: holds no times");
  CHECK(summary.left_out[1].reason == "not a layout of measurements: its columns are none of a known layout");
  CHECK(refusal([&] { seen({aliases}, {}); }) == aliases + ":1: hardware/aliases: holds no times");
  CHECK(refusal([&] { seen({other}, {}); }) ==
        other + ":1: not a layout of measurements: its columns are none of a known layout");
}

TEST_CASE("diagnosis files count only where they are named") {
  const Scratch scratch;
  const std::string file = scratch.write("p.csv",
                                         "device,model,mode,seq_len,batch,op_class,latency_ms\n"
                                         "v100,gpt2_large,inf,1024,4,bmm,100\n");
  CHECK(seen({scratch.folder()}, {}) == std::vector<std::string>{"bmm v100 GV100 filtered: diagnosis only"});
  CHECK(seen({file}, {}) == std::vector<std::string>{"bmm v100 GV100"});
}

TEST_CASE("a row without a device is refused") {
  const Scratch scratch;
  const std::string file = scratch.write("x.csv", "op,device,batch,m,n,k,latency_ms\nbmm,,1,1,1,1,1\n");
  CHECK(refusal([&] { seen({file}, {}); }) == file + ":2:5: device: is empty: which board was measured?");
}

TEST_CASE("a rule of the profiles turns rows into ones that are not modelled") {
  const Scratch scratch;
  const std::string file = scratch.write("x.csv",
                                         "device,gpus,workload,precision,per_gpu_batch,global_batch,seq_len,"
                                         "image_size,throughput,throughput_unit,steady_throughput\n"
                                         "v100,2,resnet50,fp32,64,128,,224x224,640,images/s,512\n");
  std::string reason;
  read_measurements({file}, {{}, false}, two_boards, profiles(), [&](const Reading& r) {
    if (const auto* u = std::get_if<Unmodelled>(&r.observation.subject)) reason = u->reason;
  });
  CHECK(reason == "several GPUs are not modelled yet");
}
