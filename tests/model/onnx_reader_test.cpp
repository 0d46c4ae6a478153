// Bytes that are no model, or contradict themselves: one line that names the place.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "model/importers/onnx/reader.h"
#include "tests/model/onnx_model.h"

using namespace roofcast;
using namespace roofcast::testing;
using doctest::Contains;

namespace {

GraphBytes relu() { return GraphBytes().input("x", {"N", "8"}).node("Relu", {"x"}, {"y"}).output("y"); }

template <class... Words>
void refused(const std::string& bytes, const Words&... words) {
  std::string said;
  try {
    import(bytes, 2);
  } catch (const std::invalid_argument& e) {
    said = e.what();
  }
  INFO(said);
  CHECK(said.starts_with("tiny.onnx: "));
  for (const std::string& part : {std::string(words)...}) CHECK(said.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("every truncation of a model is refused, or is another model") {
  const std::string whole = relu().model();
  CHECK(import(whole, 2).nodes.size() == 1);
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_THROWS_AS(import(whole.substr(0, length), 2), std::invalid_argument);
}

TEST_CASE("what is no ONNX model says so") {
  refused("", "empty");
  refused("hello, world", "ONNX");
  std::string no_graph;
  pbf_writer(no_graph).add_int64(1, 8);
  refused(no_graph, "no graph in it");
  std::string confused;
  pbf_writer(confused).add_int64(7, 8);  // the graph as a number
  refused(confused, "the graph has another type");
}

TEST_CASE("a graph that feeds itself has a cycle") {
  refused(GraphBytes()
              .input("x", {"N", "8"})
              .node("Add", {"x", "b"}, {"a"})
              .node("Relu", {"a"}, {"b"})
              .output("b")
              .model(),
          "node 'the Add' (Add)", "cycle");
}

TEST_CASE("a value that nobody makes, or two make") {
  refused(GraphBytes().input("x", {"N"}).node("Add", {"x", "z"}, {"y"}).output("y").model(),
          "node 'the Add' (Add)", "reads 'z', which nothing makes");
  refused(GraphBytes()
              .input("x", {"N"})
              .node("Relu", {"x"}, {"y"})
              .node("Tanh", {"x"}, {"y"})
              .output("y")
              .model(),
          "'y' is produced twice");
  refused(GraphBytes().input("x", {"N"}).node("Relu", {"x"}, {"y"}).output("z").model(),
          "nothing makes the output 'z'");
}

TEST_CASE("tensors that contradict themselves") {
  std::string tensor;
  pbf_writer w(tensor);
  w.add_int64(1, 3);
  w.add_int32(2, 1);
  w.add_string(8, "w");
  w.add_string(9, "12345678");
  refused(relu().field(5, tensor).model(), "tensor 'w'", "8 bytes of data, but 3 of float take 12");
  refused(relu().weight("w", {-3, 2}).model(), "tensor 'w'", "a dimension is -3");
  refused(relu().weight("w", {1LL << 40, 1LL << 40}).model(), "tensor 'w'", "2^53");
  refused(relu().weight("w", {2}).weight("w", {2}).model(), "initializer 'w' is given twice");
}

TEST_CASE("shapes that do not fit name the node") {
  refused(GraphBytes()
              .input("x", {"N", "8"})
              .weight("w", {9, 4})
              .node("MatMul", {"x", "w"}, {"y"})
              .output("y")
              .model(),
          "node 'the MatMul' (MatMul)", "2×8 and 9×4 do not multiply");
  refused(GraphBytes()
              .input("x", {"N", "3", "8", "8"})
              .weight("w", {4, 5, 3, 3})
              .node("Conv", {"x", "w"}, {"y"})
              .output("y")
              .model(),
          "node 'the Conv' (Conv)", "3 channels in 1 groups");
  refused(GraphBytes()
              .input("x", {"N", "3", "2", "2"})
              .weight("w", {4, 3, 3, 3})
              .node("Conv", {"x", "w"}, {"y"})
              .output("y")
              .model(),
          "nothing is left of 2");
  refused(GraphBytes()
              .input("x", {"N", "8"})
              .shape("s", {3, 3})
              .node("Reshape", {"x", "s"}, {"y"})
              .output("y")
              .model(),
          "2×8 does not reshape to 3×3");
  refused(GraphBytes()
              .input("x", {"N", "8"})
              .node("Transpose", {"x"}, {"y"}, {integers("perm", {0, 0})})
              .output("y")
              .model(),
          "perm 0,0 does not fit 2×8");
  refused(GraphBytes()
              .input("x", {"N", "8"})
              .node("Softmax", {"x"}, {"y"}, {integer("axis", 5)})
              .output("y")
              .model(),
          "axis 5 is outside");
}

TEST_CASE("a permutation names every axis once") {
  for (const std::vector<std::int64_t>& perm :
       {std::vector<std::int64_t>{0, 64}, {0, 0}, {-1, 0}, {0}, {0, 1, 2}}) {
    GraphBytes g;
    g.input("x", {"N", "8"}).node("Transpose", {"x"}, {"a"}, {integers("perm", perm)});
    refused(g.node("Relu", {"a"}, {"y"}).output("y").model(), "the Transpose", "does not fit 2×8");
  }
}

TEST_CASE("a transposed convolution's output has a size for every dimension") {
  GraphBytes g;
  g.input("x", {"N", "1", "3", "3"}).weight("w", {1, 2, 3, 3});
  g.node("ConvTranspose", {"x", "w"}, {"y"}, {integers("output_shape", {10})});
  refused(g.output("y").model(), "the ConvTranspose", "an output_shape of 10 for a window of 2 dimensions");
}

TEST_CASE("nesting and loops end") {
  std::string inner = GraphBytes().node("Relu", {"x"}, {"y"}).output("y").bytes();
  for (int i = 0; i < 40; ++i)
    inner = GraphBytes().node("If", {"c"}, {"y"}, {graph("then_branch", inner)}).output("y").bytes();
  refused(GraphBytes().input("x", {"N"}).field(1, "").model(), "tiny");
  GraphBytes deep;
  deep.input("x", {"N"})
      .input("c", {"1"}, 9)
      .node("If", {"c"}, {"y"}, {graph("then_branch", inner)})
      .output("y");
  refused(deep.model(), "nested");
  GraphBytes body;
  body.input("i", {"1"}, 7).input("k", {"1"}, 9).output("k");
  GraphBytes loop;
  loop.input("x", {"N"}).shape("m", {1000000000 - 1}).node("Relu", {"x"}, {"z"});
  loop.node("Loop", {"m", ""}, {"s"}, {graph("body", body.output("i").bytes())})
      .node("Add", {"s", "z"}, {"y"})
      .output("y");
  refused(loop.model(), "unrolls to more than");
}

TEST_CASE("old operator sets are refused, a newer format is not") {
  refused(relu().model(6), "operator set 6 is older than 7");
  CHECK(import(relu().model(26), 2).nodes.size() == 1);
}
