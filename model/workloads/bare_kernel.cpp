// The grammar of bare kernels.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/bare_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "model/workloads/elements.h"
#include "model/workloads/names.h"
#include "model/workloads/pointwise_rule.h"
#include "model/workloads/recurrent.h"

namespace roofcast {
namespace {

using Sizes = std::vector<std::int64_t>;

/// A name cut short and without control characters, for messages of one line.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 60)) out += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return out + (text.size() > 60 ? "...'" : "'");
}

struct Form {
  const char* kind;
  const char* sizes;  // as the grammar spells them
  std::size_t count;
};
constexpr Form kForms[]{{"gemm", "MxNxK", 3},
                        {"bgemm", "BxMxNxK", 4},
                        {"conv", "NxCxHxW,KxRxS[,stride=..,pad=..,groups=..]", 4},
                        {"softmax", "RxC", 2},
                        {"layernorm", "RxC", 2},
                        {"rmsnorm", "RxC", 2},
                        {"batchnorm", "NxCxS", 3},
                        {"embedding", "TxWxV", 3},
                        {"attention", "BxHxLxD", 4},
                        {"copy", "N", 1},
                        {"transpose", "N", 1}};

[[noreturn]] void expected(std::string_view name, std::string_view form) {
  throw std::invalid_argument(fmt::format("{}: expected {}, sizes from 1 to 2147483647", quoted(name), form));
}

std::optional<std::int64_t> parse_size(std::string_view text, std::int64_t least) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return value;
}

/// Sizes joined by 'x'; nothing where one is no size.
std::optional<Sizes> parse_sizes(std::string_view text, std::int64_t least = 1) {
  Sizes sizes;
  while (sizes.size() < 8) {
    const std::size_t x = text.find_first_of("xX");
    const auto size = parse_size(text.substr(0, x), least);
    if (!size) return std::nullopt;
    sizes.push_back(*size);
    if (x == std::string_view::npos) return sizes;
    text.remove_prefix(x + 1);
  }
  return std::nullopt;
}

void read_option(Conv2d& conv, std::string_view option, std::string_view name) {
  const std::size_t equals = option.find('=');
  const std::string key = normalised(option.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
  if (key == "pass") {
    for (const Pass pass : {Pass::forward, Pass::backward_data, Pass::backward_filter}) {
      if (normalised(value) == normalised(roofcast::name(pass))) {
        conv.pass = pass;
        return;
      }
    }
    expected(name, "pass=forward, backward_data or backward_filter");
  }
  const bool pad = key == "pad";
  if (!pad && key != "stride" && key != "dilation" && key != "groups") {
    expected(name, "after the filter only stride=, pad=, dilation=, groups= or pass=");
  }
  const auto sizes = parse_sizes(value, pad ? 0 : 1);
  if (!sizes || sizes->size() > (key == "groups" ? 1U : 2U))
    expected(name, fmt::format("{}=N{}", key, key == "groups" ? "" : " or HxW"));
  const std::int64_t h = sizes->front();
  const std::int64_t w = sizes->back();
  if (pad) conv.pad_h = h, conv.pad_w = w;
  if (key == "stride") conv.stride_h = h, conv.stride_w = w;
  if (key == "dilation") conv.dilation_h = h, conv.dilation_w = w;
  if (key == "groups") conv.groups = h;
}

Conv2d parse_conv(std::string_view shape, std::string_view name) {
  constexpr std::string_view form =
      "conv:NxCxHxW,KxRxS and then ,stride=S ,pad=P ,dilation=D ,groups=G ,pass=forward";
  std::vector<std::string_view> parts;
  while (parts.size() < 8) {
    const std::size_t comma = shape.find(',');
    parts.push_back(shape.substr(0, comma));
    if (comma == std::string_view::npos) break;
    shape.remove_prefix(comma + 1);
  }
  const auto image = parse_sizes(parts[0]);
  const auto filter = parts.size() > 1 && parts.size() < 8 ? parse_sizes(parts[1]) : std::nullopt;
  if (!image || image->size() != 4 || !filter || filter->size() != 3) expected(name, form);
  Conv2d conv;
  conv.n = (*image)[0], conv.c = (*image)[1], conv.h = (*image)[2], conv.w = (*image)[3];
  conv.k = (*filter)[0], conv.r = (*filter)[1], conv.s = (*filter)[2];
  for (std::size_t i = 2; i < parts.size(); ++i) read_option(conv, parts[i], name);
  if (conv.c % conv.groups != 0 || conv.k % conv.groups != 0) {
    throw std::invalid_argument(fmt::format("{}: {} groups do not divide {} input and {} output channels",
                                            quoted(name), conv.groups, conv.c, conv.k));
  }
  const auto reach = [](std::int64_t size, std::int64_t pad, std::int64_t dilation, std::int64_t taps) {
    return size + 2 * pad - dilation * (taps - 1);
  };
  if (reach(conv.h, conv.pad_h, conv.dilation_h, conv.r) < 1 ||
      reach(conv.w, conv.pad_w, conv.dilation_w, conv.s) < 1) {
    throw std::invalid_argument(fmt::format("{}: the filter is larger than the padded image", quoted(name)));
  }
  return conv;
}

Op make(std::string_view kind, const Sizes& s) {
  if (kind == "gemm") return Gemm{1, s[0], s[1], s[2]};
  if (kind == "bgemm") return Gemm{s[0], s[1], s[2], s[3]};
  if (kind == "softmax") return Rowwise{Rowwise::Kind::softmax, s[0], s[1]};
  if (kind == "layernorm") return Rowwise{Rowwise::Kind::layer_norm, s[0], s[1]};
  if (kind == "rmsnorm") return Rowwise{Rowwise::Kind::rms_norm, s[0], s[1]};
  if (kind == "batchnorm") return BatchNorm{BatchNorm::Kind::training, s[0], s[1], s[2]};
  if (kind == "embedding") return Embedding{s[0], s[1], s[2]};
  if (kind == "attention") return Attention{s[0], s[1], s[2], s[2], s[3]};
  return Copy{s[0], 1, 1, kind == "transpose"};
}

/// Every operand and result is a countable tensor.
void check_elements(std::string_view name, const Op& op) {
  const std::string what = quoted(name);
  if (const auto* g = std::get_if<Gemm>(&op)) {
    elements(what, {g->batch, g->m, g->k});
    elements(what, {g->batch, g->k, g->n});
    elements(what, {g->batch, g->m, g->n});
  } else if (const auto* v = std::get_if<Conv2d>(&op)) {
    elements(what, {v->n, v->c, v->h, v->w});
    elements(what, {v->k, v->c / v->groups, v->r, v->s});
    elements(what, {v->n, v->k, v->out_h(), v->out_w()});
    elements(what, {v->n, v->out_h(), v->out_w(), v->c / v->groups, v->r, v->s});  // as implicit GEMM
  } else if (const auto* r = std::get_if<Rowwise>(&op)) {
    elements(what, {r->rows, r->cols});
  } else if (const auto* b = std::get_if<BatchNorm>(&op)) {
    elements(what, {b->n, b->c, b->spatial});
  } else if (const auto* e = std::get_if<Embedding>(&op)) {
    elements(what, {e->tokens, e->width});
    elements(what, {e->vocabulary, e->width});
  } else if (const auto* a = std::get_if<Attention>(&op)) {
    elements(what, {a->batch, a->heads, a->query_length, a->key_length});
    elements(what, {a->batch, a->heads, a->query_length, a->head_dim});
  }
}

constexpr const char* kRecurrentForm = "HxBxT[,pass=forward|backward_data|backward_filter|backward]";

/// "512x16x25,pass=backward_data" after "lstm:": hidden units, sequences, steps.
Graph parse_recurrent(std::string_view name, const std::string& cell, std::int64_t gates) {
  std::string_view shape = name.substr(name.find(':') + 1);
  RecurrentPass pass = RecurrentPass::forward;
  const std::size_t comma = shape.find(',');
  if (comma != std::string_view::npos) {
    constexpr std::pair<std::string_view, RecurrentPass> passes[]{
        {"pass=forward", RecurrentPass::forward},
        {"pass=backward_data", RecurrentPass::backward_data},
        {"pass=backward_filter", RecurrentPass::backward_filter},
        {"pass=backward", RecurrentPass::backward}};
    const auto* found = std::find_if(std::begin(passes), std::end(passes),
                                     [&](const auto& p) { return p.first == shape.substr(comma + 1); });
    if (found == std::end(passes)) expected(name, cell + ":" + kRecurrentForm);
    pass = found->second;
    shape = shape.substr(0, comma);
  }
  const auto sizes = parse_sizes(shape);
  if (!sizes || sizes->size() != 3) expected(name, cell + ":" + kRecurrentForm);
  return recurrent_graph(name, gates, (*sizes)[0], (*sizes)[1], (*sizes)[2], pass);
}

}  // namespace

