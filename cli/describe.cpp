// Shapes in words.
// SPDX-License-Identifier: Apache-2.0
#include "cli/describe.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "cli/format.h"

namespace roofcast::cli {
namespace {

std::string_view name(Rowwise::Kind kind) {
  switch (kind) {
    case Rowwise::Kind::softmax: return "softmax";
    case Rowwise::Kind::layer_norm: return "layer norm";
    case Rowwise::Kind::rms_norm: return "RMS norm";
    case Rowwise::Kind::softmax_backward: return "softmax'";
    case Rowwise::Kind::layer_norm_backward: return "layer norm'";
    case Rowwise::Kind::cross_entropy: return "cross entropy";
  }
  return "rowwise";
}

std::string_view name(BatchNorm::Kind kind) {
  switch (kind) {
    case BatchNorm::Kind::inference: return "batch norm (inference)";
    case BatchNorm::Kind::training: return "batch norm";
    case BatchNorm::Kind::backward: return "batch norm'";
  }
  return "batch norm";
}

std::string_view verb(Pass pass) {
  switch (pass) {
    case Pass::forward: return "conv";
    case Pass::backward_data: return "dgrad";
    case Pass::backward_filter: return "wgrad";
  }
  return "conv";
}

/// "56²" or "56×48".
std::string area(std::int64_t h, std::int64_t w) {
  return h == w ? fmt::format("{}²", h) : fmt::format("{}×{}", h, w);
}

std::string elements(double n) { return count(n); }

struct Describe {
  std::string operator()(const Gemm& g) const {
    if (g.batch == 1) return fmt::format("gemm {}×{}×{}", g.m, g.n, g.k);
    return fmt::format("bgemm {}×({}×{}×{})", g.batch, g.m, g.n, g.k);
  }
  std::string operator()(const Conv2d& c) const {
    const std::string groups = c.groups == 1 ? "" : fmt::format(" g{}", c.groups);
    return fmt::format("{} {}×{}×{} k{} {}×{} s{}{}", verb(c.pass), c.n, c.c, area(c.h, c.w), c.k, c.r, c.s,
                       c.stride_h, groups);
  }
  std::string operator()(const Pointwise& p) const {
    return "pointwise " + elements(static_cast<double>(p.elements));
  }
  std::string operator()(const Rowwise& r) const {
    return fmt::format("{} {}×{}", name(r.kind), r.rows, r.cols);
  }
  std::string operator()(const Reduction& r) const {
    return "reduce " + elements(static_cast<double>(r.elements)) + " to " +
           elements(static_cast<double>(r.outputs));
  }
  std::string operator()(const BatchNorm& b) const {
    return fmt::format("{} {}×{}×{}", name(b.kind), b.n, b.c, b.spatial);
  }
  std::string operator()(const Pool& p) const {
    return fmt::format("{} pool{} {}×{}×{}", p.kind == Pool::Kind::max ? "max" : "average",
                       p.backward ? "'" : "", p.n, p.c, area(p.h, p.w));
  }
  std::string operator()(const Embedding& e) const {
    return fmt::format("embedding{} {} of {}", e.backward ? "'" : "", e.tokens, e.width);
  }
  std::string operator()(const Attention& a) const {
    return fmt::format("attention{} {}×{}×{}×{}", a.backward ? "'" : "", a.batch, a.heads, a.query_length,
                       a.head_dim);
  }
  std::string operator()(const Copy& c) const {
    return (c.transposing ? "transpose " : "copy ") + elements(static_cast<double>(c.elements));
  }
  std::string operator()(const OptimizerStep& o) const {
    return "update " + elements(static_cast<double>(o.parameters));
  }
};

/// Where each code point begins.
std::vector<std::size_t> columns(const std::string& text) {
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) at.push_back(i);
  }
  return at;
}

}  // namespace

std::string describe(const Op& op) { return std::visit(Describe{}, op); }

std::string cut(const std::string& text, std::size_t width) {
  const std::vector<std::size_t> at = columns(text);
  return at.size() <= width ? text : text.substr(0, at[width - 1]) + "…";
}

std::string cut_front(const std::string& text, std::size_t width) {
  const std::vector<std::size_t> at = columns(text);
  return at.size() <= width ? text : "…" + text.substr(at[at.size() - width + 1]);
}

}  // namespace roofcast::cli
