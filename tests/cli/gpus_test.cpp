// The list of boards and their summary.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "tests/cli/json.h"
#include "tests/cli/run.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;

TEST_CASE("gpus A,B,C prints the figures side by side, dense and sparse apart, unknown as -") {
  const Result result = run({"gpus", "p4000,rtx-3060-12gb,rtx-4060-ti-16gb,h100-sxm5"});
  CHECK(result.code == kDone);
  CHECK(result.err.empty());
  CHECK(result.out.substr(0, result.out.find("\n\n") + 1) ==
        R"(                             quadro-p4000  rtx-3060-12gb  rtx-4060-ti-16gb  h100-sxm5
---------------------------  ------------  -------------  ----------------  ---------
FP32, TFLOP/s                        5.30           12.7              22.1       66.9
FP16 on CUDA cores, TFLOP/s        0.0829           12.7              22.1        134
FP16 tensor dense, TFLOP/s              -           25.5              44.1        989
FP16 tensor sparse, TFLOP/s             -           51.0              88.3       1979
TF32 tensor dense, TFLOP/s              -           12.7              22.1        495
TF32 tensor sparse, TFLOP/s             -           25.5              44.1        989
FP8 tensor dense, TFLOP/s               -              -              88.3       1979
FP8 tensor sparse, TFLOP/s              -              -               177       3958
INT8 dense, TOP/s                    21.2            102               177       1979
INT8 runs on                         DP4A         tensor            tensor     tensor
INT8 sparse, TOP/s                      -            204               353       3958
VRAM, GiB                               8             12                16         80
Bandwidth, GB/s                     243.3            360               288       3352
TDP, W                                105            170               165        700
Launch price, $                       815            329               499          -
FP32 TFLOPS/$                     0.00651         0.0387            0.0442          -
INT8 dense TOPS/W                   0.202          0.599              1.07       2.83
)");
}

TEST_CASE("the list and the summary of many boards fit 100 columns") {
  CHECK(widest(run({"gpus"}).out) <= 100);
  CHECK(
      widest(run({"gpus",
                  "a100-sxm4-40gb,a100-sxm4-80gb,jetson-orin-nano-8gb-super,rtx-pro-6000-blackwell-max-q,l4"})
                 .out) <= 100);
}

TEST_CASE("filters narrow the list, whatever the case") {
  const Result chip = run({"gpus", "--chip", "gp104", "--format", "csv"});
  CHECK(contains(chip.out, "quadro-p4000"));
  CHECK(contains(chip.out, "gtx-1080"));
  CHECK_FALSE(contains(chip.out, "titan-xp"));
  const Result both = run({"gpus", "--architecture", "ampere", "--min-memory", "80", "--json"});
  const auto gpus = parsed(both.out)["gpus"];
  CHECK(gpus.size() == 2);
  for (const auto& gpu : gpus) CHECK(gpu["memory_gib"].get<double>() >= 80);
  const auto frugal = parsed(run({"gpus", "--max-tdp", "75", "--json"}).out);
  for (const auto& gpu : frugal["gpus"]) {
    CHECK(gpu["tdp_w"].get<double>() <= 75);
  }
}

TEST_CASE("filters that leave nothing answer no") {
  const Result result = run({"gpus", "--chip", "GP104", "--min-memory", "1000"});
  CHECK(result.code == kAnswerIsNo);
  CHECK(result.err == "no board fits all filters\n");
}

TEST_CASE("what gpus cannot use is refused in one line") {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"gpus", "rtx-3061"},
                                                    {"gpus", "p4000,,t4"},
                                                    {"gpus", "--vendor", "Intel"},
                                                    {"gpus", "--min-memory", "lots"},
                                                    {"gpus", "--min-memory", "nan"},
                                                    {"gpus", "--max-tdp", "-1"},
                                                    {"gpus", "p4000", "--vendor", "AMD"},
                                                    {"gpus", "--hwdb", "/no/such/folder"},
                                                    {"gpus", "--format", "xml"}}) {
    CAPTURE(arguments.back());
    const Result result = run(arguments);
    CHECK(result.code == kBadInput);
    CHECK(result.out.empty());
    CHECK(one_line(result.err));
  }
  CHECK(run({"gpus", "rtx-3061"}).err ==
        "roofcast gpus: unknown GPU 'rtx-3061': did you mean rtx-3060, rtx-3070 or rtx-3090?\n");
}

TEST_CASE("JSON has a schema version, units in its names and null for unknown") {
  const auto root = parsed(run({"gpus", "mi300x", "--json"}).out);
  CHECK(root["schema_version"] == 1);
  const auto gpu = root["gpus"][0];
  CHECK(gpu["slug"] == "mi300x");
  CHECK(gpu["base_clock_mhz"].is_null());
  CHECK(gpu["boost_clock_mhz"] == 2100);
  CHECK(gpu["launch_price_usd"].is_null());
  CHECK(gpu["summary"]["fp16_tensor_dense_tflops"].get<double>() == doctest::Approx(1307.4).epsilon(1e-3));
}

TEST_CASE("gpu shows a datasheet with every peak derived and the notes") {
  const Result result = run({"gpu", "p4000"});
  REQUIRE(result.code == kDone);
  CHECK(contains(result.out, "Quadro P4000 (quadro-p4000)\n"));
  CHECK(contains(result.out, "CUDA cores         1792 (14 SMs × 128)\n"));
  CHECK(contains(result.out, "1792 cores × 1.480 GHz × 2 = 5.30 TFLOP/s"));
  CHECK(contains(result.out, "14 SMs × 1024 op/clock × 1.480 GHz = 21.2 TOP/s"));
  CHECK(contains(result.out, "\nSustained clock\n  FP32 GEMM: "));
  CHECK(contains(result.out, "  fp16: 10.6 TFLOPS is commonly quoted"));
  CHECK(contains(result.out, "  int8: 0 TOPS is commonly quoted"));
  CHECK(contains(result.out, "Not there: tensor fp16 → fp32 (no tensor cores)\n"));
  CHECK(contains(result.out, "\nSources\n"));
}

