// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/op_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>

namespace roofcast {
namespace {

template <class Enum>
struct Word {
  std::string_view text;
  Enum value;
};

constexpr std::array kRowwise{Word<Rowwise::Kind>{"softmax", Rowwise::Kind::softmax},
                              Word<Rowwise::Kind>{"layer_norm", Rowwise::Kind::layer_norm},
                              Word<Rowwise::Kind>{"rms_norm", Rowwise::Kind::rms_norm},
                              Word<Rowwise::Kind>{"softmax_backward", Rowwise::Kind::softmax_backward},
                              Word<Rowwise::Kind>{"layer_norm_backward", Rowwise::Kind::layer_norm_backward},
                              Word<Rowwise::Kind>{"cross_entropy", Rowwise::Kind::cross_entropy}};
constexpr std::array kBatchNorm{Word<BatchNorm::Kind>{"inference", BatchNorm::Kind::inference},
                                Word<BatchNorm::Kind>{"training", BatchNorm::Kind::training},
                                Word<BatchNorm::Kind>{"backward", BatchNorm::Kind::backward}};
constexpr std::array kPool{Word<Pool::Kind>{"max", Pool::Kind::max},
                           Word<Pool::Kind>{"average", Pool::Kind::average}};
constexpr std::array kPass{Word<Pass>{"forward", Pass::forward},
                           Word<Pass>{"backward_data", Pass::backward_data},
                           Word<Pass>{"backward_filter", Pass::backward_filter}};
constexpr const auto& words(Rowwise::Kind) { return kRowwise; }
constexpr const auto& words(BatchNorm::Kind) { return kBatchNorm; }
constexpr const auto& words(Pool::Kind) { return kPool; }
constexpr const auto& words(Pass) { return kPass; }

// The fields of each op, once, for writing and for reading.
template <class F>
void fields(Gemm& o, F f) {
  f("batch", o.batch), f("m", o.m), f("n", o.n), f("k", o.k);
  f("at", o.a_transposed), f("bt", o.b_transposed), f("bias", o.bias);
}
template <class F>
void fields(Conv2d& o, F f) {
  f("n", o.n), f("c", o.c), f("h", o.h), f("w", o.w), f("k", o.k), f("r", o.r), f("s", o.s);
  f("pad_h", o.pad_h), f("pad_w", o.pad_w), f("stride_h", o.stride_h), f("stride_w", o.stride_w);
  f("dilation_h", o.dilation_h), f("dilation_w", o.dilation_w), f("groups", o.groups), f("pass", o.pass);
}
template <class F>
void fields(Pointwise& o, F f) {
  f("elements", o.elements), f("reads", o.reads), f("writes", o.writes), f("flops", o.flops_per_element);
}
template <class F>
void fields(Rowwise& o, F f) {
  f("kind", o.kind), f("rows", o.rows), f("cols", o.cols);
}
template <class F>
void fields(Reduction& o, F f) {
  f("elements", o.elements), f("outputs", o.outputs);
}
template <class F>
void fields(BatchNorm& o, F f) {
  f("kind", o.kind), f("n", o.n), f("c", o.c), f("spatial", o.spatial);
}
template <class F>
void fields(Pool& o, F f) {
  f("kind", o.kind), f("n", o.n), f("c", o.c), f("h", o.h), f("w", o.w);
  f("out_h", o.out_h), f("out_w", o.out_w), f("window", o.window), f("backward", o.backward);
}
template <class F>
void fields(Embedding& o, F f) {
  f("tokens", o.tokens), f("width", o.width), f("vocabulary", o.vocabulary), f("backward", o.backward);
}
template <class F>
void fields(Attention& o, F f) {
  f("batch", o.batch), f("heads", o.heads), f("query", o.query_length), f("key", o.key_length);
  f("dim", o.head_dim), f("causal", o.causal), f("backward", o.backward);
  f("queries_per_key", o.queries_per_key), f("window", o.window), f("cache_width", o.cache_width);
}
template <class F>
void fields(Copy& o, F f) {
  f("elements", o.elements), f("reads", o.reads), f("writes", o.writes), f("transposing", o.transposing);
}
template <class F>
void fields(OptimizerStep& o, F f) {
  f("parameters", o.parameters), f("bytes", o.bytes_per_parameter.value), f("flops", o.flops_per_parameter);
  f("launches", o.launches);
}

std::string value_text(std::int64_t v) { return std::to_string(v); }
std::string value_text(bool v) { return v ? "1" : "0"; }
std::string value_text(const std::optional<std::int64_t>& v) { return v ? value_text(*v) : ""; }
std::string value_text(double v) { return fmt::format("{}", v); }
template <class Enum>
std::string value_text(Enum v) {
  for (const auto& word : words(v)) {
    if (word.value == v) return std::string(word.text);
  }
  throw std::invalid_argument("an op of no known kind");
}

[[noreturn]] void bad(std::string_view field, std::string_view text) {
  throw std::invalid_argument(fmt::format("{}: '{}' is not a value of this field", field, text));
}
template <class Number>
Number number(std::string_view field, std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) bad(field, text);
  return value;
}
void read_value(std::string_view field, std::string_view text, std::int64_t& v) {
  v = number<std::int64_t>(field, text);
  if (v < 0 || v > std::int64_t{1} << 40) bad(field, text);
}
void read_value(std::string_view field, std::string_view text, std::optional<std::int64_t>& v) {
  read_value(field, text, v.emplace());
}
void read_value(std::string_view field, std::string_view text, bool& v) {
  if (text != "0" && text != "1") bad(field, text);
  v = text == "1";
}
void read_value(std::string_view field, std::string_view text, double& v) {
  v = number<double>(field, text);
  if (!std::isfinite(v) || v < 0) bad(field, text);
}
template <class Enum>
void read_value(std::string_view field, std::string_view text, Enum& v) {
  for (const auto& word : words(v)) {
    if (word.text == text) {
      v = word.value;
      return;
    }
  }
  bad(field, text);
}

constexpr std::string_view kind_name(const Gemm&) { return "gemm"; }
constexpr std::string_view kind_name(const Conv2d&) { return "conv"; }
constexpr std::string_view kind_name(const Pointwise&) { return "pointwise"; }
constexpr std::string_view kind_name(const Rowwise&) { return "rowwise"; }
constexpr std::string_view kind_name(const Reduction&) { return "reduction"; }
constexpr std::string_view kind_name(const BatchNorm&) { return "batch_norm"; }
constexpr std::string_view kind_name(const Pool&) { return "pool"; }
constexpr std::string_view kind_name(const Embedding&) { return "embedding"; }
constexpr std::string_view kind_name(const Attention&) { return "attention"; }
constexpr std::string_view kind_name(const Copy&) { return "copy"; }
constexpr std::string_view kind_name(const OptimizerStep&) { return "optimizer"; }

template <std::size_t I = 0>
Op default_op(std::string_view kind) {
  if constexpr (I == std::variant_size_v<Op>) {
    throw std::invalid_argument(fmt::format("'{}' is no kind of op", kind));
  } else {
    const std::variant_alternative_t<I, Op> op{};
    return kind_name(op) == kind ? Op(op) : default_op<I + 1>(kind);
  }
}

std::map<std::string, std::string, std::less<>> pairs(std::string_view text) {
  std::map<std::string, std::string, std::less<>> result;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0)
      throw std::invalid_argument(fmt::format("'{}' is not field=value", part));
    if (!result.emplace(part.substr(0, equals), part.substr(equals + 1)).second)
      throw std::invalid_argument(fmt::format("{} is given twice", part.substr(0, equals)));
  }
  return result;
}

}  // namespace

