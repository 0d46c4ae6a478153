// What a compiling stack makes of a graph.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/rewrite.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <variant>

#include "model/graph/lower.h"
#include "model/workloads/workload.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;
using roofcast::testing::board;

namespace {

Graph network(const char* name, Mode mode) {
  WorkloadRequest r;
  r.name = name;
  r.mode = mode;
  r.batch = 2;
  return build(r);
}

Lowered lowered(const char* name, Mode mode, const char* stack) {
  return lower(network(name, mode), board("tesla-t4"),
               {mode, Precision::fp32, Optimizer::none, *find_stack(stack)});
}

template <class T>
std::ptrdiff_t ops(const Lowered& l) {
  return std::count_if(l.kernels.begin(), l.kernels.end(),
                       [](const Kernel& k) { return std::holds_alternative<T>(k.op); });
}

double bytes(const Lowered& l) {
  double sum = 0;
  for (const Kernel& k : l.kernels) {
    const Elements e = compulsory_elements(k.op);
    sum += (e.read + e.written) * storage_size(k.numerics.storage).value;
  }
  return sum;
}

/// x → relu → relu → add x.
Graph chain() {
  Graph g;
  for (int i = 0; i < 4; ++i) {
    Node n;
    n.name = "n" + std::to_string(i);
    n.op = Pointwise{1000, i == 3 ? 2.0 : 1.0, 1, 1};
    n.backward = {Pointwise{1000, 2, 1, 1}};
    n.output_elements = 1000;
    n.saves_input = false;
    n.fusable = i > 0;
    if (i == 1 || i == 2) n.inputs = {i - 1};
    if (i == 3) n.inputs = {2, 0};
    g.nodes.push_back(n);
  }
  g.input_elements = 1000;
  return g;
}

}  // namespace

TEST_CASE("a chain of elementwise ops is one kernel that reads what comes from outside and writes the end") {
  const Execution fused{Mode::inference, Precision::fp32, Optimizer::none, *find_stack("fused")};
  const Fusion f = fuse(chain(), fused);
  CHECK(f.root == std::vector<int>{0, 1, 1, 1});  // n0 is read twice: it stays apart
  const Lowered l = lower(chain(), board("tesla-t4"), fused);
  REQUIRE(l.kernels.size() == 2);
  CHECK(std::get<Pointwise>(l.kernels[1].op) == Pointwise{1000, 2, 1, 3});
  const Execution eager{Mode::inference, Precision::fp32, Optimizer::none, {}};
  CHECK(lower(chain(), board("tesla-t4"), eager).kernels.size() == 4);
}

TEST_CASE("fused backward hands the gradient on in registers") {
  const Lowered l = lower(chain(), board("tesla-t4"),
                          {Mode::training, Precision::fp32, Optimizer::none, *find_stack("fused")});
  // Three steps of two reads and one write: the gradient and three saved tensors in, one gradient out.
  const auto found = std::find_if(l.kernels.begin(), l.kernels.end(),
                                  [](const Kernel& k) { return k.name == "n1.fused_backward"; });
  REQUIRE(found != l.kernels.end());
  CHECK(std::get<Pointwise>(found->op).reads == 4);
  CHECK(std::get<Pointwise>(found->op).writes == 1);
}

TEST_CASE(
    "compiled inference of ResNet-50 is convolutions with epilogues: no batch norm, sixteen residual reads") {
  const Lowered l = lowered("resnet50", Mode::inference, "fused");
  CHECK(ops<Conv2d>(l) == 53);
  CHECK(ops<BatchNorm>(l) == 0);
  CHECK(ops<Pointwise>(l) == 16);
  CHECK(ops<BatchNorm>(lowered("resnet50", Mode::inference, "eager")) == 53);
}

TEST_CASE("compiling never moves more bytes nor launches more kernels") {
  for (const char* name : {"resnet50", "bert-base", "gpt2", "vit-b-16", "efficientnet-b0"}) {
    for (const Mode mode : {Mode::inference, Mode::training}) {
      INFO(name);
      const Lowered eager = lowered(name, mode, "eager");
      const Lowered fused = lowered(name, mode, "fused");
      CHECK(bytes(fused) < bytes(eager));
      CHECK(fused.kernels.size() < eager.kernels.size());
    }
  }
}

TEST_CASE(
    "fused attention replaces scores, scale, mask, softmax, dropout and context, and the copies of heads") {
  for (const Mode mode : {Mode::inference, Mode::training}) {
    const Lowered l = lowered("bert-base", mode, "fused");
    CHECK(ops<Attention>(l) == (mode == Mode::training ? 24 : 12));
    const auto softmaxes = std::count_if(l.kernels.begin(), l.kernels.end(), [](const Kernel& k) {
      const auto* row = std::get_if<Rowwise>(&k.op);
      return row != nullptr && (row->kind == Rowwise::Kind::softmax);
    });
    CHECK(softmaxes == 0);
    CHECK(std::none_of(l.kernels.begin(), l.kernels.end(),
                       [](const Kernel& k) { return k.name.find("key_copy") != std::string::npos; }));
  }
  const Lowered gpt = lowered("gpt2", Mode::inference, "fused");
  const auto attention = std::find_if(gpt.kernels.begin(), gpt.kernels.end(), [](const Kernel& k) {
    return std::holds_alternative<Attention>(k.op);
  });
  REQUIRE(attention != gpt.kernels.end());
  CHECK(std::get<Attention>(attention->op).causal);
  CHECK(std::get<Attention>(attention->op).head_dim == 64);
}
