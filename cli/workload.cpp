// roofcast workload NAME: what one workload computes, layer by layer.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/describe.h"
#include "cli/explain.h"
#include "cli/format.h"
#include "cli/json_text.h"
#include "cli/network.h"
#include "cli/rows.h"
#include "cli/workload_shape.h"
#include "model/forecast/forecast.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast workload NAME [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast workload resnet50\n"
    "  roofcast workload resnet50 --image 32 --stem cifar --batch 128\n"
    "  roofcast workload bert-large --seq 384 --format csv\n"
    "  roofcast workload gemm:1000x1000x1000\n"
    "  roofcast workload encoder.onnx --batch 8 --dim sequence=128\n";

/// A product is computed once forward and once for each gradient: of its second operand or weights, and of its input
/// where anything before it learns. Fused attention recomputes the scores: 2.5 forwards. Other ops cost about as much
/// again backward.
Flops training_flops(const Graph& graph) {
  Flops total;
  for (const Node& node : graph.nodes) {
    const bool product = std::holds_alternative<Gemm>(node.op) || std::holds_alternative<Conv2d>(node.op);
    const double gradients = product ? (node.needs_input_gradient ? 2 : 1)
                             : std::holds_alternative<Attention>(node.op) ? 2.5
                                                                          : 1;
    total += flops(node.op) * ((1 + gradients) * static_cast<double>(node.repeats));
  }
  return total;
}

/// What training in FP32 keeps for backward; no property of any GPU.
Bytes kept_activations(const Graph& graph) {
  Execution execution;
  execution.mode = Mode::training;
  execution.precision = Precision::fp32_strict;
  return memory_needed(graph, execution, Gpu{}).activations;
}

struct Group {
  std::string name;
  const Node* node;
  std::int64_t count;
};

std::vector<Group> group_nodes(const std::vector<Node>& nodes) {
  std::vector<Group> groups;
  for (const Node& node : nodes) {
    if (node.view) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
      return g.node->op == node.op && layer_pattern(g.node->name) == layer_pattern(node.name);
    });
    if (same == groups.end()) {
      groups.push_back({node.name, &node, node.repeats});
    } else {
      same->name = layer_pattern(node.name);
      same->count += node.repeats;
    }
  }
  return groups;
}

Table layers(const Graph& graph) {
  Table table{{{"layer", false}, {"×"}, {"op", false}, {"outputs"}, {"parameters"}, {"forward"}}, {}};
  for (const Group& g : group_nodes(graph.nodes)) {
    table.rows.push_back({cut(g.name, 34), std::to_string(g.count), cut(describe(g.node->op), 30),
                          count(static_cast<double>(g.node->output_elements)),
                          g.node->parameters > 0 ? count(static_cast<double>(g.node->parameters)) : "-",
                          text(flops(g.node->op))});
  }
  return table;
}

std::string csv(const Graph& graph) {
  Table table{{{"layer"}, {"op"}, {"shape"}, {"output_elements"}, {"parameters"}, {"forward_flops"}}, {}};
  for (const Node& node : graph.nodes) {
    if (node.view) continue;
    table.rows.push_back({node.name, std::string(name(kind(node.op))), describe(node.op),
                          std::to_string(node.output_elements), std::to_string(node.parameters),
                          fmt::format("{:.0f}", flops(node.op).value)});
  }
  return render(table, Format::csv);
}

std::string json(const Graph& graph, const WorkloadRequest& request, const WorkloadInfo& info) {
  nlohmann::ordered_json j{{"schema_version", 1},
                           {"workload", request.name},
                           {"description", graph.description},
                           {"batch", request.batch},
                           {"parameters", graph.parameters()},
                           {"forward_flops", graph.forward_flops().value}};
  if (info.trains) {
    j["training_flops"] = training_flops(graph).value;
    j["kept_activations_bytes"] = kept_activations(graph).value;
  }
  if (!graph.remarks.empty()) j["remarks"] = graph.remarks;
  j["layers"] = nlohmann::ordered_json::array();
  for (const Node& node : graph.nodes) {
    if (node.view) continue;
    j["layers"].push_back({{"layer", node.name},
                           {"op", std::string(name(kind(node.op)))},
                           {"shape", describe(node.op)},
                           {"output_elements", node.output_elements},
                           {"parameters", node.parameters},
                           {"forward_flops", flops(node.op).value}});
  }
  return json_text(j);
}

std::string heading(const Graph& graph, const WorkloadRequest& request, const WorkloadInfo& info) {
  std::string shape;
  if (request.image_size)
    shape += fmt::format(", images of {}×{}", *request.image_size,
                         request.image_width.value_or(*request.image_size));
  if (request.sequence_length) shape += fmt::format(", sequence length {}", *request.sequence_length);
  if (info.domain != Domain::kernel) shape += fmt::format(", batch {}", request.batch);
  std::string out = wrapped(request.name + ": " +
                                (graph.description.empty() ? info.description : graph.description) + shape,
                            kWidth, 2) +
                    "\n\n";
  out += fmt::format("parameters   {}\n", grouped(graph.parameters()));
  out += fmt::format("forward      {}\n", text(graph.forward_flops()));
  if (info.domain != Domain::kernel && info.trains) {
    out += fmt::format("training     {} a step, optimizer apart\n", text(training_flops(graph)));
    out += fmt::format("activations  {} kept for backward in FP32\n", text(kept_activations(graph)));
  }
  return out;
}

}  // namespace

int run_workload(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("workload", po::value<std::string>(), "")(
      "batch", po::value<std::string>()->value_name("N"), "samples (default 1)");
  add_shape_options(options);
  const auto values = parse(arguments, options, "workload", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const auto asked = given(*values, "workload");
  if (!asked) throw InputError("which workload? e.g. resnet50; `roofcast workloads` lists them");
  const Format format = output_format(*values);

  WorkloadRequest request;
  const WorkloadInfo info = find_network(*asked, request);
  set_default_shape(info, request);
  request.mode = info.trains ? Mode::training : Mode::inference;
  read_shape_options(*values, request);
  if (const auto batch = given(*values, "batch"))
    request.batch = parse_integer(*batch, "--batch", 1, kLargestBatch);

  const Graph graph = build(request);
  switch (format) {
    case Format::json: streams.out << json(graph, request, info); break;
    case Format::csv: streams.out << csv(graph); break;
    case Format::table:
    case Format::markdown:
      streams.out << heading(graph, request, info) << "\n" << render(layers(graph), format, kWidth);
      for (const std::string& remark : graph.remarks)
        streams.out << "\n" << wrapped(remark, kWidth, 2) << "\n";
      break;
  }
  return kDone;
}

}  // namespace roofcast::cli
