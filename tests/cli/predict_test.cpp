// roofcast predict: what is printed, in which form, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/cli/json.h"
#include "tests/cli/run.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;
using nlohmann::json;

namespace {

json predicted(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "predict");
  arguments.emplace_back("--json");
  const Result r = run(arguments);
  CAPTURE(r.err);
  return parsed(r.out);
}

std::string refusal(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "predict");
  const Result r = run(arguments);
  CHECK(r.code == kBadInput);
  CHECK(r.out.empty());
  CHECK(one_line(r.err));
  CHECK(r.err.size() < 600);
  return r.err;
}

}  // namespace

TEST_CASE("what was assumed comes first, and every assumption names its option") {
  const Result r = run({"predict", "resnet50", "--gpu", "p4000", "--dataset", "cifar10"});
  CHECK(r.code == kDone);
  CHECK(r.out.rfind("assumed: training (--phase)", 0) == 0);
  for (const char* option : {"--phase", "--optimizer", "--precision", "--batch", "--image", "--stack"}) {
    CHECK(contains(r.out.substr(0, r.out.find("\n\n")), option));
  }
  CHECK(widest(r.out) <= 100);
}

TEST_CASE("what was given is not assumed") {
  const Result r =
      run({"predict", "resnet50",    "--gpu",       "p4000",   "--dataset", "cifar10",     "--batch",
           "32",      "--precision", "fp32_strict", "--phase", "train",     "--optimizer", "adam",
           "--image", "32",          "--stem",      "cifar",   "--stack",   "fused"});
  CHECK(r.code == kDone);
  CHECK(r.out.rfind("assumed: nothing\n", 0) == 0);
}

TEST_CASE("an epoch of CIFAR-10 at batch 64 is 782 steps") {
  const json r =
      predicted({"resnet50", "--gpu", "p4000", "--dataset", "cifar10", "--batch", "64"})["results"][0];
  CHECK(r["epoch_s"]["expected"].get<double>() ==
        doctest::Approx(782 * r["step_s"]["expected"].get<double>()));
  CHECK(r["step_s"]["low"] <= r["step_s"]["expected"]);
  CHECK(r["step_s"]["expected"] <= r["step_s"]["high"]);
  CHECK(r["memory"]["total_bytes"].get<double>() > 1e9);
}

TEST_CASE("comma lists of boards, precisions and batches make a table") {
  const json r =
      predicted({"resnet18", "--gpu", "p4000,rtx-3060", "--precision", "fp32,amp_fp16", "--batch", "16,32"});
  CHECK(r["results"].size() == 8);
  const Result text = run(
      {"predict", "resnet18", "--gpu", "p4000,rtx-3060", "--precision", "fp32,amp_fp16", "--batch", "16,32"});
  CHECK(text.code == kDone);
  CHECK(widest(text.out) <= 100);
  CHECK(contains(text.out, "precision"));
  CHECK(contains(text.out, "batch"));
}

TEST_CASE("a batch that does not fit is an answer, no, with the largest that does") {
  const Result r = run({"predict", "resnet50", "--gpu", "p4000", "--batch", "4096"});
  CHECK(r.code == kAnswerIsNo);
  CHECK(contains(substituted(r.out), "does not fit: needs <bytes>, has <bytes>; largest batch #"));
  CHECK(r.err.empty());
}

TEST_CASE("the default batch falls to the largest that fits and says so") {
  const json r = predicted({"bert-large", "--gpu", "p4000", "--task", "squad"});
  CHECK(r["results"][0]["runs"] == true);
  CHECK(r["results"][0]["batch"].get<int>() < 8);
  CHECK(contains(r["results"][0]["remarks"].dump(), "the default 8 needs"));
}

TEST_CASE("a precision the board lacks is refused with the reason and what it has instead") {
  const auto refused = [](const char* workload, const char* board, const char* precision) {
    const Result r = run({"predict", workload, "--gpu", board, "--phase", "infer", "--precision", precision});
    CHECK(r.code == kBadInput);
    CHECK(r.out.empty());
    CHECK(one_line(r.err));
    return r.err;
  };
  const std::string ampere = refused("bert-large", "rtx-3060", "fp8");
  CHECK(contains(ampere, "cannot run in fp8: no FP8 on this board: GeForce RTX 3060 12GB"));
  CHECK(contains(ampere, "use amp_fp16"));
  CHECK(contains(refused("resnet50", "m40", "int8"), "no INT8"));
  CHECK(run({"predict", "resnet50", "--gpu", "p4000", "--precision", "int8"}).code == kBadInput);  // training
  CHECK(run({"predict", "gemm:64x64x64", "--gpu", "t4", "--precision", "fp8"}).code == kBadInput);
  CHECK(run({"predict", "bert-large", "--gpu", "l4", "--precision", "fp8"}).code == kDone);
}