bool is_bare_kernel(std::string_view name) { return name.find(':') != std::string_view::npos; }

std::string bare_kernel_grammar() {
  std::string text;
  for (const Form& form : kForms) text += fmt::format("{}:{}, ", form.kind, form.sizes);
  text += "rnn:HxBxT, gru:HxBxT, lstm:HxBxT (a layer of H units, B sequences of T steps), ";
  return text + "or an elementwise function such as relu:N, add:RxC";
}

Op parse_bare_kernel(std::string_view name) {
  const std::size_t colon = name.find(':');
  const std::string kind = normalised(name.substr(0, colon));
  const std::string_view shape =
      colon == std::string_view::npos ? std::string_view() : name.substr(colon + 1);
  Op op;
  const auto* form =
      std::find_if(std::begin(kForms), std::end(kForms), [&](const Form& f) { return kind == f.kind; });
  if (kind == "conv") {
    op = parse_conv(shape, name);
  } else if (form != std::end(kForms)) {
    const auto sizes = parse_sizes(shape);
    if (!sizes || sizes->size() != form->count) expected(name, fmt::format("{}:{}", form->kind, form->sizes));
    op = make(kind, *sizes);
  } else {
    if (!pointwise_rule(kind, 1)) {
      throw std::invalid_argument(
          fmt::format("{}: no kernel of that kind; known are {}", quoted(name), bare_kernel_grammar()));
    }
    const auto sizes = parse_sizes(shape);
    if (!sizes || sizes->size() > 4) expected(name, kind + ":N or " + kind + ":RxC");
    std::int64_t count = 1;
    for (const std::int64_t size : *sizes) count = elements(quoted(name), {count, size});
    op = pointwise_rule(kind, count)->forward;
  }
  check_elements(name, op);
  return op;
}

Graph bare_kernel_graph(std::string_view name) {
  const std::string cell = normalised(name.substr(0, name.find(':')));
  if (const auto gates = gates_of(cell)) return parse_recurrent(name, cell, *gates);
  Node node;
  node.name = std::string(name.substr(0, name.find(':')));
  node.op = parse_bare_kernel(name);
  const Elements moved = compulsory_elements(node.op);
  node.output_elements = static_cast<std::int64_t>(moved.written);
  node.needs_input_gradient = false;
  Graph graph;
  graph.name = std::string(name);
  graph.description = "one " + node.name + " kernel";
  graph.input_elements = static_cast<std::int64_t>(moved.read);
  graph.nodes.push_back(std::move(node));
  return graph;
}

}  // namespace roofcast
