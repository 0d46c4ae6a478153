// From options to a question: defaults, and what is assumed.
// SPDX-License-Identifier: Apache-2.0
#include "cli/question.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

using namespace roofcast;
using namespace roofcast::cli;
using doctest::Approx;

namespace {

Question ask(std::vector<std::string> arguments) {
  std::ostringstream out;
  return read_question(*parse(arguments, question_options("gpu"), "workload", "", "", out), "gpu");
}

bool assumes(const Question& q, const std::string& part) {
  return std::any_of(q.assumed.begin(), q.assumed.end(),
                     [&](const std::string& a) { return a.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE(
    "nothing said means training in FP32 at the workload's batch, SGD for CNNs and AdamW for transformers") {
  const Question cnn = ask({"resnet50", "--gpu", "p4000"});
  CHECK(cnn.training());
  CHECK(cnn.workload.default_batch == 64);
  CHECK(cnn.job.execution.optimizer == Optimizer::sgd_momentum);
  CHECK(cnn.precisions == std::vector<PrecisionChoice>{Precision::fp32});
  CHECK(cnn.job.execution.stack.name == "eager");
  const Question bert = ask({"bert-large", "--gpu", "p4000"});
  CHECK(bert.workload.default_batch == 8);
  CHECK(bert.job.execution.optimizer == Optimizer::adam);
}

TEST_CASE("a data set says what an epoch is and what the network is fed") {
  const Question q = ask({"resnet50", "--gpu", "p4000", "--dataset", "cifar10"});
  CHECK(q.job.samples_per_epoch == 50000);
  CHECK(q.job.workload.image_size == 224);
  CHECK(q.job.workload.classes == 10);
  CHECK(assumes(q, "images of 224×224 (--image)"));
  CHECK(
      ask({"resnet50", "--gpu", "p4000", "--dataset", "cifar10", "--image", "32"}).job.workload.image_size ==
      32);
}

TEST_CASE("the task SQuAD implies its data set and the data set its task") {
  const Question by_task = ask({"bert-large", "--gpu", "p4000", "--task", "squad"});
  CHECK(by_task.job.samples_per_epoch == 88524);
  CHECK(by_task.job.workload.sequence_length == 384);
  CHECK(assumes(by_task, "data set squad (--dataset)"));
  const Question by_data = ask({"bert-large", "--gpu", "p4000", "--dataset", "squad"});
  CHECK(by_data.job.workload.task == Task::squad);
  CHECK_THROWS_AS(ask({"bert-large", "--gpu", "p4000", "--dataset", "squad", "--task", "pretraining"}),
                  InputError);
}

TEST_CASE("boards carry their own precision, best included") {
  const Question q = ask({"resnet50", "--gpu", "p4000,rtx-3060:tf32,rtx-4060-ti-16gb:best"});
  REQUIRE(q.boards.size() == 3);
  CHECK_FALSE(q.boards[0].precision);
  CHECK(q.boards[1].precision == std::optional<PrecisionChoice>(Precision::tf32));
  CHECK(q.boards[2].precision == std::optional<PrecisionChoice>(PrecisionChoice()));
  CHECK(q.boards[0].gpu.slug == "quadro-p4000");
}

TEST_CASE("changed figures reach every board and the list of assumptions") {
  const Question q = ask({"resnet50", "--gpu", "p4000,rtx-3060", "--set", "tdp=90W"});
  for (const Board& b : q.boards) CHECK(b.gpu.tdp.value == 90);
  CHECK(assumes(q, "tdp=90W"));
}

TEST_CASE("prices are converted at the edge: 0.36 $/kWh is 1e-7 $/J") {
  const Question q = ask({"resnet50", "--gpu", "p4000", "--electricity", "0.36", "--board-price", "300",
                          "--lifetime-hours", "1000"});
  CHECK(q.prices.electricity->value == Approx(1e-7));
  CHECK(q.prices.board->value == 300);
  CHECK(q.prices.lifetime->value == Approx(3.6e6));
}

TEST_CASE("the three software stacks differ in layout and fusion") {
  CHECK_FALSE(find_stack("eager")->channels_last);
  CHECK(find_stack("channels-last")->channels_last);
  CHECK_FALSE(find_stack("channels-last")->fuses_pointwise);
  CHECK(find_stack("fused")->fuses_pointwise);
  CHECK(find_stack("fused")->fused_attention);
  CHECK_FALSE(find_stack("jit"));
}

TEST_CASE("a bare kernel assumes only what applies to it") {
  const Question q = ask({"gemm:64x64x64", "--gpu", "p4000"});
  CHECK(q.bare_kernel());
  CHECK(q.assumed.size() == 1);
  CHECK(assumes(q, "--precision"));
}
