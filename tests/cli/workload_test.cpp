// roofcast workloads and workload NAME.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/cli/json.h"
#include "tests/cli/run.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;
using nlohmann::json;

TEST_CASE("every workload is listed with its parameters and forward operations") {
  const Result r = run({"workloads"});
  CHECK(r.code == kDone);
  for (const char* name : {"resnet18", "resnet50", "resnet152", "bert-base", "bert-large"})
    CHECK(contains(r.out, name));
  CHECK(widest(r.out) <= 80);
  const json j = parsed(run({"workloads", "--json"}).out);
  CHECK(j["workloads"].size() >= 150);
}

TEST_CASE("a word lists the workloads that have it in a name, an alias or the description") {
  const Result r = run({"workloads", "Conv_Next"});
  CHECK(r.code == kDone);
  CHECK(contains(r.out, "convnext-base"));
  CHECK_FALSE(contains(r.out, "resnet50"));
  CHECK(contains(run({"workloads", "patch16_384"}).out, "vit-b-16-384"));
  const Result none = run({"workloads", "nothing-like-it"});
  CHECK(none.code == kBadInput);
  CHECK(none.out.empty());
  CHECK(contains(none.err, "no workload has 'nothing-like-it' in its name"));
}

TEST_CASE("ResNet-50 has 25.56 M parameters, 4.09 GMAC forward and about three times that in training") {
  const json j = parsed(run({"workload", "resnet50", "--json"}).out);
  CHECK(j["parameters"] == 25557032);
  CHECK(j["forward_flops"].get<double>() == doctest::Approx(2 * 4.09e9).epsilon(0.02));
  CHECK(j["training_flops"].get<double>() == doctest::Approx(3 * 2 * 4.09e9).epsilon(0.04));
  double sum = 0;
  for (const json& layer : j["layers"]) sum += layer["forward_flops"].get<double>();
  CHECK(sum == doctest::Approx(j["forward_flops"].get<double>()));
}

TEST_CASE("repeated layers are one line in the table and all there in CSV") {
  const Result table = run({"workload", "bert-large"});
  const Result csv = run({"workload", "bert-large", "--format", "csv"});
  CHECK(table.code == kDone);
  CHECK(std::count(table.out.begin(), table.out.end(), '\n') < 60);
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') > 200);
  CHECK(widest(table.out) <= 100);
}

TEST_CASE("the batch scales operations and leaves parameters") {
  const json one = parsed(run({"workload", "resnet18", "--json"}).out);
  const json four = parsed(run({"workload", "resnet18", "--batch", "4", "--json"}).out);
  CHECK(four["forward_flops"].get<double>() == doctest::Approx(4 * one["forward_flops"].get<double>()));
  CHECK(four["parameters"] == one["parameters"]);
}

TEST_CASE("an unknown or missing name is refused in one line") {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"workload"},
                                                    {"workload", "resnet5O"},
                                                    {"workload", "gemm:axb"},
                                                    {"workload", "resnet50", "--batch", "0"}}) {
    const Result r = run(arguments);
    CHECK(r.code == kBadInput);
    CHECK(r.out.empty());
    CHECK(one_line(r.err));
  }
}

TEST_CASE("every listed workload has a page, also what only makes images") {
  const json j = parsed(run({"workloads", "--json"}).out);
  for (const json& one : j["workloads"]) {
    const std::string name = one["name"];
    if (name.find(':') != std::string::npos) continue;  // a bare kernel's name says its shape
    INFO(name);
    CHECK(run({"workload", name, "--format", "csv"}).code == kDone);
  }
  const Result images = run({"workload", "sd15"});
  CHECK(images.code == kDone);
  CHECK_FALSE(contains(images.out, "training"));
}
