// Recurrent layers step by step.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/recurrent.h"

#include <fmt/format.h>

#include "model/workloads/elements.h"
#include "model/workloads/names.h"

namespace roofcast {
namespace {

Node product(const char* name, const Gemm& gemm, std::int64_t repeats) {
  Node node;
  node.name = name;
  node.op = gemm;
  node.output_elements = elements(name, {gemm.m, gemm.n});
  elements(name, {gemm.m, gemm.k});
  elements(name, {gemm.k, gemm.n});
  node.repeats = repeats;
  node.needs_input_gradient = false;
  return node;
}

/// The gates of a step: forward reads their sums and the state and writes both (for backward); backward reads the saved
/// gates and the gradient and writes the gates' gradients.
Node cell(const char* name, std::int64_t gates, std::int64_t count, std::int64_t repeats, int before) {
  Node node;
  node.name = name;
  const auto g = static_cast<double>(gates);
  node.op = Pointwise{count, g + 1, g + 1, 8 * g};
  node.output_elements = count;
  node.repeats = repeats;
  node.inputs = {before};
  return node;
}

}  // namespace

std::optional<std::int64_t> gates_of(std::string_view cell) {
  if (cell == "lstm") return 4;
  if (cell == "gru") return 3;
  if (cell == "rnn") return 1;
  return std::nullopt;
}

bool is_recurrent(std::string_view name) {
  return gates_of(normalised(name.substr(0, name.find(':')))).has_value();
}

Graph recurrent_graph(std::string_view name, std::int64_t gates, std::int64_t hidden, std::int64_t batch,
                      std::int64_t steps, RecurrentPass pass) {
  Graph graph;
  graph.name = std::string(name);
  graph.description =
      fmt::format("recurrent layer of {} units, {} steps of {} sequences", hidden, steps, batch);
  const std::int64_t wide = elements(name, {gates, hidden}), state = elements(name, {batch, hidden});
  graph.input_elements = elements(name, {state, steps});
  const auto stepped = [&](const char* gemm_name, const char* cell_name, const Gemm& gemm) {
    graph.nodes.push_back(product(gemm_name, gemm, steps));
    const int before = static_cast<int>(graph.nodes.size()) - 1;
    graph.nodes.push_back(cell(cell_name, gates, state, steps, before));
  };
  if (pass == RecurrentPass::forward) {
    stepped("recurrent", "gates",
            {.m = batch, .n = wide, .k = hidden, .b_transposed = true, .recurrence = steps});
    graph.nodes.front().parameters = elements(name, {wide, hidden});
    return graph;
  }
  if (pass != RecurrentPass::backward_filter)
    stepped("recurrent.dgrad", "gates.backward", {.m = batch, .n = hidden, .k = wide, .recurrence = steps});
  if (pass != RecurrentPass::backward_data) {
    graph.nodes.push_back(product(
        "recurrent.wgrad",
        {.m = wide, .n = hidden, .k = elements(name, {batch, steps}), .a_transposed = true, .recurrence = 1},
        1));
  }
  return graph;
}

int recurrent_layer(GraphBuilder& builder, const std::string& name, int x, const RecurrentLayer& layer) {
  const std::int64_t units = elements(name, {layer.batch, layer.hidden});
  const std::int64_t width = elements(name, {layer.cell.gates, layer.hidden});
  const auto g = static_cast<double>(layer.cell.gates);
  Node project;
  Gemm all{1, elements(name, {layer.length, layer.batch}), width, layer.in};
  all.b_transposed = true;
  all.bias = layer.bias;
  project.name = name + ".input";
  project.op = all;
  project.output_elements = elements(name, {all.m, width});
  project.parameters = layer.input_parameters;
  project.needs_input_gradient = x != kModelInput;
  const int gates = builder.add(std::move(project), {x});
  int state = gates;
  for (std::int64_t t = 0; t < layer.length; ++t) {
    Node step;
    Gemm gemm{1, layer.batch, width, layer.hidden};
    gemm.b_transposed = true;
    gemm.recurrence = layer.length;
    step.name = fmt::format("{}.step{}.hidden", name, t);
    step.op = gemm;
    step.output_elements = elements(name, {layer.batch, width});
    step.parameters = t == 0 ? layer.hidden_parameters : 0;
    step.steps = t == 0 ? layer.length : 0;
    step.needs_input_gradient = t > 0;
    step.in_call = true;
    const int hidden = builder.add(std::move(step), {state});
    Node update;
    update.name = fmt::format("{}.step{}.cell", name, t);
    update.op = Pointwise{units, 2 * g + layer.cell.states - 1, layer.cell.states, layer.cell.flops};
    update.backward = {
        Pointwise{units, g + 2 * layer.cell.states, g + layer.cell.states - 1, layer.cell.flops}};
    update.output_elements = units;
    update.saved_elements = builder.training() ? layer.cell.gates * units : 0;
    update.saves_input = false;
    update.saves_output = true;
    update.in_call = true;
    state = builder.add(std::move(update), {hidden, gates});
  }
  return state;
}

}  // namespace roofcast
