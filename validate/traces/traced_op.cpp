// SPDX-License-Identifier: Apache-2.0
#include "validate/traces/traced_op.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "validate/harness/op_text.h"
#include "validate/harness/record.h"

namespace roofcast {
namespace {

using Shape = std::vector<std::int64_t>;
using Matched = tl::expected<MatchedOp, std::string>;

tl::unexpected<std::string> no(std::string reason) { return tl::unexpected(std::move(reason)); }

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::int64_t count(const Shape& s) {
  return std::accumulate(s.begin(), s.end(), std::int64_t{1}, std::multiplies<>());
}

/// Elements of a result whose inputs broadcast: sizes agree from the last on, or are 1.
std::int64_t broadcast(const std::vector<Shape>& inputs) {
  Shape result;
  for (const Shape& s : inputs) {
    if (s.size() > result.size()) result.insert(result.begin(), s.size() - result.size(), 1);
    for (std::size_t i = 0; i < s.size(); ++i) {
      std::int64_t& size = result[result.size() - s.size() + i];
      size = std::max(size, s[i]);
    }
  }
  return count(result);
}

std::optional<NumberFormat> format_of(std::string_view type) {
  if (type == "float") return NumberFormat::fp32;
  if (type == "c10::Half") return NumberFormat::fp16;
  if (type == "c10::BFloat16") return NumberFormat::bf16;
  return std::nullopt;
}

/// Of the first tensor with a floating type.
std::optional<NumberFormat> storage_of(const TracedOp& op) {
  for (const std::string& type : op.types) {
    if (const auto f = format_of(type)) return f;
  }
  return std::nullopt;
}

/// Formats of a product: 16-bit ones multiply on tensor cores where the kernel's name says so.
Numerics product(NumberFormat storage, std::string_view kernel) {
  const bool tensor = on_tensor_cores(kernel);
  if (storage == NumberFormat::fp32)
    return tensor ? Numerics{storage, NumberFormat::tf32, storage, Path::tensor_core} : Numerics{};
  return {storage, tensor ? storage : NumberFormat::fp32, NumberFormat::fp32,
          tensor ? Path::tensor_core : Path::cuda_core};
}

Numerics streamed(NumberFormat storage) {
  return {storage, NumberFormat::fp32, NumberFormat::fp32, Path::cuda_core};
}

/// "[2, 2]" -> {2, 2}.
std::optional<Shape> list_of(std::string_view text) {
  Shape list;
  if (text.size() < 2 || text.front() != '[') return std::nullopt;
  const char* at = text.data() + 1;
  const char* end = text.data() + text.size();
  while (at != end && *at != ']') {
    std::int64_t v = 0;
    const auto [next, error] = std::from_chars(at, end, v);
    if (error != std::errc()) return std::nullopt;
    list.push_back(v);
    at = next;
    while (at != end && (*at == ',' || *at == ' ')) ++at;
  }
  return list;
}

/// aten::convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups);
/// aten::cudnn_convolution(input, weight, padding, stride, dilation, groups, ...).
Matched convolution(const TracedOp& op, NumberFormat storage) {
  if (op.shapes.size() < 2 || op.shapes[0].size() != 4 || op.shapes[1].size() != 4)
    return no("not a 2-D convolution");
  const bool cudnn = has(op.name, "cudnn_convolution");
  const std::size_t stride = 3, padding = cudnn ? 2 : 4, dilation = cudnn ? 4 : 5, groups = cudnn ? 5 : 8;
  if (op.values.size() <= groups)
    return no("stride and padding are not recorded: profile with record_shapes in PyTorch 2.1 or newer");
  const auto s = list_of(op.values[stride]), p = list_of(op.values[padding]),
             d = list_of(op.values[dilation]);
  std::int64_t g = 0;
  const std::string& text = op.values[groups];
  std::from_chars(text.data(), text.data() + text.size(), g);
  if (!s || !p || !d || s->size() != 2 || p->size() != 2 || d->size() != 2 || g < 1)
    return no("stride or padding cannot be read");
  const Shape &x = op.shapes[0], &f = op.shapes[1];
  Conv2d c;
  c.n = x[0], c.c = x[1], c.h = x[2], c.w = x[3], c.k = f[0], c.r = f[2], c.s = f[3];
  c.stride_h = (*s)[0], c.stride_w = (*s)[1], c.pad_h = (*p)[0], c.pad_w = (*p)[1];
  c.dilation_h = (*d)[0], c.dilation_w = (*d)[1], c.groups = g;
  if (c.c != f[1] * g) return no("input and filter disagree on the channels");
  return MatchedOp{c, product(storage, op.kernel)};
}

struct Elementwise {
  std::string_view name;
  double flops;
};
constexpr std::array kElementwise{Elementwise{"add", 1},
                                  Elementwise{"add_", 1},
                                  Elementwise{"sub", 1},
                                  Elementwise{"mul", 1},
                                  Elementwise{"mul_", 1},
                                  Elementwise{"div", 1},
                                  Elementwise{"div_", 1},
                                  Elementwise{"relu", 1},
                                  Elementwise{"relu_", 1},
                                  Elementwise{"clamp_min", 1},
                                  Elementwise{"gelu", 10},
                                  Elementwise{"tanh", 10},
                                  Elementwise{"sigmoid", 10},
                                  Elementwise{"silu", 10},
                                  Elementwise{"threshold_backward", 1},
                                  Elementwise{"gelu_backward", 20},
                                  Elementwise{"pow", 20},
                                  Elementwise{"where", 1},
                                  Elementwise{"copy_", 0},
                                  Elementwise{"fill_", 0},
                                  Elementwise{"zero_", 0}};

Matched by_name(const TracedOp& op, std::string_view name, NumberFormat storage) {
  const auto& in = op.shapes;
  const auto rank = [&](std::size_t i) { return i < in.size() ? in[i].size() : 0; };
  const Shape first = in.empty() ? Shape{} : in[0];
  if (name == "mm" || name == "addmm") {
    const std::size_t a = name == "mm" ? 0 : 1;
    if (rank(a) != 2 || rank(a + 1) != 2) return no("shapes are not recorded");
    Gemm g{1, in[a][0], in[a + 1][1], in[a][1]};
    g.bias = a == 1;
    return MatchedOp{g, product(storage, op.kernel)};
  }
  if (name == "bmm" || name == "baddbmm") {
    const std::size_t a = name == "bmm" ? 0 : 1;
    if (rank(a) != 3 || rank(a + 1) != 3) return no("shapes are not recorded");
    return MatchedOp{Gemm{in[a][0], in[a][1], in[a + 1][2], in[a][2]}, product(storage, op.kernel)};
  }
  if (name == "convolution" || name == "_convolution" || name == "cudnn_convolution")
    return convolution(op, storage);
  if (first.empty()) return no("shapes are not recorded");
  const std::int64_t elements = count(first), cols = first.back(), rows = cols > 0 ? elements / cols : 0;
  using Row = Rowwise::Kind;
  if (name == "_softmax" || name == "_log_softmax")
    return MatchedOp{Rowwise{Row::softmax, rows, cols}, streamed(storage)};
  if (name == "_softmax_backward_data")
    return MatchedOp{Rowwise{Row::softmax_backward, rows, cols}, streamed(storage)};
  if (name == "native_layer_norm") return MatchedOp{Rowwise{Row::layer_norm, rows, cols}, streamed(storage)};
  if (name == "cudnn_batch_norm" || name == "native_batch_norm") {
    if (first.size() < 2) return no("not a batch of channels");
    return MatchedOp{
        BatchNorm{BatchNorm::Kind::training, first[0], first[1], elements / (first[0] * first[1])},
        streamed(storage)};
  }
  const auto* known = std::find_if(kElementwise.begin(), kElementwise.end(),
                                   [&](const Elementwise& e) { return e.name == name; });
  if (known == kElementwise.end()) return no(fmt::format("the operator {} is not matched to an op", op.name));
  const std::int64_t results = broadcast(in);
  double reads = 0;
  for (const Shape& s : in) reads += !s.empty() && count(s) == results ? 1 : 0;
  if (name == "copy_") reads = 1;
  if (name == "fill_" || name == "zero_") reads = 0;
  return MatchedOp{Pointwise{results, reads, 1, known->flops}, streamed(storage)};
}

}  // namespace

std::optional<std::string_view> type_of_kernel(std::string_view k) {
  const auto any = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return has(k, word); });
  };
  // Types that no op is matched to: FP64, complex, INT8, FP8.
  if (any({"dgemm", "d884", "f64", "double", "cgemm", "zgemm", "complex", "float2", "igemm", "imma", "i8816",
           "i16832", "e4m3", "e5m2"}))
    return std::nullopt;
  // In this order: "bf16" has "f16" in it, and kernels of halves accumulate in "float".
  if (any({"bf16", "bfloat16", "BFloat16", "nvjet_tst"})) return "c10::BFloat16";
  if (any({"f16", "fp16", "half", "Half", "hgemm", "h884", "h1688", "h16816", "nvjet_hsh"}))
    return "c10::Half";
  if (any({"tf32", "s1688gemm", "f32f32", "sgemm", "float"})) return "float";
  return std::nullopt;
}