std::string op_text(const Op& op, bool channels_last) {
  return std::visit(
      [&](auto o) {
        std::string text;
        std::map<std::string_view, std::string> defaults;
        auto empty = decltype(o){};
        fields(empty, [&](std::string_view name, auto& value) { defaults[name] = value_text(value); });
        fields(o, [&](std::string_view name, auto& value) {
          if (const std::string v = value_text(value); v != defaults[name])
            text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, v);
        });
        if (channels_last) text += text.empty() ? "nhwc=1" : ",nhwc=1";
        return fmt::format("{}:{}", kind_name(o), text);
      },
      op);
}

ParsedOp parse_op_text(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) throw std::invalid_argument("expected kind:field=value,...");
  ParsedOp parsed{default_op(text.substr(0, colon))};
  auto given = pairs(text.substr(colon + 1));
  std::visit(
      [&](auto& o) {
        fields(o, [&](std::string_view name, auto& value) {
          if (const auto found = given.find(name); found != given.end()) {
            read_value(name, found->second, value);
            given.erase(found);
          }
        });
      },
      parsed.op);
  if (const auto found = given.find("nhwc"); found != given.end()) {
    read_value("nhwc", found->second, parsed.channels_last);
    given.erase(found);
  }
  if (!given.empty())
    throw std::invalid_argument(
        fmt::format("{} has no field '{}'", text.substr(0, colon), given.begin()->first));
  return parsed;
}

std::string numerics_text(const Numerics& n) {
  return fmt::format("{}/{}/{}/{}", name(n.storage), name(n.math), name(n.accumulate), name(n.path));
}

Numerics parse_numerics_text(std::string_view text) {
  std::array<std::string_view, 4> parts;
  std::string_view rest = text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t slash = rest.find('/');
    parts[i] = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  const auto storage = parse_number_format(parts[0]), math = parse_number_format(parts[1]),
             accumulate = parse_number_format(parts[2]);
  const bool tensor = parts[3] == name(Path::tensor_core);
  if (!storage || !math || !accumulate || (!tensor && parts[3] != name(Path::cuda_core)) || !rest.empty())
    throw std::invalid_argument(fmt::format("'{}' is not storage/math/accumulate/path", text));
  return {*storage, *math, *accumulate, tensor ? Path::tensor_core : Path::cuda_core};
}

}  // namespace roofcast
