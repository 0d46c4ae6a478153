// Each pattern is recognised from its rarest operator and replaced at its last one.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/patterns.h"

#include <cmath>

#include "model/importers/onnx/matcher.h"
#include "model/importers/onnx/prepare.h"

namespace roofcast::onnx {
namespace {

/// What replaces the node `last`; nothing where a pattern does not hold.
struct Match {
  int last = -1;
  std::string op;
  std::vector<std::string> input;
  std::vector<AttributeProto> attribute;
};

AttributeProto number(const char* name, std::int64_t value) {
  AttributeProto attribute;
  attribute.name = name;
  attribute.i = value;
  return attribute;
}

/// From 1 + f(x) to x/2 · (1 + f(x)), in any order of the two products.
std::optional<Match> half_times(const Matcher& m, int one_plus, const std::string& x) {
  const int product = m.only_user(one_plus);
  if (!m.is(product, "Mul")) return std::nullopt;
  const std::string other = m.other(product, m.at(one_plus).output.front());
  if (other == x) {
    const int half = m.only_user(product);
    if (!m.is(half, "Mul") && !m.is(half, "Div")) return std::nullopt;
    if (m.besides(half, 0.5).empty() && m.besides(half, 2).empty()) return std::nullopt;
    return Match{half, "Gelu", {x}, {}};
  }
  const int halved = m.producer(other);
  if (m.is(halved, "Mul") && m.besides(halved, 0.5) == x) return Match{product, "Gelu", {x}, {}};
  if (m.is(halved, "Div") && m.besides(halved, 2) == x) return Match{product, "Gelu", {x}, {}};
  if (m.is_scalar(other, 0.5)) {
    const int times = m.only_user(product);
    if (m.is(times, "Mul") && m.other(times, m.at(product).output.front()) == x)
      return Match{times, "Gelu", {x}, {}};
  }
  return std::nullopt;
}

std::optional<Match> gelu_erf(const Matcher& m, int erf) {
  if (!m.is(erf, "Erf")) return std::nullopt;
  const int scaled = m.producer(m.at(erf).input.front());
  std::string x;
  if (m.is(scaled, "Div")) x = m.besides(scaled, std::sqrt(2.0));
  if (m.is(scaled, "Mul")) x = m.besides(scaled, std::sqrt(0.5));
  const int plus = m.only_user(erf);
  if (x.empty() || !m.is(plus, "Add") || m.besides(plus, 1).empty()) return std::nullopt;
  return half_times(m, plus, x);
}

// tanh(√(2/π) · (x + 0.044715 x³)). Source: Hendrycks and Gimpel (2016).
std::optional<Match> gelu_tanh(const Matcher& m, int tanh) {
  if (!m.is(tanh, "Tanh")) return std::nullopt;
  const int scaled = m.producer(m.at(tanh).input.front());
  if (!m.is(scaled, "Mul")) return std::nullopt;
  const int sum = m.producer(m.besides(scaled, std::sqrt(2 / M_PI)));
  if (!m.is(sum, "Add") || m.at(sum).input.size() != 2) return std::nullopt;
  for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
    const std::string x = m.source(m.at(sum).input[k]);
    const int cubic = m.producer(m.at(sum).input[1 - k]);
    if (!m.is(cubic, "Mul")) continue;
    const int cube = m.producer(m.besides(cubic, 0.044715));
    const bool power = m.is(cube, "Pow") && m.source(m.at(cube).input.front()) == x;
    const bool products = m.is(cube, "Mul") && !m.other(cube, x).empty();
    if (!power && !products) continue;
    const int plus = m.only_user(tanh);
    if (!m.is(plus, "Add") || m.besides(plus, 1).empty()) return std::nullopt;
    return half_times(m, plus, x);
  }
  return std::nullopt;
}

std::optional<Match> swish(const Matcher& m, int sigmoid) {
  if (!m.is(sigmoid, "Sigmoid") || m.at(sigmoid).input.empty()) return std::nullopt;
  const int product = m.only_user(sigmoid);
  if (!m.is(product, "Mul")) return std::nullopt;
  const std::string x = m.other(product, m.at(sigmoid).output.front());
  const std::string in = m.source(m.at(sigmoid).input.front());
  if (x.empty()) return std::nullopt;
  if (x == in) return Match{product, "Swish", {x}, {}};
  const int scaled = m.producer(in);
  if (m.is(scaled, "Mul") && m.besides(scaled, 1.702) == x) return Match{product, "Swish", {x}, {}};
  return std::nullopt;
}

std::optional<Match> mish(const Matcher& m, int softplus) {
  if (!m.is(softplus, "Softplus") || m.at(softplus).input.empty()) return std::nullopt;
  const int tanh = m.only_user(softplus);
  if (!m.is(tanh, "Tanh")) return std::nullopt;
  const int product = m.only_user(tanh);
  const std::string x = m.source(m.at(softplus).input.front());
  if (!m.is(product, "Mul") || m.other(product, m.at(tanh).output.front()) != x) return std::nullopt;
  return Match{product, "Mish", {x}, {}};
}

std::optional<Match> hard_swish(const Matcher& m, int gate) {
  if (m.at(gate).input.empty()) return std::nullopt;
  if (m.is(gate, "HardSigmoid")) {
    const int product = m.only_user(gate);
    const std::string x = m.source(m.at(gate).input.front());
    if (!m.is(product, "Mul") || m.other(product, m.at(gate).output.front()) != x) return std::nullopt;
    return Match{product, "HardSwish", {x}, {}};
  }
  if (!m.is(gate, "Clip")) return std::nullopt;
  const int plus = m.producer(m.at(gate).input.front());
  if (!m.is(plus, "Add")) return std::nullopt;
  const std::string x = m.besides(plus, 3);
  const int product = m.only_user(gate);
  if (x.empty() || !m.is(product, "Mul") || m.other(product, m.at(gate).output.front()) != x)
    return std::nullopt;
  const int sixth = m.only_user(product);
  if (!m.is(sixth, "Div") && !m.is(sixth, "Mul")) return std::nullopt;
  if (m.besides(sixth, 6).empty() && m.besides(sixth, 1.0 / 6).empty()) return std::nullopt;
  return Match{sixth, "HardSwish", {x}, {}};
}

/// Whether `value` is s², and what s is.
std::string squared(const Matcher& m, const std::string& value) {
  const int square = m.producer(value);
  if (m.is(square, "Pow")) return m.besides(square, 2);
  if (!m.is(square, "Mul") || m.at(square).input.size() != 2) return "";
  const std::string s = m.source(m.at(square).input[0]);
  return m.source(m.at(square).input[1]) == s ? s : "";
}

/// Adds a constant operand of what follows (scale, then bias) to a norm.
void take_affine(const Matcher& m, Match& match) {
  for (const char* op : {"Mul", "Add"}) {
    const int next = m.only_user(match.last);
    if (!m.is(next, op)) return;
    const std::string constant = m.operand_besides(next, m.at(match.last).output.front());
    if (m.constant(constant) == nullptr || m.constant(constant)->dims.size() > 1) return;
    match.input.push_back(constant);
    match.last = next;
  }
}

std::optional<Match> norm(const Matcher& m, int root) {
  if (!m.is(root, "Sqrt") || m.at(root).input.empty()) return std::nullopt;
  int mean = m.producer(m.at(root).input.front());
  if (m.is(mean, "Add")) {  // + ε, whose size does not matter
    const auto& in = m.at(mean).input;
    if (in.size() != 2) return std::nullopt;
    const std::string variance = m.scalar(in[1]) ? in[0] : m.scalar(in[0]) ? in[1] : "";
    mean = m.producer(variance);
  }
  if (!m.is(mean, "ReduceMean") || m.at(mean).input.empty()) return std::nullopt;
  const std::string deviation = squared(m, m.at(mean).input.front());
  if (deviation.empty()) return std::nullopt;
  int divided = m.only_user(root);
  if (m.is(divided, "Reciprocal") || (m.is(divided, "Div") && !m.besides(divided, 1).empty())) {
    divided = m.only_user(divided);
    if (!m.is(divided, "Mul")) return std::nullopt;
  } else if (!m.is(divided, "Div")) {
    return std::nullopt;
  }
  const auto& operands = m.at(divided).input;
  if (operands.size() != 2) return std::nullopt;
  const auto is_deviation = [&](const std::string& value) {
    if (m.source(value) == deviation) return true;
    const int a = m.producer(value), b = m.producer(deviation);  // x - mean computed twice
    return m.is(a, "Sub") && m.is(b, "Sub") && m.at(a).input == m.at(b).input;
  };
  if (!is_deviation(operands[0]) && !is_deviation(operands[1])) return std::nullopt;
  Match match{divided, "RMSNormalization", {deviation}, {}};
  const int centred = m.producer(deviation);
  if (m.is(centred, "Sub") && m.at(centred).input.size() == 2) {
    const std::string x = m.source(m.at(centred).input[0]);
    const int average = m.producer(m.at(centred).input[1]);
    if (m.is(average, "ReduceMean") && m.source(m.at(average).input.front()) == x) {
      match.op = "LayerNormalization";
      match.input = {x};
    }
  }
  const bool layer = match.op == "LayerNormalization";
  match.attribute = {number("axis", -1), number("decomposed", 1)};
  // Only norms over the last axis: statistics over images are another kernel.
  const AttributeProto* axes = find_attribute(m.at(mean), "axes");
  std::vector<std::int64_t> over = axes != nullptr ? axes->ints : std::vector<std::int64_t>{};
  if (axes == nullptr && m.at(mean).input.size() > 1) {
    const TensorProto* given = m.constant(m.at(mean).input[1]);
    if (given != nullptr && given->values) over.assign(given->values->begin(), given->values->end());
  }
  if (over.size() != 1) return std::nullopt;
  match.attribute.front().i = over.front();
  take_affine(m, match);
  if (!layer && match.input.size() > 2)
    match.input.pop_back(), match.last = m.producer(m.at(match.last).input[0]);
  return match;
}

std::optional<Match> group_norm(const Matcher& m, int instance) {
  if (!m.is(instance, "InstanceNormalization") || m.at(instance).input.size() < 2) return std::nullopt;
  const int grouped = m.producer(m.at(instance).input.front());
  const int back = m.only_user(instance);
  const TensorProto* scale = m.constant(m.at(instance).input[1]);
  if (!m.is(grouped, "Reshape") || !m.is(back, "Reshape") || scale == nullptr || scale->dims.size() != 1)
    return std::nullopt;
  if (m.only_user(grouped) != instance) return std::nullopt;
  Match match{back, "GroupNormalization", {m.at(grouped).input.front()}, {}};
  match.attribute = {number("num_groups", scale->dims.front())};
  for (const char* op : {"Mul", "Add"}) {
    const int next = m.only_user(match.last);
    const std::string operand =
        m.is(next, op) ? m.operand_besides(next, m.at(match.last).output.front()) : "";
    if (m.constant(operand) == nullptr) break;
    match.input.push_back(operand);
    match.last = next;
  }
  return match;
}

}  // namespace

void fuse_patterns(GraphProto& graph) {
  using Pattern = std::optional<Match> (*)(const Matcher&, int);
  for (const Pattern pattern : {gelu_erf, gelu_tanh, hard_swish, mish, swish, norm, group_norm}) {
    const Matcher matcher(graph);
    std::vector<Match> found;
    for (std::size_t i = 0; i < matcher.size(); ++i) {
      if (auto match = pattern(matcher, static_cast<int>(i))) found.push_back(std::move(*match));
    }
    for (Match& match : found) {
      NodeProto& node = graph.node[static_cast<std::size_t>(match.last)];
      node.op_type = std::move(match.op);
      node.domain = "roofcast";
      node.input = std::move(match.input);
      node.attribute = std::move(match.attribute);
    }
  }
}

}  // namespace roofcast::onnx
