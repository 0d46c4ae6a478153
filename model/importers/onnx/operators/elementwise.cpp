// Functions of one element, and of elements that lie at the same place.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/folding.h"
#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

/// Operators of one operand: the rule of pointwise_rule, or operations per element where there is none.
struct Unary {
  const char* rule;
  double flops;
};
const std::unordered_map<std::string_view, Unary>& unary_rules() {
  static const std::unordered_map<std::string_view, Unary> rules{{"Relu", {"relu", 0}},
                                                                 {"LeakyRelu", {"relu", 0}},
                                                                 {"ThresholdedRelu", {"relu", 0}},
                                                                 {"Clip", {"max", 0}},
                                                                 {"Gelu", {"gelu", 0}},
                                                                 {"FastGelu", {"gelu", 0}},
                                                                 {"BiasGelu", {"gelu", 0}},
                                                                 {"QuickGelu", {"silu", 0}},
                                                                 {"Swish", {"silu", 0}},
                                                                 {"Tanh", {"tanh", 0}},
                                                                 {"Sigmoid", {"sigmoid", 0}},
                                                                 {"HardSwish", {"hardswish", 0}},
                                                                 {"Elu", {"silu", 0}},
                                                                 {"HardSigmoid", {"hardsigmoid", 0}},
                                                                 {"Selu", {"silu", 0}},
                                                                 {"Celu", {"silu", 0}},
                                                                 {"Mish", {"", 14}},
                                                                 {"Softplus", {"", 8}},
                                                                 {"Softsign", {"", 3}},
                                                                 {"Erf", {"", 8}},
                                                                 {"Exp", {"", 4}},
                                                                 {"Log", {"", 4}},
                                                                 {"Sqrt", {"", 4}},
                                                                 {"Reciprocal", {"", 4}},
                                                                 {"Neg", {"mulu", 0}},
                                                                 {"Abs", {"", 1}},
                                                                 {"Sign", {"", 1}},
                                                                 {"Floor", {"", 1}},
                                                                 {"Ceil", {"", 1}},
                                                                 {"Round", {"", 1}},
                                                                 {"Sin", {"", 4}},
                                                                 {"Cos", {"", 4}},
                                                                 {"Tan", {"", 6}},
                                                                 {"Asin", {"", 8}},
                                                                 {"Acos", {"", 8}},
                                                                 {"Atan", {"", 8}},
                                                                 {"Sinh", {"", 6}},
                                                                 {"Cosh", {"", 6}},
                                                                 {"Asinh", {"", 8}},
                                                                 {"Acosh", {"", 8}},
                                                                 {"Atanh", {"", 8}},
                                                                 {"Not", {"", 1}},
                                                                 {"IsNaN", {"", 1}},
                                                                 {"IsInf", {"", 1}},
                                                                 {"BitwiseNot", {"", 1}},
                                                                 {"Shrink", {"", 2}},
                                                                 {"Bernoulli", {"", 6}}};
  return rules;
}

bool to_boolean(const std::string& op) {
  return op == "Not" || op == "IsNaN" || op == "IsInf" || op == "Equal" || op == "Less" ||
         op == "LessOrEqual" || op == "Greater" || op == "GreaterOrEqual" || op == "And" || op == "Or" ||
         op == "Xor";
}

/// Constants make constants: computed once, before the first run.
bool constant_result(Step& s, Value result, const Value& from, std::optional<std::vector<double>> known) {
  if (!s.all_constant()) return false;
  result.constant = true;
  result.known = std::move(known);
  result.weight = from.weight;
  result.weight_elements = from.weight_elements;
  s.out(0, std::move(result));
  return true;
}

/// Networks of images are written with activations in place; transformers are not.
bool overwrites(const Step& s, const Value& x) {
  return x.rank() == 4 && !x.constant && x.node != kModelInput && s.uses(0) == 1;
}

