// roofcast memory: items, answers, forms.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/cli/json.h"
#include "tests/cli/run.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;
using nlohmann::json;

TEST_CASE("items add up to the total, for both precisions, with and without checkpointing") {
  const Result r = run({"memory", "bert-large", "--gpu", "p4000", "--batch", "1", "--json"});
  CHECK(r.code == kDone);
  const json j = parsed(r.out);
  CHECK(j["results"].size() == 4);
  for (const json& one : j["results"]) {
    double sum = 0;
    for (const char* item :
         {"weights_bytes", "masters_bytes", "copies_bytes", "gradients_bytes", "optimizer_bytes",
          "activations_bytes", "workspace_bytes", "context_bytes", "fragmentation_bytes"})
      sum += one[item].get<double>();
    CHECK(sum == doctest::Approx(one["total_bytes"].get<double>()));
    CHECK(one["fits"] == (one["total_bytes"] <= one["usable_bytes"]));
  }
}

TEST_CASE("the table fits 80 columns") {
  for (const std::vector<std::string>& extra : {std::vector<std::string>{},
                                                {"--batch", "1,2,4,8,16"},
                                                {"--phase", "infer"},
                                                {"--checkpointing=sqrt"}}) {
    std::vector<std::string> arguments{"memory", "resnet50", "--gpus", "p4000,orin-nano-8gb"};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    const Result r = run(arguments);
    CAPTURE(r.err);
    CHECK(r.code == kDone);
    const std::string table = r.out.substr(r.out.find("\n\n"));
    CHECK(widest(table) <= 80);
    CHECK(contains(r.out, "largest batch"));
    CHECK(contains(r.out, "shared with the CPU"));
  }
}

TEST_CASE("what does not fit says what it needs and what there is, and the answer is no") {
  const Result r = run({"memory", "bert-large", "--gpu", "p4000", "--batch", "64", "--precision", "fp32"});
  CHECK(r.code == kAnswerIsNo);
  CHECK(contains(substituted(r.out), "does not fit: needs <bytes>, has <bytes>; largest batch #"));
  CHECK(run({"memory", "gpt3-2.7b", "--gpu", "p4000"}).code == kAnswerIsNo);
}

TEST_CASE("smaller optimizers need less, and checkpointing lets a larger batch fit") {
  const auto result = [](const char* optimizer, const char* checkpointing) {
    std::vector<std::string> arguments{"memory",      "bert-large",  "--gpu",   "rtx-3060",
                                       "--precision", "fp32",        "--batch", "4",
                                       "--json",      "--optimizer", optimizer};
    if (checkpointing != nullptr) arguments.emplace_back(checkpointing);
    return parsed(run(arguments).out)["results"][0];
  };
  CHECK(result("adam-8bit", nullptr)["optimizer_bytes"] < result("sgd-momentum", nullptr)["optimizer_bytes"]);
  CHECK(result("adafactor", nullptr)["optimizer_bytes"] < result("adam-8bit", nullptr)["optimizer_bytes"]);
  CHECK(result("sgd", nullptr)["optimizer_bytes"] == 0);
  CHECK(result("adam", "--checkpointing")["largest_batch"] > result("adam", nullptr)["largest_batch"]);
}

TEST_CASE("CSV is one line per run, a precision the board lacks is a no") {
  const Result r =
      run({"memory", "bert-base", "--gpu", "p4000", "--precision", "fp32,fp8", "--format", "csv"});
  CHECK(r.code == kDone);
  CHECK(std::count(r.out.begin(), r.out.end(), '\n') == 5);
  CHECK(contains(r.out, "cannot run in fp8"));
  const Result none = run({"memory", "bert-base", "--gpu", "p4000", "--precision", "fp8"});
  CHECK(none.code == kBadInput);
  CHECK(contains(none.err, "no FP8 on this board"));
}

TEST_CASE("what memory cannot take is refused in one line") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"memory", "gemm:64x64x64", "--gpu", "p4000"},
        {"memory", "resnet50", "--gpu", "p4000", "--gpus", "t4"},
        {"memory", "resnet50"},
        {"memory", "resnet50", "--gpu", "p4000", "--batch", "auto"},
        {"memory", "resnet50", "--gpu", "p4000", "--precision", "best"},
        {"memory", "resnet50", "--gpu", "p4000", "--checkpointing=some"},
        {"memory", "resnet50", "--gpu", "p4000", "--phase", "infer", "--checkpointing"}}) {
    const Result r = run(arguments);
    CHECK(r.code == kBadInput);
    CHECK(r.out.empty());
    CHECK(one_line(r.err));
  }
}
