// Gradient checkpointing: which blocks run again, what it saves and what it costs.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/checkpoint.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "model/graph/liveness.h"
#include "model/graph/lower.h"
#include "model/graph/rewrite.h"
#include "model/workloads/workload.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;
using roofcast::testing::board;

namespace {

Graph network(const char* name, std::int64_t batch = 4) {
  WorkloadRequest r;
  r.name = name;
  r.batch = batch;
  return build(r);
}

Execution training(Checkpointing kind, const char* stack = "eager") {
  Execution e;
  e.stack = *find_stack(stack);
  e.checkpointing = kind;
  return e;
}

std::size_t segments(const char* name, Checkpointing kind) {
  const Execution e = training(kind);
  return checkpointed(rewrite(network(name), e), e).size();
}

double forward_flops(const Lowered& lowered, bool again) {
  double sum = 0;
  for (const Kernel& k : lowered.kernels) {
    const bool recomputed = k.name.ends_with(".recompute");
    if (again ? recomputed : k.phase == Phase::forward) sum += flops(k.op).value;
  }
  return sum;
}

}  // namespace

TEST_CASE("blocks are what names number: 16 in ResNet-50, 24 in BERT-large, 12 in GPT-2") {
  CHECK(segments("resnet50", Checkpointing::blocks) == 16);
  CHECK(segments("bert-large", Checkpointing::blocks) == 24);
  CHECK(segments("gpt2", Checkpointing::blocks) == 12);
  CHECK(segments("bert-large", Checkpointing::sqrt) == 5);
  CHECK(segments("resnet50", Checkpointing::none) == 0);
}

TEST_CASE("segments do not overlap and run no further than they reach") {
  for (const WorkloadInfo& info : zoo()) {
    if (info.name == "stable-diffusion-1.5") continue;  // does not train
    for (const Checkpointing kind : {Checkpointing::blocks, Checkpointing::sqrt}) {
      INFO(info.name);
      const Execution e = training(kind);
      const auto found = checkpointed(rewrite(network(info.name.c_str(), 1), e), e);
      int last = 0;
      for (const Segment& s : found) {
        CHECK(s.begin >= last);
        CHECK(s.begin <= s.recomputed);
        CHECK(s.recomputed <= s.end);
        last = s.end;
      }
    }
  }
}

TEST_CASE("names without numbers: a chain is cut where everything passes one tensor") {
  Graph g;
  g.batch = 1;
  g.input_elements = 64;
  for (int i = 0; i < 6; ++i) {
    Node n;
    n.name = "fc";
    n.op = Gemm{.m = 1, .n = 64, .k = 64, .b_transposed = true};
    n.output_elements = 64;
    n.parameters = 64 * 64;
    if (i > 0) n.inputs = {i - 1};
    g.nodes.push_back(n);
  }
  const auto found = checkpointed(g, training(Checkpointing::blocks));
  CHECK(found.size() >= 1);
  CHECK(found.back().end < 6);  // the last stretch's backward follows at once
}

TEST_CASE("inference keeps nothing and checkpoints nothing") {
  Execution e = training(Checkpointing::blocks);
  e.mode = Mode::inference;
  CHECK(checkpointed(rewrite(network("bert-base"), e), e).empty());
}

TEST_CASE("blocks run forward a second time, all but what nothing needs") {
  const Graph g = network("bert-large");
  const Lowered plain = lower(g, board("tesla-t4"), training(Checkpointing::none));
  const Lowered again = lower(g, board("tesla-t4"), training(Checkpointing::blocks));
  CHECK(forward_flops(plain, true) == 0);
  const double share = forward_flops(again, true) / forward_flops(again, false);
  CHECK(share > 0.75);  // the last product of a layer (a third of its weights' work) is not needed again
  CHECK(share < 1);
  CHECK(forward_flops(again, false) == Approx(forward_flops(plain, false)));
}

TEST_CASE("checkpointed activations are a layer's and the inputs of all layers") {
  const auto activations = [](const char* name, Checkpointing kind, const char* stack = "eager") {
    const Execution e = training(kind, stack);
    return peak_activations(rewrite(network(name, 8), e), e).value;
  };
  for (const char* name : {"bert-large", "gpt2", "vit-b-16", "opt-1.3b"}) {
    INFO(name);
    for (const char* stack : {"eager", "fused"}) {
      CHECK(activations(name, Checkpointing::blocks, stack) <
            activations(name, Checkpointing::none, stack) * 0.4);
      CHECK(activations(name, Checkpointing::blocks, stack) > 0);
    }
    CHECK(activations(name, Checkpointing::sqrt) < activations(name, Checkpointing::none) / 2);
  }
  CHECK(activations("resnet50", Checkpointing::blocks) < activations("resnet50", Checkpointing::none) * 0.6);
}

TEST_CASE("everything taken is given back") {
  class Balance : public Heap {
   public:
    Handle take(Bytes size) override {
      sizes.push_back(size);
      now += size;
      return sizes.size() - 1;
    }
    void release(Handle handle) override {
      CHECK(sizes.at(handle).value > 0);
      now = now - sizes[handle];
      sizes[handle] = Bytes(0);
    }
    std::vector<Bytes> sizes;
    Bytes now;
  };
  for (const WorkloadInfo& info : zoo()) {
    if (info.name == "stable-diffusion-1.5") continue;  // does not train
    for (const Checkpointing kind : {Checkpointing::none, Checkpointing::blocks, Checkpointing::sqrt}) {
      for (const char* stack : {"eager", "compiled"}) {
        const Execution e = training(kind, stack);
        Balance balance;
        play(rewrite(network(info.name.c_str(), 1), e), e, balance);
        INFO(info.name << " " << name(kind) << " " << stack);
        CHECK(balance.now.value == Approx(0));
      }
    }
  }
}
