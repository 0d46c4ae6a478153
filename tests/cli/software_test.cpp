// Options of the framework: gains, refusals, the input pipeline, the knee.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

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
  return parsed(r.out)["results"][0];
}

std::string refusal(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "predict");
  const Result r = run(arguments);
  CHECK(r.code == kBadInput);
  CHECK(r.out.empty());
  CHECK(one_line(r.err));
  return r.err;
}

}  // namespace

TEST_CASE("each option alone, and all of them, against none") {
  const json r =
      predicted({"resnet50", "--gpu", "rtx-3060", "--batch", "32", "--amp", "--channels-last", "--compile"});
  REQUIRE(r["what_if"].size() == 5);
  CHECK(r["what_if"][0]["with"] == "none");
  CHECK(r["what_if"][0]["gain"] == 1);
  CHECK(r["what_if"][4]["with"] == "all");
  CHECK(r["what_if"][4]["time_s"]["expected"] == r["step_s"]["expected"]);
  for (const json& w : r["what_if"]) {
    CHECK(w["gain"].get<double>() == doctest::Approx(r["what_if"][0]["time_s"]["expected"].get<double>() /
                                                     w["time_s"]["expected"].get<double>()));
    CHECK(w["gain"].get<double>() > 0.95);
  }
  CHECK(r["precision"] == "amp-fp16");
}

TEST_CASE("none is what the same command without options predicts") {
  const double plain = predicted({"resnet50", "--gpu", "rtx-3060", "--batch", "32"})["step_s"]["expected"];
  const json with = predicted({"resnet50", "--gpu", "rtx-3060", "--batch", "32", "--amp"});
  CHECK(with["what_if"][0]["time_s"]["expected"] == plain);
  CHECK(with["what_if"].size() == 2);
}

TEST_CASE("the table stays within the width, on one board and on several") {
  const Result one =
      run({"predict", "bert-base", "--gpu", "rtx-3060", "--amp", "--flash-attention", "--checkpointing"});
  CHECK(one.code == kDone);
  CHECK(contains(one.out, "--flash-attention alone: "));
  CHECK(widest(one.out) <= 100);
  const Result several = run({"compare", "resnet50", "--gpus", "p4000,rtx-3060", "--cuda-graphs", "--amp"});
  CHECK(several.code == kDone);
  CHECK(widest(several.out) <= 100);
  const Result markdown = run({"predict", "resnet50", "--gpu", "rtx-3060", "--amp", "--format", "markdown"});
  CHECK(contains(markdown.out, "| with |"));
}

TEST_CASE("checkpointing costs time and saves memory") {
  const json r = predicted({"bert-base", "--gpu", "rtx-3060", "--batch", "8", "--checkpointing"});
  CHECK(r["what_if"][1]["gain"].get<double>() < 0.95);
  CHECK(r["what_if"][1]["gain"].get<double>() > 0.65);
  CHECK(r["what_if"][1]["memory_bytes"] < r["what_if"][0]["memory_bytes"]);
}

TEST_CASE("what a board cannot run is refused with the reason") {
  CHECK(contains(
      refusal({"resnet50", "--gpu", "p4000", "--compile"}),
      "--compile: torch.compile needs compute capability 7.0 (its backend is Triton), Quadro P4000 has 6.1"));
  CHECK(contains(refusal({"bert-base", "--gpu", "p4000", "--amp", "--flash-attention"}),
                 "--flash-attention: "));
  CHECK(contains(refusal({"bert-base", "--gpu", "rtx-3060", "--flash-attention"}), "takes FP16 or BF16"));
  CHECK(contains(refusal({"bert-base", "--gpu", "t4", "--phase", "infer", "--amp", "--sparse"}),
                 "compute capability 8.0"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--stack", "ngc-20+loop", "--cuda-graphs"}),
                 "reads results back"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--amp", "--precision", "fp16"}), "--amp"));
  CHECK(contains(refusal({"resnet50", "--gpu", "p4000", "--workers", "4"}), "--decode-ms"));
  CHECK(contains(refusal({"gemm:64x64x64", "--gpu", "p4000", "--cuda-graphs"}), "bare kernel"));
}

TEST_CASE("of several boards those that cannot get a row that says so") {
  const Result r = run({"compare", "resnet50", "--gpus", "p4000,rtx-3060", "--compile"});
  CHECK(r.code == kDone);
  CHECK(contains(r.out, "torch.compile needs compute capability 7.0"));
  CHECK(run({"compare", "resnet50", "--gpus", "p4000,gtx-1080-ti", "--compile"}).code == kBadInput);
}

TEST_CASE("a slow CPU sets the pace, workers lift it") {
  const std::vector<std::string> base{"resnet18", "--gpu", "rtx-3060", "--batch", "64", "--decode-ms", "10"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return predicted(more);
  };
  const json alone = with({});
  CHECK(alone["bound"] == "input");
  CHECK(alone["step_s"]["expected"].get<double>() >= 0.64);
  const json four = with({"--workers", "4", "--pin-memory"});
  CHECK(four["step_s"]["expected"].get<double>() == doctest::Approx(0.16));
  CHECK(four["samples_per_s"].get<double>() == doctest::Approx(400));
  CHECK(with({"--workers", "64", "--pin-memory"})["bound"] != "input");
}

TEST_CASE("workers start once where they persist") {
  const auto job = [](bool persistent) {
    std::vector<std::string> arguments{
        "resnet18",    "--gpu", "rtx-3060",  "--dataset", "cifar10",           "--epochs", "10",
        "--decode-ms", "1",     "--workers", "8",         "--worker-start-ms", "500"};
    if (persistent) arguments.emplace_back("--persistent-workers");
    return predicted(arguments)["job_s"]["expected"].get<double>();
  };
  CHECK(job(false) - job(true) == doctest::Approx(9 * 8 * 0.5));
}

TEST_CASE("--batch auto takes the knee and tells the largest") {
  const json r = predicted({"resnet50", "--gpu", "rtx-3060", "--batch", "auto"});
  CHECK(r["batch"] == r["batches"]["knee"]);
  CHECK(r["batches"]["largest"] >= r["batch"]);
  CHECK(r["batches"]["points"].size() > 4);
  const Result text = run({"predict", "resnet50", "--gpu", "rtx-3060", "--batch", "auto"});
  CHECK(contains(text.out, "is the knee"));
  CHECK(contains(text.out, "largest that fits"));
  CHECK(widest(text.out) <= 100);
  CHECK(contains(run({"compare", "resnet50", "--gpus", "p4000,rtx-3060", "--batch", "auto"}).out,
                 "is the knee"));
}
