// Memory of jobs, against batch sizes that are known to run on boards of known size.
// Source of the batches: Lambda's deep-learning benchmark chooses, per board memory, batches that nearly fill it.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "model/graph/lower.h"
#include "model/workloads/workload.h"

using namespace roofcast;
using doctest::Approx;

namespace {

Memory needs(const char* name, std::int64_t batch, Precision precision, Mode mode = Mode::training,
             const char* stack = "eager") {
  WorkloadRequest r;
  r.name = name;
  r.mode = mode;
  r.batch = batch;
  const WorkloadInfo info = find_workload(name);
  const Optimizer optimizer = mode == Mode::training ? info.default_optimizer : Optimizer::none;
  Execution execution{mode, precision, optimizer, *find_stack(stack)};
  return memory_needed(build(r), execution, Gpu{});
}

struct Known {
  const char* name;
  Precision precision;
  double board_gib;
  std::int64_t batch;
};

}  // namespace

TEST_CASE("batches that ran fit, and half as much again does not") {
  // BERT in FP16 was run with 16-bit weights and FP32 masters; sequences of 384.
  for (const Known& k : {Known{"resnet50", Precision::fp32, 16, 128},
                         {"resnet50", Precision::amp_fp16, 16, 256},
                         {"resnet50", Precision::fp32, 24, 224},
                         {"resnet50", Precision::amp_fp16, 24, 448},
                         {"resnet50", Precision::fp32, 40, 360},
                         {"resnet50", Precision::amp_fp16, 40, 720},
                         {"resnet50", Precision::fp32, 48, 496},
                         {"resnet50", Precision::amp_fp16, 48, 928},
                         {"bert-large", Precision::fp32, 16, 8},
                         {"bert-large", Precision::fp16, 16, 16},
                         {"bert-large", Precision::fp32, 24, 16},
                         {"bert-large", Precision::fp16, 24, 28},
                         {"bert-large", Precision::fp32, 40, 28},
                         {"bert-large", Precision::fp16, 40, 48},
                         {"bert-large", Precision::fp32, 48, 32},
                         {"bert-large", Precision::fp16, 48, 64},
                         {"bert-base", Precision::fp32, 16, 24},
                         {"bert-base", Precision::fp16, 16, 48}}) {
    INFO(k.name << " " << name(k.precision) << " batch " << k.batch << " on " << k.board_gib << " GiB");
    const auto total = [&](std::int64_t batch) {
      return in_gibibytes(needs(k.name, batch, k.precision, Mode::training, "ngc-22").total());
    };
    CHECK(total(k.batch) < k.board_gib);
    CHECK(total(k.batch * 3 / 2) > k.board_gib);
  }
}

TEST_CASE("weights, gradients and Adam's moments of BERT-large in FP32 are 4, 4 and 8 bytes a parameter") {
  const Memory m = needs("bert-large", 1, Precision::fp32, Mode::training, "ngc-22");
  const double parameters = 335'143'938;
  CHECK(m.weights.value == Approx(4 * parameters).epsilon(1e-4));
  CHECK(m.gradients.value == Approx(4 * parameters).epsilon(0.005));  // the pooler learns nothing
  CHECK(m.optimizer.value == Approx(8 * parameters).epsilon(1e-4));
}

TEST_CASE("a model in half keeps 2 bytes of weights beside 4 of masters in training, 2 in inference") {
  const double parameters = 335'143'938;
  const Memory half = needs("bert-large", 1, Precision::fp16, Mode::training, "ngc-22");
  CHECK(half.weights.value == Approx(2 * parameters).epsilon(1e-4));
  CHECK(half.masters.value == Approx(4 * parameters).epsilon(1e-4));
  CHECK(half.gradients.value == Approx(2 * parameters).epsilon(0.005));
  CHECK(needs("bert-large", 1, Precision::fp16, Mode::inference).weights.value ==
        Approx(2 * parameters).epsilon(1e-4));
}