void unary(Step& s) {
  const Value& x = s.in(0);
  const DataType type = to_boolean(s.op()) ? DataType::boolean : x.type;
  if (constant_result(s, s.make(type, x.dims), x, fold_unary(s.op(), x))) return;
  const Unary& rule = unary_rules().at(s.op());
  const std::int64_t count = x.elements();
  const bool derivable = s.op() != "Sign" && s.op() != "Floor" && s.op() != "Ceil" && s.op() != "Round";
  PointwiseRule cost =
      rule.rule[0] != '\0' ? *pointwise_rule(rule.rule, count) : plain_rule(count, rule.flops, derivable);
  const bool in_place = (s.op() == "Relu" || s.op() == "LeakyRelu" || s.op() == "Clip" ||
                         s.op() == "HardSwish" || s.op() == "Swish") &&
                        overwrites(s, x);
  Value y = s.elementwise(type, x.dims, std::move(cost), {&x});
  if (y.node >= 0 && in_place) s.builder().overwrite(y.node);
  if (s.op() == "BiasGelu" || s.op() == "FastGelu") {
    if (s.has(1) && y.node >= 0) s.builder().at(y.node).parameters = s.own(s.in(1));
  }
  s.out(0, std::move(y));
}

/// A bias behind a product runs in the product's kernel, as a framework's linear layer does.
bool joins_product(Step& s, const Value& product, std::size_t which, const Value& bias) {
  if (product.node < 0 || product.permuted || s.uses(which) != 1 || product.dims.empty()) return false;
  Node& node = s.builder().at(product.node);
  auto* gemm = std::get_if<Gemm>(&node.op);
  if (gemm == nullptr || gemm->bias || gemm->batch != 1 || node.inputs.size() > 1) return false;
  if (bias.weight.empty() || bias.elements() != gemm->n || product.dims.back() != gemm->n ||
      bias.dims.back() != gemm->n || node.output_elements != product.elements())
    return false;
  gemm->bias = true;
  node.parameters += s.own(bias);
  s.out(0, product);
  return true;
}

/// The gradient of an operand that was repeated over the result is a sum.
void reduce_gradient(std::vector<Op>& backward, const Value& operand, std::int64_t count) {
  const bool learns = !operand.constant || !operand.weight.empty();
  if (operand.floating() && learns && operand.elements() < count && operand.elements() > 0)
    backward.emplace_back(Reduction{count, operand.elements()});
}

std::vector<Op> binary_backward(const std::string& op, const Value& a, const Value& b, std::int64_t count) {
  const auto one = [&](double reads, double flops) { return Pointwise{count, reads, 1, flops}; };
  std::vector<Op> backward;
  const bool a_learns = !a.constant || !a.weight.empty();
  const bool b_learns = !b.constant || !b.weight.empty();
  const auto reads = [&](const Value& other) {
    return 1 + static_cast<double>(other.elements()) / static_cast<double>(count);
  };
  if (op == "Mul") {
    if (a_learns) backward.emplace_back(one(b.elements() > 1 ? reads(b) : 1, 1));
    if (b_learns) backward.emplace_back(one(a.elements() > 1 ? reads(a) : 1, 1));
  } else if (op == "Div") {
    if (a_learns) backward.emplace_back(one(b.elements() > 1 ? reads(b) : 1, 2));
    if (b_learns) backward.emplace_back(one(2, 2)), backward.emplace_back(one(2, 1));
  } else if (op == "Pow") {
    backward = {one(1, 4), one(1, 1), one(2, 1)};
  } else if (op == "Min" || op == "Max" || op == "PRelu") {
    backward = {one(2, 2)};
  } else if (op == "Sub" && b_learns) {
    backward = {one(1, 1)};
  }
  reduce_gradient(backward, a, count);
  reduce_gradient(backward, b, count);
  return backward;
}

void binary(Step& s) {
  const Value a = s.in(0), b = s.in(1);
  const auto dims = broadcast(a.dims, b.dims);
  if (!dims) s.fail(fmt::format("{} and {} do not fit together", text(a.dims), text(b.dims)));
  const DataType type = to_boolean(s.op()) ? DataType::boolean : a.type;
  const Value& weight = a.weight.empty() ? b : a;
  if (constant_result(s, s.make(type, *dims), weight, fold_binary(s.op(), a, b, *dims))) return;
  if (s.op() == "Add") {
    if (joins_product(s, a, 0, b) || joins_product(s, b, 1, a)) return;
  }
  const std::int64_t count = elements_of(*dims, s.label());
  PointwiseRule rule;
  rule.forward = Pointwise{count, 2, 1,
                           s.op() == "Div" || s.op() == "Mod" ? 2.0
                           : s.op() == "Pow"                  ? 4.0
                                                              : 1.0};
  if (count > 0) rule.backward = binary_backward(s.op(), a, b, count);
  rule.saves_input = s.op() != "Add" && s.op() != "Sub" &&
                     !((a.elements() <= 1 && a.constant) || (b.elements() <= 1 && b.constant)) &&
                     !(a.constant && a.weight.empty()) && !(b.constant && b.weight.empty());
  Value y = s.elementwise(type, *dims, std::move(rule), {&a, &b});
  if (y.node >= 0) {
    Node& node = s.builder().at(y.node);
    node.parameters = s.own(a) + s.own(b);
    node.fp32_under_amp = s.op() == "Pow";
    const bool residual = s.op() == "Add" && !a.constant && !b.constant && a.elements() == count;
    node.in_place = residual && overwrites(s, a);
  }
  s.out(0, std::move(y));
}

