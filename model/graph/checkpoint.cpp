// SPDX-License-Identifier: Apache-2.0
#include "model/graph/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "model/graph/rewrite.h"

namespace roofcast {
namespace {

/// Up to and with the first part of a name that is a number alone; "" where there is none.
std::string_view block_of(std::string_view name) {
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find_first_of("./", begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (!part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos)
      return name.substr(0, end);
    begin = end + 1;
  }
  return {};
}

std::vector<Segment> named_blocks(const Graph& graph) {
  std::vector<Segment> blocks;
  std::string_view current;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const std::string_view block = block_of(graph.nodes[i].name);
    const int self = static_cast<int>(i);
    if (!block.empty() && block == current) {
      blocks.back().end = self + 1;
    } else if (!block.empty()) {
      blocks.push_back({self, self, self + 1});
    }
    current = block;
  }
  return blocks;
}

/// Stretches that end on the only tensor anything later reads, and that keep something worth dropping.
std::vector<Segment> stretches(const Graph& graph) {
  std::vector<int> last_reader(graph.nodes.size(), -1);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].view) continue;
    for (const int input : graph.nodes[i].inputs) {
      const int source = behind_views(graph, input);
      if (source >= 0) last_reader[static_cast<std::size_t>(source)] = static_cast<int>(i);
    }
  }
  std::vector<Segment> found;
  int begin = 0;
  int needed_until = -1;  // by anything made before the last node
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const int self = static_cast<int>(i);
    if (!graph.nodes[i].view && needed_until <= self && last_reader[i] > self && self - begin >= 2) {
      found.push_back({begin, begin, self + 1});
      begin = self + 1;
    }
    needed_until = std::max(needed_until, last_reader[i]);
  }
  return found;
}

int recomputed_until(const Graph& graph, const Segment& segment) {
  int last = segment.begin;
  for (int i = segment.begin; i < segment.end; ++i) {
    const Node& node = graph.nodes[static_cast<std::size_t>(i)];
    if (node.view) continue;
    if (node.saves_output || node.saved_elements > 0) last = std::max(last, i + 1);
    if (!node.saves_input) continue;
    for (const int input : node.inputs) {
      const int source = behind_views(graph, input);
      if (source >= segment.begin) last = std::max(last, source + 1);
    }
  }
  return last;
}

std::vector<Segment> joined(const std::vector<Segment>& blocks) {
  const auto runs = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(blocks.size()))));
  std::vector<Segment> result;
  for (std::size_t run = 0; run < runs; ++run) {
    const Segment& first = blocks[run * blocks.size() / runs];
    const Segment& last = blocks[(run + 1) * blocks.size() / runs - 1];
    result.push_back({first.begin, first.begin, last.end});
  }
  return result;
}

}  // namespace

std::vector<Segment> checkpointed(const Graph& graph, const Execution& execution) {
  if (execution.checkpointing == Checkpointing::none || execution.mode == Mode::inference) return {};
  std::vector<Segment> segments = named_blocks(graph);
  if (segments.size() < 2) segments = stretches(graph);
  if (execution.checkpointing == Checkpointing::sqrt && !segments.empty()) segments = joined(segments);
  for (Segment& segment : segments) segment.recomputed = recomputed_until(graph, segment);
  return segments;
}

}  // namespace roofcast
