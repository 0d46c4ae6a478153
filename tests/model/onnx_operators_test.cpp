// Single operators: shapes, products, what is counted and what costs nothing.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "model/forecast/forecast.h"
#include "tests/model/boards.h"
#include "tests/model/onnx_model.h"

using namespace roofcast;
using namespace roofcast::testing;
using doctest::Approx;
using doctest::Contains;

namespace {

/// The only op of a graph with one node behind the input x.
Graph image(GraphBytes graph, std::int64_t batch = 2, Mode mode = Mode::inference) {
  return import(graph.input("x", {"N", "16", "12", "10"}).output("y").model(), batch, mode);
}

template <class T>
const T& only(const Graph& g) {
  REQUIRE(g.nodes.size() == 1);
  REQUIRE(std::holds_alternative<T>(g.nodes[0].op));
  return std::get<T>(g.nodes[0].op);
}

}  // namespace

TEST_CASE("a convolution keeps its window, pads that differ are part of the image") {
  const auto conv = [&](const std::vector<Attr>& attributes) {
    return image(GraphBytes().weight("w", {8, 4, 3, 3}).node("Conv", {"x", "w"}, {"y"}, attributes));
  };
  const Graph even = conv({integer("group", 4), integers("strides", {2, 1}), integers("pads", {1, 1, 1, 1})});
  CHECK(only<Conv2d>(even) == Conv2d{2, 16, 12, 10, 8, 3, 3, 1, 1, 2, 1, 1, 1, 4, Pass::forward});
  CHECK(even.nodes[0].output_elements == 2 * 8 * 6 * 10);
  CHECK(even.nodes[0].parameters == 8 * 4 * 9);
  CHECK_FALSE(even.nodes[0].needs_input_gradient);
  const Graph odd = conv({integer("group", 4), word("auto_pad", "SAME_UPPER"), integers("strides", {2, 2})});
  CHECK(only<Conv2d>(odd).h == 13);
  CHECK(only<Conv2d>(odd).pad_h == 0);
  CHECK(odd.nodes[0].output_elements == 2 * 8 * 6 * 5);
}

TEST_CASE("a transposed convolution is the data gradient of the convolution that goes back") {
  const Graph g = image(GraphBytes()
                            .weight("w", {16, 8, 4, 4})
                            .node("ConvTranspose", {"x", "w"}, {"y"},
                                  {integers("strides", {2, 2}), integers("pads", {1, 1, 1, 1})}));
  CHECK(only<Conv2d>(g) == Conv2d{2, 8, 24, 20, 16, 4, 4, 1, 1, 2, 2, 1, 1, 1, Pass::backward_data});
  CHECK(g.nodes[0].output_elements == 2 * 8 * 24 * 20);
  // Every input element meets 8 channels of 4 × 4.
  CHECK(g.multiply_adds() == Approx(2.0 * 16 * 12 * 10 * 8 * 16));
}

TEST_CASE("one and three dimensions have the operations of their convolution") {
  const Graph one = import(GraphBytes()
                               .input("x", {"N", "4", "100"})
                               .weight("w", {6, 4, 5})
                               .node("Conv", {"x", "w"}, {"y"})
                               .output("y")
                               .model(),
                           3);
  CHECK(one.multiply_adds() == Approx(3.0 * 6 * 96 * 4 * 5));
  const Graph three = import(GraphBytes()
                                 .input("x", {"N", "4", "8", "9", "10"})
                                 .weight("w", {6, 4, 3, 3, 3})
                                 .node("Conv", {"x", "w"}, {"y"})
                                 .output("y")
                                 .model(),
                             3);
  CHECK(three.multiply_adds() == Approx(3.0 * 6 * 6 * 7 * 8 * 4 * 27));
  CHECK(three.parameters() == 6 * 4 * 27);
}

TEST_CASE("a product with a matrix of weights folds all leading dimensions into its rows") {
  const Graph g = import(GraphBytes()
                             .input("x", {"N", "7", "16"})
                             .weight("w", {16, 32})
                             .weight("b", {32})
                             .node("MatMul", {"x", "w"}, {"p"})
                             .node("Add", {"p", "b"}, {"y"})
                             .output("y")
                             .model(),
                         5);
  const Gemm& gemm = only<Gemm>(g);
  CHECK(gemm.m == 35);
  CHECK(gemm.n == 32);
  CHECK(gemm.k == 16);
  CHECK(gemm.bias);
  CHECK(g.parameters() == 16 * 32 + 32);
}

