// roofcast workloads: what can be forecast.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/json_text.h"
#include "cli/options.h"
#include "cli/rows.h"
#include "cli/workload_shape.h"
#include "model/workloads/bare_kernel.h"
#include "model/workloads/names.h"

namespace roofcast::cli {
namespace {

constexpr std::string_view kUsage = "roofcast workloads [WORD] [OPTIONS]";
constexpr std::string_view kExamples =
    "  roofcast workloads\n"
    "  roofcast workloads resnet\n"
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

std::string giga(Flops flops) {
  const double g = flops.value * 1e-9;
  return g < 1e-3 ? fmt::format("{:.4f}", g) : significant(g);
}

/// Those whose name, another name or description has `word` in it, spelling apart.
std::vector<WorkloadInfo> matching(const std::string& word) {
  const auto has = [wanted = normalised(word)](const std::string& text) {
    return normalised(text).find(wanted) != std::string::npos;
  };
  std::vector<WorkloadInfo> found;
  for (const WorkloadInfo& info : zoo()) {
    if (has(info.name) || has(info.description) || std::any_of(info.aliases.begin(), info.aliases.end(), has))
      found.push_back(info);
  }
  if (found.empty())
    throw InputError(fmt::format("no workload has '{}' in its name; `roofcast workloads` lists all", word));
  return found;
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
                              {"activations_per_sample", graph.activations()},
                              {"aliases", info.aliases},
                              {"default_batch", info.default_batch}});
  }
  return json_text(j);
}

}  // namespace

int run_workloads(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("word", po::value<std::string>(), "");
  const auto values = parse(arguments, options, "word", kUsage, kExamples, streams.out);
  if (!values) return kDone;
  const Format format = output_format(*values);
  const auto word = given(*values, "word");
  const std::vector<WorkloadInfo> listed = word ? matching(*word) : zoo();
  if (format == Format::json) {
    streams.out << json(listed);
    return kDone;
  }
  Table table{{{"workload", false}, {"params"}, {"GFLOP"}, {"activ."}, {"input"}, {"what it is", false}}, {}};
  for (const WorkloadInfo& info : listed) {
    const Graph graph = build(default_request(info));
    table.rows.push_back({info.name, count(static_cast<double>(graph.parameters())),
                          giga(graph.forward_flops()), count(graph.activations()), input(info),
                          format == Format::csv ? info.description : cut(info.description, 24)});
  }
  streams.out << render(table, format);
  if (format == Format::csv) return kDone;
  streams.out << "\n"
              << wrapped(
                     "GFLOP: one forward pass of one image or sequence, a multiply-add being two operations. "
                     "activ.: numbers its products write. `roofcast workload NAME` lists layers, `roofcast "
                     "workloads WORD` those with WORD in a name.",
                     80, 0)
              << "\n\n";
  streams.out << wrapped("Bare kernels: " + bare_kernel_grammar(), 80, 2) << "\n";
  return kDone;
}

}  // namespace roofcast::cli
