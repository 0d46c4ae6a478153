// Nodes with what their backward keeps and launches.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/graph_builder.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "model/workloads/elements.h"
#include "model/workloads/pointwise_rule.h"

namespace roofcast {

GraphBuilder::GraphBuilder(std::string name, std::string description, const WorkloadRequest& request)
    : training_(request.mode == Mode::training) {
  graph_.name = std::move(name);
  graph_.description = std::move(description);
  graph_.batch = request.batch;
}

int GraphBuilder::add(Node node, std::vector<int> inputs) {
  std::erase(inputs, kModelInput);
  node.inputs = std::move(inputs);
  node.repeats = repeats_;
  graph_.nodes.push_back(std::move(node));
  return static_cast<int>(graph_.nodes.size()) - 1;
}

int GraphBuilder::linear(std::string name, int x, std::int64_t rows, std::int64_t in, std::int64_t out,
                         Linear options) {
  Node node;
  Gemm gemm;
  gemm.m = rows;
  gemm.n = out;
  gemm.k = in;
  gemm.b_transposed = !options.weight_in_out;
  gemm.bias = options.bias;
  node.output_elements = elements(name, {rows, out});
  node.parameters = (options.tied ? 0 : elements(name, {in, out})) + (options.bias ? out : 0);
  node.op = gemm;
  node.name = std::move(name);
  return add(std::move(node), {x});
}

int GraphBuilder::matmul(std::string name, int a, int b, std::int64_t batch, std::int64_t m, std::int64_t n,
                         std::int64_t k) {
  Node node;
  node.output_elements = elements(name, {batch, m, n});
  node.op = Gemm{batch, m, n, k};
  node.name = std::move(name);
  return add(std::move(node), {a, b});
}

int GraphBuilder::pointwise(std::string name, std::string_view function, std::int64_t count,
                            std::vector<int> inputs) {
  auto rule = pointwise_rule(function, count);
  if (!rule) throw std::logic_error("no elementwise function " + std::string(function));
  Node node;
  node.name = std::move(name);
  node.op = rule->forward;
  node.backward = std::move(rule->backward);
  node.saves_input = rule->saves_input;
  node.saves_output = rule->saves_output;
  node.output_elements = count;
  node.fusable = true;
  node.fp32_under_amp = function == "powu";  // on autocast's FP32 list
  return add(std::move(node), std::move(inputs));
}

int GraphBuilder::add_broadcast(std::string name, int x, std::int64_t count, int small,
                                std::int64_t small_count) {
  const int sum = pointwise(std::move(name), "addu", count, {x, small});
  Node& node = at(sum);
  auto& add = std::get<Pointwise>(node.op);
  add.reads = 1 + static_cast<double>(small_count) / static_cast<double>(count);
  if (small_count < count) node.backward = {Reduction{count, small_count}};
  return sum;
}

int GraphBuilder::softmax(std::string name, int x, std::int64_t rows, std::int64_t cols, bool causal) {
  Node node;
  node.output_elements = elements(name, {rows, cols});
  node.name = std::move(name);
  node.op = Rowwise{Rowwise::Kind::softmax, rows, cols};
  node.saves_input = false;
  node.saves_output = true;
  node.fp32_under_amp = true;
  node.causal = causal;
  return add(std::move(node), {x});
}

int GraphBuilder::layer_norm(std::string name, int x, std::int64_t rows, std::int64_t cols) {
  Node node;
  node.output_elements = elements(name, {rows, cols});
  node.name = std::move(name);
  node.op = Rowwise{Rowwise::Kind::layer_norm, rows, cols};
  node.parameters = 2 * cols;
  node.saved_elements = 2 * rows;  // mean and reciprocal deviation
  node.fp32_under_amp = true;
  return add(std::move(node), {x});
}

int GraphBuilder::rms_norm(const std::string& name, int x, std::int64_t rows, std::int64_t cols) {
  const std::int64_t count = elements(name, {rows, cols});
  const int square = pointwise(name + ".pow", "powu", count, {x});
  Node mean;
  mean.name = name + ".mean";
  mean.op = Reduction{count, rows};
  mean.output_elements = rows;
  mean.saves_input = false;
  mean.backward = {Pointwise{count, 0, 1, 1}};
  int scale = add(std::move(mean), {square});
  scale = pointwise(name + ".eps", "addu", rows, {scale});
  scale = pointwise(name + ".rsqrt", "powu", rows, {scale});
  // x times one number per row; its gradient is a product and a product summed over rows.
  const int normal = pointwise(name + ".mul", "mulu", count, {x, scale});
  Node& product = at(normal);
  product.saves_input = true;
  product.backward = {Pointwise{count, 1, 1, 1}, Pointwise{count, 2, 1, 1}, Reduction{count, rows}};
  const int scaled = pointwise(name + ".weight", "mulu", count, {normal});
  Node& weight = at(scaled);
  weight.parameters = cols;
  weight.saves_input = true;
  weight.backward = {Pointwise{count, 1, 1, 1}, Pointwise{count, 2, 1, 1}, Reduction{count, cols}};
  return scaled;
}

int GraphBuilder::fused_rms_norm(std::string name, int x, std::int64_t rows, std::int64_t cols) {
  Node node;
  const std::int64_t count = elements(name, {rows, cols});
  node.output_elements = count;
  node.name = std::move(name);
  node.op = Rowwise{Rowwise::Kind::rms_norm, rows, cols};
  node.composed = {Pointwise{count, 1, 1, 4}, Reduction{count, rows},    Pointwise{rows, 1, 1, 1},
                   Pointwise{rows, 1, 1, 4},  Pointwise{count, 1, 1, 1}, Pointwise{count, 1, 1, 1}};
  node.parameters = cols;
  node.saved_elements = rows;  // reciprocal root mean square
  node.fp32_under_amp = true;
  return add(std::move(node), {x});
}

int GraphBuilder::dropout(std::string name, int x, std::int64_t count) {
  if (!training_) return x;
  Node node;
  node.name = std::move(name);
  node.op = Pointwise{count, 1, 1, 6};  // a random number each
  node.output_elements = count;
  node.saved_elements = (count + 3) / 4;  // a byte of mask each
  node.saves_input = false;
  node.backward = {Pointwise{count, 1, 1, 1}};
  node.fusable = true;
  node.training_only = true;
  return add(std::move(node), {x});
}

int GraphBuilder::rearrange(std::string name, int x, std::int64_t count) {
  Node node;
  node.name = std::move(name);
  const Copy copy{count, 1, 1, true};
  node.op = copy;
  node.backward = {copy};
  node.output_elements = count;
  node.saves_input = false;
  return add(std::move(node), {x});
}

int GraphBuilder::joined(std::string name, std::vector<int> parts, std::int64_t count) {
  Node node;
  node.name = std::move(name);
  node.op = Copy{count, 1, 1, false};
  node.backward = {Copy{count, 1, 1, false}};
  node.output_elements = count;
  node.saves_input = false;
  return add(std::move(node), std::move(parts));
}

int GraphBuilder::append(std::string name, int x, std::int64_t count) {
  const int y = rearrange(std::move(name), x, count);
  at(y).op = Copy{count, 1, 1, false};
  at(y).appends = true;
  return y;
}

int GraphBuilder::kept(std::string name, std::int64_t count) {
  Node node;
  node.name = std::move(name);
  node.op = Copy{count, 1, 1, false};
  node.view = true;
  node.output_elements = count;
  node.saves_input = node.needs_input_gradient = false;
  return add(std::move(node), {});
}

int GraphBuilder::embedding(std::string name, std::int64_t tokens, std::int64_t width,
                            std::int64_t vocabulary, bool tied) {
  Node node;
  node.output_elements = elements(name, {tokens, width});
  node.parameters = tied ? 0 : elements(name, {vocabulary, width});
  node.name = std::move(name);
  node.op = Embedding{tokens, width, vocabulary};
  node.saves_input = false;
  node.needs_input_gradient = false;
  return add(std::move(node), {});
}

int GraphBuilder::cross_entropy(std::string name, int x, std::int64_t rows, std::int64_t classes) {
  if (!training_) return x;
  Node node;
  node.output_elements = elements(name, {rows, classes});
  node.name = std::move(name);
  node.op = Rowwise{Rowwise::Kind::cross_entropy, rows, classes};
  node.saves_input = false;
  node.saves_output = true;
  node.fp32_under_amp = true;
  node.training_only = true;
  return add(std::move(node), {x});
}

}  // namespace roofcast