TEST_CASE("two epochs cost twice one") {
  const std::vector<std::string> one{
      "resnet50", "--gpu",         "p4000", "--dataset",        "cifar10", "--electricity",
      "0.15",     "--board-price", "300",   "--lifetime-hours", "20000"};
  std::vector<std::string> two = one;
  two.insert(two.end(), {"--epochs", "2"});
  const json a = predicted(one)["results"][0];
  const json b = predicted(two)["results"][0];
  CHECK(b["cost_usd"].get<double>() == doctest::Approx(2 * a["cost_usd"].get<double>()));
  // $ = J × 0.15 / 3.6e6 + 300 × s / (20000 × 3600)
  const double dollars =
      a["job_energy_j"].get<double>() * 0.15 / 3.6e6 + 300 * a["job_s"]["expected"].get<double>() / 7.2e7;
  CHECK(a["cost_usd"].get<double>() == doctest::Approx(dollars));
}

TEST_CASE("a cost with an unknown part is unknown, not zero") {
  CHECK(predicted({"resnet50", "--gpu", "p4000", "--dataset", "cifar10", "--electricity",
                   "0.15"})["results"][0]["cost_usd"]
            .is_null());
  CHECK(contains(run({"predict", "resnet50", "--gpu", "p4000"}).out, "cost           - (needs"));
}

TEST_CASE("--set changes the board and is printed, more watts never make it slower") {
  const auto step = [](const char* set) {
    const json r = predicted({"resnet50", "--gpu", "p4000", "--batch", "32", "--set", set});
    CHECK(contains(r["assumed"].dump(), "(--set)"));
    return r["results"][0]["step_s"]["expected"].get<double>();
  };
  CHECK(step("tdp=140W") <= step("tdp=60W"));
  CHECK(step("bandwidth=400GB/s") < step("bandwidth=100GB/s"));
  CHECK(step("sms=28") < step("sms=14"));
}

TEST_CASE("--explain accounts for the whole step and stays readable") {
  const Result r = run({"predict", "resnet50", "--gpu", "p4000", "--explain"});
  CHECK(contains(r.out, "ideal roofline at boost clock"));
  CHECK(contains(r.out, "= total"));
  CHECK(widest(r.out) <= 100);
  CHECK(std::count(r.out.begin(), r.out.end(), '\n') < 80);

  const json j = predicted({"resnet50", "--gpu", "p4000", "--explain"})["results"][0];
  double sum = 0;
  for (const json& k : j["kernels"]) sum += k["seconds"].get<double>() * k["count"].get<double>();
  CHECK(sum == doctest::Approx(j["gpu_s"].get<double>()));
  const json& w = j["waterfall"];
  CHECK(w["ideal_s"] <= w["tiling_s"]);
  CHECK(w["tiling_s"] <= w["traffic_s"]);
  CHECK(w["traffic_s"] <= w["clock_s"]);
  CHECK(w["clock_s"] <= w["total_s"]);
}

TEST_CASE("a bare kernel prints its rate, its share of peak and its waterfall") {
  const Result r = run({"predict", "gemm:1000x1000x1000", "--gpu", "p4000"});
  CHECK(r.code == kDone);
  CHECK(contains(r.out, "% of peak (1792 cores × 1.480 GHz × 2 = 5.30 TFLOP/s)"));
  CHECK(contains(r.out, "+ tile and wave losses"));
  CHECK(widest(r.out) <= 100);
}

TEST_CASE("the report of one board, values substituted") {
  const Result r = run({"predict", "resnet50", "--gpu", "p4000", "--dataset", "cifar10"});
  CHECK(r.out.substr(0, r.out.find("\n\n")) ==
        "assumed: training (--phase); SGD with momentum (--optimizer); fp32 as frameworks run it: TF32\n"
        "         convolutions where the GPU has them (--precision); batch 64, or the largest that fits\n"
        "         (--batch); images of 224×224 (--image); stack eager: PyTorch 2 in NCHW (--stack)\n"
        "resnet50, training, cifar10 (50,000 images)");
  const std::string report = r.out.substr(r.out.find("\n\n") + 2);
  CHECK(substituted(report) ==
        "board Quadro P4000 (quadro-p4000, Pascal GP104)\n"
        "run fp32, batch #\n"
        "epoch <time> (# %: <time> - <time>)\n"
        "step <time> (# %: <time> - <time>)\n"
        "throughput # images/s\n"
        "memory <bytes> of <bytes>: weights <bytes>, gradients <bytes>, optimizer <bytes>, activations "
        "<bytes>, workspace <bytes>, context <bytes>, fragmentation <bytes>\n"
        "largest batch #\n"
        "bound <bound> (kernel time: ...)\n"
        "power # W on average, limit # W\n"
        "energy <energy> per epoch\n"
        "cost - (needs --electricity, --lifetime-hours and a board price)\n");
}