bool on_tensor_cores(std::string_view k) {
  if (has(k, "ffma")) return false;  // "sm80_xmma_gemm_f32f32_f32f32_f32_tn_n_..._ffma_...": on CUDA cores
  for (const std::string_view word : {"hmma", "s16816", "s1688", "s884", "h884", "h1688", "h16816",
                                      "tensorop", "xmma", "wgmma", "nvjet", "imma"}) {
    if (has(k, word)) return true;
  }
  return false;
}

std::string_view class_of_kernel(std::string_view k) {
  struct Word {
    std::string_view word, kind;
  };
  // In order: a convolution's kernel is a GEMM too.
  static constexpr std::array words{Word{"fprop", "conv"},
                                    Word{"dgrad", "conv"},
                                    Word{"wgrad", "conv"},
                                    Word{"conv", "conv"},
                                    Word{"winograd", "conv"},
                                    Word{"gemm", "gemm"},
                                    Word{"nvjet", "gemm"},
                                    Word{"gemv", "gemm"},
                                    Word{"flash", "attention"},
                                    Word{"fmha", "attention"},
                                    Word{"softmax", "rowwise"},
                                    Word{"layer_norm", "rowwise"},
                                    Word{"LayerNorm", "rowwise"},
                                    Word{"batch_norm", "batch_norm"},
                                    Word{"bn_fw", "batch_norm"},
                                    Word{"bn_bw", "batch_norm"},
                                    Word{"pool", "pool"},
                                    Word{"embedding", "embedding"},
                                    Word{"indexSelect", "embedding"},
                                    Word{"reduce", "reduction"},
                                    Word{"multi_tensor", "optimizer"},
                                    Word{"adam", "optimizer"},
                                    Word{"elementwise", "pointwise"},
                                    Word{"copy", "copy"}};
  for (const Word& w : words) {
    if (has(k, w.word)) return w.kind;
  }
  return "other";
}

