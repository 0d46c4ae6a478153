// roofcast compare: one row per board, also for the ones that cannot.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/cli/json.h"
#include "tests/cli/run.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;
using nlohmann::json;

TEST_CASE("four boards, one row each, within 100 columns") {
  const Result r = run({"compare", "resnet50", "--dataset", "cifar10", "--gpus",
                        "p4000,rtx-3060,rtx-4060-ti-16gb,orin-nano-8gb"});
  CHECK(r.code == kDone);
  CHECK(r.err.empty());
  CHECK(widest(r.out) <= 100);
  CHECK(contains(r.out, "\nresnet50, training, cifar10 (50,000 images), fp32, batch 64\n"));
  const std::string table =
      r.out.substr(r.out.find("board "), r.out.find("\n\nrtx-3060 stands") + 1 - r.out.find("board "));
  CHECK(substituted(table) ==
        "board epoch range % img/s bound GiB W energy $ speed\n"
        "quadro-p4000 <time> <range> # <bound> # # <energy> - <ratio>\n"
        "rtx-3060-12gb <time> <range> # <bound> # # <energy> - <ratio>\n"
        "rtx-4060-ti-16gb <time> <range> # <bound> # # <energy> - <ratio>\n"
        "jetson-orin-nano-8gb-15w <time> <range> # <bound> # # <energy> - <ratio>\n");
}

TEST_CASE("the same as JSON: SI units, the first board is the measure") {
  const Result r = run({"compare", "resnet50", "--dataset", "cifar10", "--gpus", "p4000,rtx-3060", "--json"});
  const json j = parsed(r.out);
  CHECK(j["schema_version"] == 1);
  CHECK(j["samples_per_epoch"] == 50000);
  CHECK(j["results"].size() == 2);
  CHECK(j["results"][0]["speed_against_first"] == 1);
  CHECK(j["results"][1]["speed_against_first"].get<double>() ==
        doctest::Approx(j["results"][1]["samples_per_s"].get<double>() /
                        j["results"][0]["samples_per_s"].get<double>()));
  for (const json& row : j["results"]) {
    for (const char* key : {"board", "precision", "batch", "runs", "extrapolated", "step_s", "epoch_s",
                            "bound", "memory", "power_w", "step_energy_j", "cost_usd", "remarks"}) {
      CHECK(row.contains(key));
    }
  }
}

TEST_CASE("the same as CSV") {
  const Result r =
      run({"compare", "resnet50", "--dataset", "cifar10", "--gpus", "p4000,rtx-3060", "--format", "csv"});
  CHECK(r.code == kDone);
  CHECK(std::count(r.out.begin(), r.out.end(), '\n') == 3);
}

TEST_CASE("each board takes its own precision") {
  const Result r = run(
      {"compare", "bert-large", "--task", "squad", "--gpus", "p4000:fp32,rtx-4060-ti-16gb:fp8", "--json"});
  CHECK(r.code == kDone);
  const json j = parsed(r.out);
  CHECK(j["results"][0]["precision"] == "fp32");
  CHECK(j["results"][1]["precision"] == "fp8");
  CHECK(j["results"][1]["runs"] == true);
  CHECK(j["samples_per_epoch"] == 88524);
}

TEST_CASE("a board that cannot gets a row that says so, and the others decide the exit code") {
  const Result r = run({"compare", "resnet50", "--gpus", "p4000:int8,rtx-3060"});
  CHECK(r.code == kDone);
  CHECK(contains(r.out, "cannot run in int8"));
  CHECK(widest(r.out) <= 100);
  const Result none = run({"compare", "resnet50", "--gpus", "p4000:int8,rtx-3060:int8"});
  CHECK(none.code == kBadInput);
  CHECK(one_line(none.err));
}

TEST_CASE("best is at least as fast as every precision the board can run") {
  const auto rate = [](const char* precision) {
    const json j =
        parsed(run({"compare", "resnet50", "--gpus", "rtx-3060", "--precision", precision, "--json"}).out);
    return j["results"][0]["samples_per_s"].get<double>();
  };
  const double best = rate("best");
  for (const char* precision : {"fp32", "fp32_strict", "tf32", "amp_fp16", "amp_bf16"})
    CHECK(best >= rate(precision));
}

TEST_CASE(
    "best trains in mixed precision, never with a whole model in half, and infers in whatever is fastest") {
  const auto chosen = [](const char* phase) {
    const json j = parsed(
        run({"compare", "bert-base", "--gpus", "rtx-3060", "--precision", "best", "--phase", phase, "--json"})
            .out);
    return j["results"][0]["precision"].get<std::string>();
  };
  CHECK(chosen("train").rfind("amp-", 0) == 0);
  CHECK((chosen("infer") == "int8" || chosen("infer") == "fp16" || chosen("infer") == "bf16"));
}

TEST_CASE("long names split the table instead of breaking the width") {
  const Result r = run({"compare", "bert-base", "--task", "squad", "--gpus",
                        "jetson-orin-nano-8gb-super:amp_fp16,rtx-4060-ti-16gb:fp8,p4000", "--batch", "2",
                        "--electricity", "0.2", "--lifetime-hours", "20000"});
  CHECK(r.code == kDone);
  CHECK(widest(r.out) <= 100);
}

TEST_CASE("Markdown is a table of its own") {
  const Result r = run(
      {"compare", "resnet50", "--dataset", "cifar10", "--gpus", "p4000,rtx-3060", "--format", "markdown"});
  CHECK(r.out.rfind("> assumed: ", 0) == 0);
  CHECK(contains(r.out, "| board |"));
}

TEST_CASE("compare takes one precision and one batch for all") {
  CHECK(run({"compare", "resnet50", "--gpus", "p4000", "--precision", "fp32,tf32"}).code == kBadInput);
  CHECK(run({"compare", "resnet50", "--gpus", "p4000", "--batch", "1,2"}).code == kBadInput);
  CHECK(run({"compare", "resnet50"}).code == kBadInput);
}