TEST_CASE("PyTorch 2 frees gradients before the forward pass: at the peak of activations there are none") {
  CHECK(needs("bert-large", 16, Precision::fp32).gradients.value < 0.1 * 4 * 335'143'938);
  const Memory one = needs("bert-large", 1, Precision::fp32);
  const Memory kept = needs("bert-large", 1, Precision::fp32, Mode::training, "ngc-22");
  CHECK(one.total() < kept.total());
  CHECK(one.gradients + one.activations >= kept.gradients);  // all of them at the update
}

TEST_CASE("optimizer states per parameter: none, 4, 8, about 2, and rows and columns") {
  const auto states = [](Optimizer optimizer) {
    WorkloadRequest r;
    r.name = "bert-large";
    Execution e;
    e.optimizer = optimizer;
    return memory_needed(build(r), e, Gpu{}).optimizer.value / 335'143'938;
  };
  CHECK(states(Optimizer::sgd) == 0);
  CHECK(states(Optimizer::sgd_momentum) == Approx(4).epsilon(1e-3));
  CHECK(states(Optimizer::adam) == Approx(8).epsilon(1e-3));
  CHECK(states(Optimizer::adam_8bit) == Approx(2.03).epsilon(0.01));
  CHECK(states(Optimizer::adafactor) < 0.02);
}

TEST_CASE("fragmentation is a small part of what a job needs, and exact costs only that") {
  for (const char* network : {"resnet50", "bert-large", "gpt2"}) {
    const Memory m = needs(network, 8, Precision::amp_fp16);
    CHECK(m.fragmentation.value >= 0);
    CHECK(m.fragmentation < m.total() * 0.2);
    CHECK(m.cached.value >= 0);
  }
}

TEST_CASE("activations grow with the batch, inference keeps far fewer and no gradients") {
  const double one = needs("resnet50", 8, Precision::fp32).activations.value;
  CHECK(needs("resnet50", 16, Precision::fp32).activations.value == Approx(2 * one).epsilon(0.01));
  const Memory inference = needs("resnet50", 8, Precision::fp32, Mode::inference);
  CHECK(inference.activations.value < one / 5);
  CHECK(inference.gradients == Bytes(0));
  CHECK(inference.optimizer == Bytes(0));
}

TEST_CASE(
    "ResNet-50 keeps about 22 million activations per image: convolution outputs and what follows them") {
  // 11.1 M convolution outputs, kept for batch norm, and as many after norm and ReLU, kept for the next convolution.
  const double elements = needs("resnet50", 64, Precision::fp32).activations.value / 4 / 64;
  CHECK(elements == Approx(22e6).epsilon(0.06));
}

TEST_CASE("half the width is half the activations of a convolutional network, less for a compiled one") {
  const double full = needs("resnet50", 32, Precision::fp32).activations.value;
  CHECK(needs("resnet50", 32, Precision::amp_fp16).activations.value == Approx(full / 2).epsilon(0.05));
  CHECK(needs("bert-large", 8, Precision::fp16, Mode::training, "fused").activations <
        needs("bert-large", 8, Precision::fp16).activations);
}

TEST_CASE("every workload needs something of everything, in every stack") {
  for (const WorkloadInfo& info : zoo()) {
    if (info.name == "stable-diffusion-1.5") continue;  // does not train
    for (const Stack& stack : all_stacks()) {
      const Memory m = needs(info.name.c_str(), 1, Precision::fp32, Mode::training, stack.name.c_str());
      INFO(info.name << " " << stack.name);
      // Of a large model on few tokens the peak may come when its last gradient is made and no activation is left.
      CHECK(m.activations.value >= 0);
      CHECK(m.activations.value + m.gradients.value > 0);
      CHECK(m.weights.value >= 4.0 * 1e6);
      CHECK(m.workspace.value > 0);
      CHECK(m.context.value > 0);
      CHECK(m.total().value > m.weights.value + m.activations.value);
    }
  }
}