TEST_CASE("Einsum of attention scores is a product per head") {
  const Graph g = import(GraphBytes()
                             .input("q", {"N", "10", "4", "8"})
                             .input("k", {"N", "12", "4", "8"})
                             .node("Relu", {"q"}, {"a"})
                             .node("Relu", {"k"}, {"b"})
                             .node("Einsum", {"a", "b"}, {"y"}, {word("equation", "bqhd, bkhd -> bhqk")})
                             .output("y")
                             .model(),
                         3);
  CHECK(std::get<Gemm>(g.nodes.back().op) == Gemm{12, 10, 12, 8});
}

TEST_CASE("views cost nothing, and a permuted tensor is copied where its order matters") {
  GraphBytes free;
  free.node("Transpose", {"x"}, {"t"}, {integers("perm", {0, 2, 3, 1})})
      .node("Unsqueeze", {"t", "axes"}, {"u"});
  free.shape("axes", {0}).node("Relu", {"u"}, {"y"});
  CHECK(image(free).nodes.size() == 1);
  GraphBytes copied;
  copied.node("Relu", {"x"}, {"r"}).node("Transpose", {"r"}, {"t"}, {integers("perm", {0, 2, 3, 1})});
  copied.shape("s", {0, -1}).node("Reshape", {"t", "s"}, {"y"});
  const Graph g = image(copied);
  REQUIRE(g.nodes.size() == 2);
  CHECK(std::get<Copy>(g.nodes[1].op) == Copy{2 * 16 * 120, 1, 1, true});
}

TEST_CASE("shape arithmetic is folded, whatever the batch") {
  GraphBytes g;
  g.node("Shape", {"x"}, {"s"}).shape("i", {0}).node("Gather", {"s", "i"}, {"n"}).shape("rest", {-1});
  g.node("Concat", {"n", "rest"}, {"to"}, {integer("axis", 0)}).node("Reshape", {"x", "to"}, {"f"});
  g.weight("w", {16 * 120, 10}).node("MatMul", {"f", "w"}, {"y"});
  CHECK(only<Gemm>(image(g, 9)).m == 9);
}

TEST_CASE(
    "weights that several nodes read are counted once, equal vectors behind identities are not shared") {
  const Graph tied = import(GraphBytes()
                                .input("x", {"N", "8"})
                                .weight("w", {8, 8})
                                .node("MatMul", {"x", "w"}, {"a"})
                                .node("MatMul", {"a", "w"}, {"y"})
                                .output("y")
                                .model());
  CHECK(tied.parameters() == 64);
  const Graph merged = import(GraphBytes()
                                  .input("x", {"N", "8"})
                                  .weight("w", {8, 8})
                                  .weight("b", {8})
                                  .node("Identity", {"b"}, {"c"})
                                  .node("Identity", {"w"}, {"v"})
                                  .node("Gemm", {"x", "w", "b"}, {"a"})
                                  .node("Gemm", {"a", "v", "c"}, {"y"})
                                  .output("y")
                                  .model());
  CHECK(merged.parameters() == 64 + 8 + 8);
}

TEST_CASE("an unknown operator is counted as traffic and listed, --strict refuses it") {
  GraphBytes g;
  g.input("x", {"N", "8"})
      .node("Relu", {"x"}, {"a"})
      .node("Sparkle", {"a"}, {"y"}, {}, "com.acme")
      .output("y");
  const Graph graph_ = import(g.model(), 4);
  REQUIRE(graph_.nodes.size() == 2);
  CHECK(std::get<Pointwise>(graph_.nodes[1].op).elements == 32);
  REQUIRE(graph_.remarks.size() == 1);
  CHECK(graph_.remarks[0] ==
        "no model for Sparkle (com.acme): counted as memory traffic, 50 % of the operations and 50 % of the "
        "bytes; "
        "results of Sparkle (com.acme) taken to be shaped as their first operand");
  WorkloadRequest request;
  request.imported = import_onnx(g.model(), "tiny.onnx");
  request.strict = true;
  CHECK_THROWS_WITH_AS(build(request), Contains("no model for Sparkle"), std::invalid_argument);
}

TEST_CASE("the shape of an unknown result is the declared one") {
  GraphBytes g;
  g.input("x", {"N", "8"}).node("Sparkle", {"x"}, {"a"}, {}, "com.acme").value(13, "a", {"N", "4", "6"}, 1);
  g.node("Relu", {"a"}, {"y"}).output("y");
  CHECK(import(g.model(), 3).nodes.back().output_elements == 72);
}