/// Sum, Mean, Max and Min of any number of operands.
void variadic(Step& s) {
  if (s.inputs() == 0) s.fail("has no operands");
  if (s.inputs() == 2 && (s.op() == "Max" || s.op() == "Min")) return binary(s);
  Dims dims = s.in(0).dims;
  std::vector<const Value*> operands;
  std::vector<Value> copies;
  for (std::size_t i = 0; i < s.inputs(); ++i) {
    const auto wider = broadcast(dims, s.in(i).dims);
    if (!wider) s.fail(fmt::format("{} and {} do not fit together", text(dims), text(s.in(i).dims)));
    dims = *wider;
    operands.push_back(&s.in(i));
  }
  if (s.all_constant()) {
    Value y = s.make(s.in(0).type, dims);
    y.constant = true;
    return s.out(0, std::move(y));
  }
  PointwiseRule rule = plain_rule(elements_of(dims, s.label()), static_cast<double>(s.inputs()), false);
  if (s.op() != "Sum") rule.backward = {Pointwise{rule.forward.elements, 1, 1, 1}};
  s.out(0, s.elementwise(s.in(0).type, dims, std::move(rule), operands));
}

void where(Step& s) {
  const Value condition = s.in(0), a = s.in(1), b = s.in(2);
  const auto values = broadcast(a.dims, b.dims);
  const auto dims = values ? broadcast(condition.dims, *values) : std::nullopt;
  if (!dims) {
    s.fail(
        fmt::format("{}, {} and {} do not fit together", text(condition.dims), text(a.dims), text(b.dims)));
  }
  if (constant_result(s, s.make(a.type, *dims), a.weight.empty() ? b : a, fold_where(condition, a, b, *dims)))
    return;
  PointwiseRule rule = plain_rule(elements_of(*dims, s.label()), 1, false);
  rule.backward = {Pointwise{rule.forward.elements, 1, 1, 1}};
  s.out(0, s.elementwise(a.type, *dims, std::move(rule), {&condition, &a, &b}));
}

void cast(Step& s) {
  const Value x = s.in(0);
  const DataType to = s.op() == "CastLike" ? s.in(1).type : static_cast<DataType>(s.integer("to", 1));
  if (x.constant || x.type == to) {
    Value y = x;
    y.type = to;
    if (y.known && x.floating() && !is_floating(to)) {
      for (double& value : *y.known)
        value = to == DataType::boolean ? value != 0 : static_cast<double>(to_integer(value));
    }
    return s.out(0, std::move(y));
  }
  s.out(0, s.copy(to, x.dims, 1, {&x}));
}

/// Exported for inference it is gone already; a training export keeps it.
void dropout(Step& s) {
  Value y = s.in(0);
  if (!y.constant && y.node >= 0 && y.elements() > 0)
    y.node = s.builder().dropout(s.label(), y.node, y.elements());
  s.out(0, y);
  if (s.wants(1)) s.out(1, s.make(DataType::boolean, y.dims));
}

void identity(Step& s) {
  Value y = s.in(0);
  // Exporters merge equal weights through identities. Equal vectors are biases or scales before training, each a
  // parameter of its own; equal matrices are one, tied.
  if (y.constant && !y.weight.empty() && y.rank() == 1 && s.wants(0)) y.weight = s.output_name(0);
  s.out(0, std::move(y));
}

}  // namespace

void add_elementwise(Operators& table) {
  for (const auto& [name, rule] : unary_rules()) table[name] = unary;
  for (const char* name :
       {"Add", "Sub", "Mul", "Div", "Pow", "Mod", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual",
        "And", "Or", "Xor", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "PRelu"})
    table[name] = binary;
  for (const char* name : {"Sum", "Mean", "Max", "Min"}) table[name] = variadic;
  table["Where"] = where;
  table["Cast"] = table["CastLike"] = cast;
  table["Dropout"] = dropout;
  table["Identity"] = identity;
}

}  // namespace roofcast::onnx
