// Lookup by name, and what stands in for an operator without a model.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {

Operator find_operator(const std::string& domain, const std::string& op) {
  static const Operators table = [] {
    Operators all;
    for (const auto add : {add_elementwise, add_views, add_indexing, add_generators, add_products, add_einsum,
                           add_convolutions, add_pooling, add_resampling, add_normalization, add_reductions,
                           add_recurrent, add_attention, add_quantization, add_control_flow})
      add(all);
    return all;
  }();
  // "roofcast" marks nodes that patterns made.
  if (!domain.empty() && domain != "com.microsoft" && domain != "roofcast") return nullptr;
  const auto found = table.find(op);
  return found == table.end() ? nullptr : found->second;
}

// Reads every operand and writes every result once. A result without a declared shape is taken to be shaped like the
// first operand, as elementwise functions are.
void unknown_operator(Step& s, const std::string& name) {
  double read = 0, written = 0;
  std::vector<const Value*> operands;
  for (std::size_t i = 0; i < s.inputs(); ++i) {
    if (!s.has(i)) continue;
    operands.push_back(&s.in(i));
    read += static_cast<double>(s.in(i).elements());
  }
  bool guessed = false;
  std::vector<Value> results;
  for (std::size_t i = 0; i < s.outputs(); ++i) {
    const auto declared = s.declared(i);
    guessed = guessed || !declared;
    const Value like = operands.empty() ? Value{} : *operands.front();
    if (!declared && operands.empty())
      s.fail("an unknown operator without operands, whose result has no shape");
    results.push_back(s.make(like.type, declared ? *declared : like.dims));
    written += static_cast<double>(results.back().elements());
  }
  const double most = std::max(read, written);
  int node = kModelInput;
  if (most >= 1 && !results.empty() && results.front().elements() > 0) {
    Node work;
    const auto elements = static_cast<std::int64_t>(most);
    work.op = Pointwise{elements, read / most, written / most, 1};
    work.backward = {Pointwise{elements, 1, 1, 1}};
    work.output_elements = results.front().elements();
    node = s.add(std::move(work), operands);
  }
  s.translator().unknown(name, node, guessed);
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].node = node;
    s.out(i, std::move(results[i]));
  }
}

}  // namespace roofcast::onnx