TEST_CASE("a shape that data decide is the declared one, and said to be a guess of the file") {
  GraphBytes g;
  g.input("x", {"N", "8"}).input("pads", {"4"}, 7).node("Pad", {"x", "pads"}, {"a"});
  g.node("Relu", {"a"}, {"y"}).output("y");
  CHECK_THROWS_WITH_AS(import(g.model(), 3), Contains("'pads' depends on data"), std::invalid_argument);
  const Graph padded = import(GraphBytes(g).value(13, "a", {"N", "12"}, 1).model(), 3);
  CHECK(padded.nodes.back().output_elements == 36);
  CHECK(padded.remarks.front() ==
        "no model for Pad of a shape that data decide: counted as memory traffic, 50 % of the operations and "
        "47 "
        "% of the bytes");
}

TEST_CASE("a file whose constants fit its own batch alone runs at that batch unless told otherwise") {
  GraphBytes g;
  g.input("x", {"3", "8"}).weight("w", {8, 4}).weight("c", {3, 4}).node("Gemm", {"x", "w", "c"}, {"y"});
  const auto network = import_onnx(g.output("y").model(), "tiny.onnx");
  CHECK(network->info.default_batch == 3);
  CHECK_THROWS_WITH_AS(import(g.model(), 4), Contains("a bias of 3×4 does not fit 4×4"),
                       std::invalid_argument);
  Job job;
  job.workload = WorkloadRequest{};
  job.workload.imported = network;
  job.workload.name = "tiny.onnx";
  job.workload.batch = 3;
  job.workload.mode = job.execution.mode = Mode::inference;
  CHECK(largest_batch(job, board("tesla-t4")).value_or(0) == 3);
}

TEST_CASE("recurrent layers take the batch first or second, as their layout says") {
  const auto gru = [](std::int64_t layout) {
    GraphBytes g;
    g.input("x", {"5", "7", "16"}).weight("w", {1, 24, 16}).weight("r", {1, 24, 8});
    g.node("GRU", {"x", "w", "r"}, {"y"}, {integer("hidden_size", 8), integer("layout", layout)});
    return import(g.output("y").model(), 2).multiply_adds();
  };
  CHECK(gru(0) == 2 * 5 * 24 * (16 + 8));
  CHECK(gru(1) == 2 * 7 * 24 * (16 + 8));
}

TEST_CASE("dimensions: the batch is its own option, unknown names and missing values say what there is") {
  const std::string model =
      GraphBytes().input("x", {"batch", "frames"}).node("Relu", {"x"}, {"y"}).output("y").model();
  CHECK(import(model, 2, Mode::inference, {{"frames", 5}}).nodes[0].output_elements == 10);
  CHECK_THROWS_WITH(import(model, 2),
                    "tiny.onnx: dimension 'frames' of input 'x' is open: give --dim frames=N");
  CHECK_THROWS_WITH(import(model, 2, Mode::inference, {{"batch", 5}}),
                    "tiny.onnx: dimension 'batch' is the batch: give --batch 5");
  CHECK_THROWS_WITH(import(model, 2, Mode::inference, {{"frame", 5}}),
                    "tiny.onnx: no dimension 'frame'; it has frames");
}

TEST_CASE("a loop with a known count is unrolled, a branch that data decide takes the first") {
  GraphBytes body;
  body.input("i", {"1"}, 7).input("k", {"1"}, 9).input("h", {"2", "8"}).weight("w", {8, 8});
  body.node("MatMul", {"h", "w"}, {"z"}).output("k").output("z");
  GraphBytes loop;
  loop.input("x", {"N", "8"}).shape("m", {5}).node("Relu", {"x"}, {"r"});
  loop.node("Loop", {"m", "", "r"}, {"y"}, {graph("body", body.bytes())}).output("y");
  const Graph g = import(loop.model(), 2);
  CHECK(g.nodes.size() == 6);
  CHECK(g.parameters() == 64);
  GraphBytes branch;
  branch.input("x", {"N", "8"})
      .input("c", {"1"}, 9)
      .node("If", {"c"}, {"y"},
            {graph("then_branch", GraphBytes().node("Relu", {"x"}, {"z"}).output("z").bytes()),
             graph("else_branch", GraphBytes().node("Tanh", {"x"}, {"z"}).output("z").bytes())});
  const Graph taken = import(branch.output("y").model(), 2);
  CHECK(taken.nodes.size() == 1);
  REQUIRE(taken.remarks.size() == 1);
  CHECK(taken.remarks[0].find("then-branch") != std::string::npos);
}

TEST_CASE("Swish and hard swish spelled out are one kernel") {
  GraphBytes swish;
  swish.node("Sigmoid", {"x"}, {"s"}).node("Mul", {"x", "s"}, {"y"});
  CHECK(image(swish).nodes.size() == 1);
  GraphBytes gate;  // of another tensor: no Swish
  gate.node("Relu", {"x"}, {"r"}).node("Sigmoid", {"r"}, {"s"}).node("Mul", {"x", "s"}, {"y"});
  CHECK(image(gate).nodes.size() == 3);
}