Matched match(const TracedOp& op) {
  if (op.name.empty()) return no("no operator is linked to this kernel");
  constexpr std::string_view kAten = "aten::";
  if (op.name.rfind(kAten, 0) != 0)
    return no(fmt::format("the operator {} is not matched to an op", op.name));
  const auto storage = storage_of(op);
  if (!storage)
    return no(op.types.empty() ? "input types are not recorded: profile with record_shapes=True"
                               : "no floating-point input");
  return by_name(op, std::string_view(op.name).substr(kAten.size()), *storage);
}

Matched match_kernel(std::string_view k, std::int64_t blocks, std::int64_t threads) {
  if (!has(k, "vectorized_elementwise_kernel"))
    return no("shapes are not in this export: the PyTorch profiler with record_shapes=True records them");
  // PyTorch: each thread of an elementwise kernel takes four elements.
  const std::int64_t elements = blocks * threads * 4;
  const bool half = has(k, "c10::Half") || has(k, "BFloat16");
  const bool two =
      has(k, "CUDAFunctor_add") || has(k, "BinaryFunctor") || has(k, "threshold") || has(k, "backward");
  const bool fill = has(k, "FillFunctor");
  return MatchedOp{Pointwise{elements,
                             fill  ? 0.0
                             : two ? 2.0
                                   : 1.0,
                             1, 1},
                   streamed(half ? NumberFormat::fp16 : NumberFormat::fp32)};
}

harness::Record traced_record(const TracedOp& op, const std::string& device) {
  harness::Record r;
  r.device = device;
  r.section = class_of_kernel(op.kernel);
  r.provider = "PyTorch";
  r.load = "sustained";
  r.unit = "ms";
  r.value = fmt::format("{:.6g}", in_milliseconds(op.time));
  r.launches = op.kernels;
  r.kernel = op.kernel;
  const auto matched = match(op);
  if (matched) {
    r.subject = op_text(matched->op);
    r.numerics = numerics_text(matched->numerics);
    r.state = "ok";
  } else {
    r.subject = op.name;
    r.state = matched.error();
  }
  return r;
}

std::string kineto_rows(const KinetoTrace& trace) {
  std::string text = harness::record_header();
  for (const TracedOp& op : trace.ops) text += harness::record_line(traced_record(op, trace.device));
  return text;
}

}  // namespace roofcast