TEST_CASE("CSV has one header and a row per answer, assumptions go to stderr") {
  const Result r =
      run({"predict", "resnet50", "--gpu", "p4000,t4", "--dataset", "cifar10", "--format", "csv"});
  CHECK(std::count(r.out.begin(), r.out.end(), '\n') == 3);
  CHECK(r.out.rfind("workload,board,precision,batch,mode,", 0) == 0);
  CHECK(contains(r.out, "\nresnet50,quadro-p4000,fp32,64,training,"));
  CHECK(contains(r.err, "assumed: training"));
}

TEST_CASE("unknown names suggest the nearest") {
  CHECK(contains(refusal({"resnet5O", "--gpu", "p4000"}), "resnet50"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p400O"}), "p4000"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--precision", "fp31"}), "did you mean 'fp32'?"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000:fp31"}), "did you mean 'fp32'?"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--dataset", "cifar"}), "did you mean 'cifar10'?"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--bacth", "8"}), "did you mean '--batch'?"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--stack", "jit"}),
                 "mxnet, compiled, vllm, llama.cpp, ollama or fused"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--host", "pcie=9"}), "outside 1 to 6"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--host", "lanes=9"}), "unknown figure 'lanes'"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--host", "dispatch=8"}), "give it in us"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--phase", "test"}), "train"));
}

TEST_CASE("batches that are no positive whole number of bearable size are refused") {
  for (const char* batch :
       {"0", "-1", "1000000000000", "1e3", "x", "8.5", "", "8,", "99999999999999999999"}) {
    CAPTURE(batch);
    CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--batch", batch}), "--batch"));
  }
}

TEST_CASE("what is missing is asked for") {
  CHECK(contains(refusal({}), "which workload?"));
  CHECK(contains(refusal({"resnet50"}), "which board?"));
  CHECK(contains(refusal({"resnet50", "--gpu"}), "--gpu"));
}

TEST_CASE("options that do not belong together are refused") {
  CHECK(contains(refusal({"bert-base", "--gpu", "p4000", "--dataset", "cifar10"}),
                 "--dataset cifar10 is not for bert-base"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--epochs", "2"}), "--epochs needs --dataset"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--phase", "infer", "--optimizer", "sgd"}),
                 "training only"));
  CHECK(contains(refusal({"gemm:64x64x64", "--gpu", "p4000", "--batch", "8"}), "--batch does not apply"));
  refusal({"resnet50", "--gpu", "p4000", "--seq", "128"});
  refusal({"bert-base", "--gpu", "p4000", "--image", "224"});
  refusal({"gemm:64x64", "--gpu", "p4000"});
  refusal({"gemm:0x64x64", "--gpu", "p4000"});
  refusal({"gemm:64x64x99999999999999999999", "--gpu", "p4000"});
}

TEST_CASE("what was not measured of an architecture is named by the kind of job") {
  CHECK(contains(run({"predict", "resnet50", "--gpu", "mi300x"}).out, "no training on CDNA"));
  CHECK(contains(run({"predict", "resnet50", "--gpu", "mi300x", "--phase", "infer"}).out,
                 "no inference on CDNA"));
  CHECK(contains(run({"predict", "gemm:512x512x512", "--gpu", "mi300x"}).out, "no measurement of CDNA"));
  CHECK(
      contains(run({"compare", "gpt2", "--gpus", "p4000,mi300x", "--phase", "decode", "--stack", "vllm"}).out,
               "no serving on this architecture"));
}

TEST_CASE("huge lists are refused, not worked through") {
  std::string batches = "1";
  for (int i = 2; i < 3000; ++i) batches += "," + std::to_string(i);
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--batch", batches}), "more than 1000 combinations"));
  std::string boards = "p4000";
  for (int i = 0; i < 3000; ++i) boards += ",p4000";
  CHECK(contains(refusal({"resnet50", "--gpu", boards}), "more than 1000 boards"));
  CHECK(refusal({std::string(1 << 20, 'x'), "--gpu", "p4000"}).size() < 600);
}

TEST_CASE("a recurrent layer is asked for at once: its steps do not wait for an interpreter") {
  const json j = parsed(run({"predict", "lstm:512x16x25", "--gpu", "v100-sxm2-16gb", "--json"}).out);
  CHECK_FALSE(contains(j.dump(), "\"bound\":\"host\""));
  CHECK(contains(run({"predict", "lstm:512x16", "--gpu", "v100-sxm2-16gb"}).err, "lstm:HxBxT"));
}
