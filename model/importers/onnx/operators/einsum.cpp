// Einstein sums: pairs of operands become batched products, from left to right.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "model/importers/onnx/operators.h"
#include "model/importers/onnx/operators/gemm_node.h"

namespace roofcast::onnx {
namespace {

/// One term: a letter per dimension. Dimensions of an ellipsis are called '0', '1', ... from the right.
using Term = std::string;
using Sizes = std::map<char, std::int64_t>;

struct Equation {
  std::vector<Term> in;
  Term out;
};

Term expand_ellipsis(Step& s, const Term& term, std::int64_t rank) {
  const std::size_t at = term.find("...");
  if (at == Term::npos) return term;
  const std::int64_t hidden = rank - static_cast<std::int64_t>(term.size()) + 3;
  if (hidden < 0 || hidden > 9)
    s.fail(fmt::format("the term '{}' does not fit {} dimensions", printable(term), rank));
  Term letters;
  for (std::int64_t i = hidden; i-- > 0;) letters += static_cast<char>('0' + i);
  return term.substr(0, at) + letters + term.substr(at + 3);
}

Equation parse(Step& s) {
  std::string text;
  for (const char c : s.word("equation", "")) {
    if (c != ' ') text += c;
  }
  const std::size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow);
  Equation equation;
  for (std::size_t i = 0; i < s.inputs(); ++i) {
    const std::size_t comma = left.find(',');
    const Term term = expand_ellipsis(s, left.substr(0, comma), s.in(i).rank());
    if (static_cast<std::int64_t>(term.size()) != s.in(i).rank())
      s.fail(fmt::format("the term '{}' does not fit {}", printable(term), onnx::text(s.in(i).dims)));
    equation.in.push_back(term);
    left = comma == std::string::npos ? "" : left.substr(comma + 1);
  }
  if (!left.empty() || equation.in.empty())
    s.fail(fmt::format("'{}' does not fit its operands", printable(text)));
  std::int64_t widest = 0;
  std::map<char, int> seen;
  for (const Term& term : equation.in) {
    std::int64_t hidden = 0;
    for (const char c : term) {
      ++seen[c];
      if (c >= '0' && c <= '9') ++hidden;
    }
    widest = std::max(widest, hidden);
  }
  if (arrow == std::string::npos) {
    for (std::int64_t i = widest; i-- > 0;) equation.out += static_cast<char>('0' + i);
    for (const auto& [letter, times] : seen) {
      if (times == 1 && (letter < '0' || letter > '9')) equation.out += letter;
    }
  } else {
    const Term out = text.substr(arrow + 2);
    const std::int64_t letters = static_cast<std::int64_t>(out.size());
    equation.out = out.find("...") == Term::npos ? out : expand_ellipsis(s, out, letters - 3 + widest);
  }
  for (const char c : equation.out) {
    if (!seen.contains(c) || std::count(equation.out.begin(), equation.out.end(), c) > 1)
      s.fail(fmt::format("'{}' has a result it cannot make", printable(text)));
  }
  return equation;
}

bool contains(const Term& term, char letter) { return term.find(letter) != Term::npos; }

Dims dims_of(const Term& term, const Sizes& sizes) {
  Dims dims;
  for (const char c : term) dims.push_back(sizes.at(c));
  return dims;
}

/// Letters of both operands that the rest of the sum still needs are the batch, those it does not are summed over.
Value contract(Step& s, const Value& a, const Term& ta, const Value& b, const Term& tb, const Term& kept,
               const Sizes& sizes, Term& result) {
  Gemm gemm;
  result.clear();
  const auto times = [&](std::int64_t& by, char c) {
    if (__builtin_mul_overflow(by, sizes.at(c), &by)) s.fail("has too many elements");
  };
  const auto walk = [&](const Term& term, const Term& other, std::int64_t& alone, bool first) {
    Term done;
    for (const char c : term) {
      if (contains(done, c)) continue;
      done += c;
      const bool both = contains(other, c), stays = contains(kept, c);
      if (both && !first) continue;
      if (stays) result += c;
      times(both ? (stays ? gemm.batch : gemm.k) : alone, c);
    }
  };
  walk(ta, tb, gemm.m, true);
  walk(tb, ta, gemm.n, false);
  const Value left = s.contiguous(a), right = s.contiguous(b);
  return gemm_node(s, left, right, gemm, a.type, dims_of(result, sizes));
}

void einsum(Step& s) {
  const Equation equation = parse(s);
  Sizes sizes;
  for (std::size_t i = 0; i < equation.in.size(); ++i) {
    for (std::size_t d = 0; d < equation.in[i].size(); ++d) {
      std::int64_t& size = sizes.try_emplace(equation.in[i][d], 1).first->second;
      const std::int64_t own = s.in(i).dims[d];
      if (size != 1 && own != 1 && own != size)
        s.fail(fmt::format("'{}' is {} in one operand and {} in another", equation.in[i][d], size, own));
      size = std::max(size, own);
    }
  }
  Value value = s.in(0);
  Term term = equation.in[0];
  for (std::size_t i = 1; i < equation.in.size(); ++i) {
    Term kept = equation.out;
    for (std::size_t j = i + 1; j < equation.in.size(); ++j) kept += equation.in[j];
    Term result;
    value = contract(s, value, term, s.in(i), equation.in[i], kept, sizes, result);
    term = result;
  }
  Value y = s.make(value.type, dims_of(equation.out, sizes));
  y.constant = value.constant;
  y.node = value.node;
  y.permuted = term != equation.out;
  if (y.elements() < value.elements() && !value.constant && y.elements() > 0) {  // a sum or a diagonal
    Node node;
    node.op = Reduction{value.elements(), y.elements()};
    node.output_elements = y.elements();
    node.saves_input = false;
    node.backward = {Pointwise{value.elements(), 0, 1, 1}};
    y.node = s.add(std::move(node), {&value});
    y.permuted = false;
  }
  s.out(0, std::move(y));
}

}  // namespace

void add_einsum(Operators& table) { table["Einsum"] = einsum; }

}  // namespace roofcast::onnx
