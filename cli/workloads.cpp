// roofcast workloads: what can be forecast.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/format.h"
#include "cli/options.h"
#include "cli/rows.h"
#include "cli/workload_shape.h"
#include "model/workloads/bare_kernel.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast workloads [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast workloads\n"
    "  roofcast workloads --format csv\n";

std::string_view name(Domain domain) {
  switch (domain) {
    case Domain::image: return "images";
    case Domain::sequence: return "sequences";
    case Domain::kernel: return "kernel";
    case Domain::tensor: return "samples";
  }
  return "";
}

std::string input(const WorkloadInfo& info) {
  if (info.default_image_size) return fmt::format("{0}×{0}", *info.default_image_size);
  if (info.default_sequence_length) return std::to_string(*info.default_sequence_length);
  return "-";
}

std::string json(const std::vector<WorkloadInfo>& all) {
  nlohmann::ordered_json j{{"schema_version", 1}};
  j["workloads"] = nlohmann::ordered_json::array();
  for (const WorkloadInfo& info : all) {
    const Graph graph = build(default_request(info));
    j["workloads"].push_back({{"name", info.name},
                              {"description", info.description},
                              {"domain", std::string(name(info.domain))},
                              {"parameters", graph.parameters()},
                              {"forward_flops_per_sample", graph.forward_flops().value},
                              {"default_batch", info.default_batch}});
  }
  return j.dump(2) + "\n";
}

}  // namespace

int run_workloads(const std::vector<std::string>& arguments, Streams& streams) {
  const auto values = parse(arguments, common_options(), "", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  if (format == Format::json) {
    streams.out << json(zoo());
    return kDone;
  }
  Table table{{{"workload", false}, {"parameters"}, {"GFLOP"}, {"input"}, {"batch"}, {"what it is", false}},
              {}};
  for (const WorkloadInfo& info : zoo()) {
    const Graph graph = build(default_request(info));
    table.rows.push_back({info.name, count(static_cast<double>(graph.parameters())),
                          significant(graph.forward_flops().value * 1e-9), input(info),
                          std::to_string(info.default_batch), info.description});
  }
  streams.out << render(table, format);
  if (format == Format::csv) return kDone;
  streams.out << "\nGFLOP: one forward pass of one image or sequence, a multiply-add being two operations.\n"
                 "`roofcast workload NAME` lists layers.\n\n";
  streams.out << wrapped("Bare kernels: " + bare_kernel_grammar(), kWidth, 2) << "\n";
  return kDone;
}

}  // namespace roofcast::cli
