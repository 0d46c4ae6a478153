// One line per function. Operations per element are rough counts of instructions: a special function is about four.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/pointwise_rule.h"

namespace roofcast {
namespace {

struct Step {
  double reads, writes, flops;
};
struct Row {
  const char* name;
  Step forward;
  std::vector<Step> backward;
  bool saves_input, saves_output;
};

// Source: derivatives.yaml of PyTorch. d(x·y) is two products; d(x / y) two quotients and a product;
// d(xⁿ) is a power and two products; functions read the gradient and what was saved.
const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"add", {2, 1, 1}, {}, false, false},
      {"sub", {2, 1, 1}, {}, false, false},
      {"mul", {2, 1, 1}, {{2, 1, 1}, {2, 1, 1}}, true, false},
      {"div", {2, 1, 2}, {{2, 1, 2}, {2, 1, 2}, {2, 1, 1}}, true, false},
      {"addu", {1, 1, 1}, {}, false, false},
      {"mulu", {1, 1, 1}, {{1, 1, 1}}, false, false},
      {"divu", {1, 1, 1}, {{1, 1, 1}}, false, false},
      {"powu", {1, 1, 4}, {{1, 1, 4}, {1, 1, 1}, {2, 1, 1}}, true, false},
      {"relu", {1, 1, 1}, {{2, 1, 1}}, false, true},
      {"relu6", {1, 1, 2}, {{2, 1, 2}}, false, true},
      {"leakyrelu", {1, 1, 2}, {{2, 1, 2}}, false, true},
      {"mish", {1, 1, 12}, {{2, 1, 16}}, true, false},
      {"gelu", {1, 1, 12}, {{2, 1, 16}}, true, false},
      {"tanh", {1, 1, 6}, {{2, 1, 3}}, false, true},
      {"sigmoid", {1, 1, 6}, {{2, 1, 3}}, false, true},
      {"silu", {1, 1, 6}, {{2, 1, 10}}, true, false},
      {"hardswish", {1, 1, 4}, {{2, 1, 5}}, true, false},
      {"hardsigmoid", {1, 1, 3}, {{2, 1, 2}}, true, false},
      {"max", {1, 1, 1}, {{2, 1, 2}}, true, false},
      {"mask", {1, 1, 1}, {{1, 1, 1}}, false, false},
  };
  return all;
}

}  // namespace

std::optional<PointwiseRule> pointwise_rule(std::string_view name, std::int64_t elements) {
  for (const Row& row : rows()) {
    if (name != row.name) continue;
    const auto op = [&](const Step& s) { return Pointwise{elements, s.reads, s.writes, s.flops}; };
    PointwiseRule rule{op(row.forward), {}, row.saves_input, row.saves_output};
    for (const Step& step : row.backward) rule.backward.emplace_back(op(step));
    return rule;
  }
  return std::nullopt;
}

const std::vector<std::string>& pointwise_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Row& row : rows()) all.emplace_back(row.name);
    return all;
  }();
  return names;
}

}  // namespace roofcast