TEST_CASE("every board's page fits 100 columns and its JSON parses with finite figures") {
  const auto list = parsed(run({"gpus", "--json"}).out)["gpus"];
  CHECK(list.size() >= 107);
  for (const auto& entry : list) {
    const std::string slug = entry["slug"];
    CAPTURE(slug);
    CHECK(widest(run({"gpu", slug}).out) <= 100);
    const auto gpu = parsed(run({"gpu", slug, "--json"}).out);
    CHECK(gpu["schema_version"] == 1);
    CHECK(gpu["peaks"].size() >= 2);
    for (const auto& peak : gpu["peaks"]) {
      CHECK(peak["dense"].get<double>() > 0);
      CHECK(peak["ridge_flop_per_byte"].get<double>() > 0);
    }
    for (const auto& clock : gpu["sustained_clocks"]) {
      const double reach = gpu["opportunistic_boost"].get<bool>() ? 1.2 : 1;
      CHECK(clock["clock_mhz"].get<double>() <= gpu["boost_clock_mhz"].get<double>() * reach * (1 + 1e-9));
      CHECK(clock["power_w"].get<double>() > 0);
    }
  }
}

TEST_CASE("an alias of several boards is said on the error stream, not among the results") {
  const Result result = run({"gpu", "a100", "--json"});
  CHECK(contains(result.err, "a100 stands for A100 SXM4 40GB (a100-sxm4-40gb); it could also mean "));
  CHECK(parsed(result.out)["remark"] == result.err.substr(0, result.err.size() - 1));
}

TEST_CASE("a short file that inherits a board is a board") {
  const auto path =
      std::filesystem::temp_directory_path() / ("roofcast-gpu-test-" + std::to_string(::getpid()) + ".toml");
  std::ofstream(path)
      << "inherit = \"rtx-3060-12gb\"\nslug = \"lab\"\nmemory_bandwidth_gbps = 400\ntdp_w = 140\n";
  const auto gpu = parsed(run({"gpu", path.string(), "--json"}).out);
  CHECK(gpu["slug"] == "lab");
  CHECK(gpu["memory_bandwidth_gbps"] == 400);
  CHECK(gpu["cuda_cores"] == 3584);
  std::ofstream(path) << "inherit = \"rtx-3060-12gb\"\nslug = \"lab\"\ntdp_w = -140\n";
  const Result refused = run({"gpu", path.string()});
  CHECK(refused.code == kBadInput);
  CHECK(refused.err == "roofcast gpu: " + path.string() + ":3:9: gpu lab: tdp_w = -140: must be positive\n");
  std::filesystem::remove(path);
}

TEST_CASE("gpu needs one board") {
  CHECK(run({"gpu"}).code == kBadInput);
  CHECK(run({"gpu", "RTX", "3060"}).code == kDone);
  CHECK(run({"gpu", "rtx-3061"}).code == kBadInput);
}

TEST_CASE("CSV and Markdown hold the same page") {
  const Result csv = run({"gpu", "t4", "--format", "csv"});
  CHECK(contains(csv.out, "section,figure,value,unit,remark\n"));
  CHECK(contains(csv.out, "peak,tensor_core fp16 -> fp32,65.1264,TFLOP/s,"));
  const Result markdown = run({"gpu", "t4", "--format", "markdown"});
  CHECK(contains(markdown.out, "# Tesla T4 (tesla-t4)\n"));
  CHECK(contains(markdown.out, "| tensor cores | 320 (8 per SM, generation 2) |\n"));
}

TEST_CASE("lint finds the base sound and gives the reason of every difference") {
  const Result result = run({"lint"});
  CHECK(result.code == kDone);
  CHECK(contains(result.out, "2 differ with a reason, 0 contradict.\n"));
  CHECK(contains(result.out, "the headline rounds 6.8 down to 6"));
  CHECK(widest(result.out) <= 100);
  const auto root = parsed(run({"lint", "--json"}).out);
  CHECK(root["schema_version"] == 1);
  CHECK(root["contradictions"] == 0);
  CHECK(root["peaks"].size() >= 200);
}

TEST_CASE("lint of a file whose claim is the sparse figure answers no, and of a broken file refuses") {
  const auto path =
      std::filesystem::temp_directory_path() / ("roofcast-lint-test-" + std::to_string(::getpid()) + ".toml");
  std::ofstream(path) << "inherit = \"l4\"\nslug = \"mine\"\n[claims.tensor_core]\n"
                         "\"fp16 -> fp32\" = { dense_tflops = 242, source = \"a list\" }\n";
  const Result off = run({"lint", path.string()});
  CHECK(off.code == kAnswerIsNo);
  CHECK(contains(off.out, "is it the sparse figure?"));
  CHECK(contains(off.out, "1 contradict.\n"));
  std::ofstream(path) << "inherit = \"l4\"\nslug = \"mine\"\ntdp = 3\n";
  const Result broken = run({"lint", path.string()});
  CHECK(broken.code == kBadInput);
  CHECK(broken.err ==
        "roofcast lint: " + path.string() + ":3:7: gpu mine: unknown key tdp: did you mean tdp_w?\n");
  std::filesystem::remove(path);
}
