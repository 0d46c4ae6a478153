// What is computed, independent of any GPU: shapes, their operations and their compulsory bytes.
// A multiply-add is two operations. Element counts are exact; bytes depend on the number format and are
// therefore asked for with it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "model/units.h"

namespace roofcast {

/// C[m,n] = A[m,k] · B[k,n], `batch` times; k is the reduction.
struct Gemm {
  std::int64_t batch = 1;
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  bool a_transposed = false;  // A is stored k × m
  bool b_transposed = false;  // B is stored n × k, as the weight of a framework's Linear layer
  bool bias = false;          // fused into the epilogue
  /// Steps of the recurrence it is one of, all asked for in one call of the library. Of the weights' gradient, which takes
  /// all steps at once: 1. Nothing: no recurrence.
  std::optional<std::int64_t> recurrence = {};
  bool operator==(const Gemm&) const = default;
};

/// Which of the three products of a convolution or other trainable op is computed.
enum class Pass { forward, backward_data, backward_filter };
std::string_view name(Pass pass);

/// 2-D convolution of an n × c × h × w input with k filters of (c/groups) × r × s. The shape fields always
/// describe the forward convolution, whatever the pass.
struct Conv2d {
  std::int64_t n = 1, c = 1, h = 1, w = 1;
  std::int64_t k = 1, r = 1, s = 1;
  std::int64_t pad_h = 0, pad_w = 0;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;
  Pass pass = Pass::forward;
  std::int64_t out_h() const { return (h + 2 * pad_h - dilation_h * (r - 1) - 1) / stride_h + 1; }
  std::int64_t out_w() const { return (w + 2 * pad_w - dilation_w * (s - 1) - 1) / stride_w + 1; }
  bool operator==(const Conv2d&) const = default;
};

/// One elementwise kernel over `elements` outputs.
struct Pointwise {
  std::int64_t elements = 0;
  double reads = 1;   // full-size operands read, in units of the storage format
  double writes = 1;  // full-size results written
  double flops_per_element = 1;
  bool operator==(const Pointwise&) const = default;
};

/// Kernels that need a whole row before they can write it.
struct Rowwise {
  enum class Kind { softmax, layer_norm, rms_norm, softmax_backward, layer_norm_backward, cross_entropy };
  Kind kind = Kind::softmax;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  bool operator==(const Rowwise&) const = default;
};

/// Sum, mean or norm of `elements` values down to `outputs`; bias gradients and global norms.
struct Reduction {
  std::int64_t elements = 0;
  std::int64_t outputs = 1;
  bool operator==(const Reduction&) const = default;
};

/// Batch normalisation over n × c × spatial elements.
struct BatchNorm {
  enum class Kind { inference, training, backward };
  Kind kind = Kind::training;
  std::int64_t n = 1, c = 1, spatial = 1;
  bool operator==(const BatchNorm&) const = default;
};

/// Max or average pooling; average over the whole image when out_h = out_w = 1.
struct Pool {
  enum class Kind { max, average };
  Kind kind = Kind::max;
  std::int64_t n = 1, c = 1, h = 1, w = 1, out_h = 1, out_w = 1, window = 2;
  bool backward = false;
  bool operator==(const Pool&) const = default;
};

/// Gather of `tokens` rows of `width` from a table of `vocabulary` rows; backward scatters and adds.
struct Embedding {
  std::int64_t tokens = 0, width = 0, vocabulary = 0;
  bool backward = false;
  bool operator==(const Embedding&) const = default;
};

/// Fused attention (FlashAttention style): scores never reach DRAM. Causal queries are the last `query_length` of
/// `key_length` positions: all of them in training, the new ones where a key-value cache holds the rest.
struct Attention {
  std::int64_t batch = 1, heads = 1, query_length = 1, key_length = 1, head_dim = 64;
  bool causal = false;
  bool backward = false;
  std::int64_t queries_per_key = 1;  // heads that share a key and value: grouped- and multi-query attention
  std::optional<std::int64_t> window = {};  // a causal query sees the last so many keys
  double cache_width = 1;  // bytes of a stored key over those of a query: 0.5 for FP8 under FP16
  /// Pairs of query and key that are scored, of one head. Example: 4 causal queries on 4 keys: 8; 1 on 100: 99.5.
  double pairs() const;
  /// Keys any of the queries sees.
  std::int64_t keys_read() const;
  bool operator==(const Attention&) const = default;
};

/// A copy; `transposing` marks a change of layout such as NCHW to NHWC or a head permutation.
struct Copy {
  std::int64_t elements = 0;
  double reads = 1, writes = 1;  // in units of the storage format
  bool transposing = false;
  bool operator==(const Copy&) const = default;
};

/// Weight update of `parameters` values held in FP32.
struct OptimizerStep {
  std::int64_t parameters = 0;
  Bytes bytes_per_parameter;  // traffic: SGD with momentum 20, fused Adam 28, unfused Adam more
  double flops_per_parameter = 4;
  std::int64_t launches = 1;  // kernels the framework issues for it
  bool operator==(const OptimizerStep&) const = default;
};

using Op = std::variant<Gemm, Conv2d, Pointwise, Rowwise, Reduction, BatchNorm, Pool, Embedding, Attention,
                        Copy, OptimizerStep>;

/// Operations of the direct algorithm. Source: 2·batch·m·n·k for products; 2·N·K·P·Q·(C/g)·R·S for every pass
/// of a convolution; attention 4·B·H·pairs·D forward (Lq·Lk pairs, half of them when causal) and 2.5 times
/// that backward.
Flops flops(const Op& op);

/// Elements that must be read and written once, each counted once whatever the algorithm. Element counts are
/// dimensionless; multiply by storage_size.
struct Elements {
  double read = 0;
  double written = 0;
};
Elements compulsory_elements(const Op& op);

/// Class of kernel for residual statistics and reports.
enum class KernelKind {
  gemm,
  batched_gemm,
  recurrence,
  conv,
  pointwise,
  rowwise,
  reduction,
  batch_norm,
  pool,
  embedding,
  attention,
  copy,
  optimizer
};
KernelKind kind(const Op& op);
std::string_view name(KernelKind kind);

}  // namespace roofcast
