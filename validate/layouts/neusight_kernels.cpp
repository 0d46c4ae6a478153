// NeuSight: single FP32 kernels, PyTorch 2.1, CUDA events around one call on an idle GPU. Times in milliseconds.
// Source: github.com/sitar-lab/NeuSight (ASPLOS'25), scripts/asplos.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"
#include "validate/layouts/tensor_op.h"

namespace roofcast {
namespace {

KernelCase isolated(const Op& op) { return {op, Precision::fp32_strict, Timing::isolated_call}; }

/// "ampere_sgemm_128x32_sliced1x4_tn" covers 128 columns and 32 rows of C in four slices of k: "32x128 sliced 4". "" where
/// the name says no tile.
std::string tile_of(std::string_view kernel) {
  const std::size_t start = kernel.find("sgemm_");
  if (start == std::string_view::npos) return "";
  const char* end = kernel.data() + kernel.size();
  int columns = 0, rows = 0;
  const auto first = std::from_chars(kernel.data() + start + 6, end, columns);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != 'x') return "";
  const auto second = std::from_chars(first.ptr + 1, end, rows);
  if (second.ec != std::errc()) return "";
  const bool sliced = kernel.find("_sliced1x4") != std::string_view::npos;
  return fmt::format("{}x{}{}", rows, columns, sliced ? " sliced 4" : "");
}

/// Year of the libraries, told by the kernel. Some rows ran layers by kernels that cuBLAS has for Maxwell and Pascal, where
/// PyTorch from 1.11 on calls cuBLASLt, as for all others: "sgemm_128x128x8_nt_vec", "maxwell_sgemm_128x64_tn".
int libraries_of(std::string_view kernel) {
  constexpr int kBeforeCublasLt = 2021;
  const bool cublas = kernel.starts_with("sgemm_") || kernel.starts_with("maxwell_sgemm_128x64") ||
                      kernel.starts_with("maxwell_sgemm_128x128");
  return cublas ? kBeforeCublasLt : kCurrentLibraries;
}

/// The algorithm column in the model's words; "" for explicit im2col and what else it does not tell apart.
std::string algorithm_of(std::string_view recorded) {
  if (recorded == "winograd" || recorded == "fft") return std::string(recorded);
  if (recorded == "winograd_nonfused") return "winograd non-fused";
  if (recorded == "implicit_gemm") return "implicit GEMM";
  return "";
}

}  // namespace

RowReader read_neusight_gemm(const CsvHeader& h, const Profiles&) {
  return [op = h.at("op"), device = h.at("device"), batch = h.at("batch"), m = h.at("m"), n = h.at("n"),
          k = h.at("k"), kernel = h.find("kernel"),
          time = h.at("latency_ms")](const CsvRow& row, Observation& o) {
    Gemm gemm{row.count(batch), row.count(m), row.count(n), row.count(k)};
    check_work(row, 2.0 * static_cast<double>(gemm.batch) * static_cast<double>(gemm.m) *
                        static_cast<double>(gemm.n) * static_cast<double>(gemm.k));
    o.device = row.text(device);
    o.kind = row.text(op);
    o.measured = milliseconds_at(row, time);
    if (kernel) o.ran = tile_of(row.text(*kernel));
    if (o.kind == "linear") {  // nn.Linear: the weight is stored n × k, the bias joins the epilogue
      gemm.b_transposed = gemm.bias = true;
    } else if (o.kind != "bmm") {
      o.subject = Unmodelled{fmt::format("op '{}' is not modelled", o.kind)};
      return;
    }
    KernelCase subject = isolated(gemm);
    if (kernel && o.kind == "linear") subject.libraries = libraries_of(row.text(*kernel));
    o.subject = subject;
  };
}

RowReader read_neusight_conv(const CsvHeader& h, const Profiles&) {
  return
      [device = h.at("device"), batch = h.at("batch"), in = h.at("in_channels"), out = h.at("out_channels"),
       kernel = h.at("kernel"), size = h.at("input_size"), stride = h.at("stride"), padding = h.at("padding"),
       time = h.at("latency_ms"), algorithm = h.find("algorithm")](const CsvRow& row, Observation& o) {
        Conv2d conv;
        conv.n = row.count(batch);
        conv.c = row.count(in);
        conv.h = conv.w = row.count(size);
        conv.k = row.count(out);
        conv.r = conv.s = row.count(kernel);
        conv.stride_h = conv.stride_w = row.count(stride);
        conv.pad_h = conv.pad_w = row.whole(padding, 0, 1 << 20);
        check_convolution(row, conv);
        o.device = row.text(device);
        o.kind = "conv";
        if (algorithm) o.ran = algorithm_of(row.text(*algorithm));
        o.measured = milliseconds_at(row, time);
        o.subject = isolated(conv);
      };
}

RowReader read_neusight_tensor_ops(const CsvHeader& h, const Profiles&) {
  return [op = h.at("op"), device = h.at("device"), rows = h.at("rows"), cols = h.at("cols"),
          time = h.at("latency_ms")](const CsvRow& row, Observation& o) {
    const std::int64_t r = row.count(rows), c = row.count(cols);
    check_work(row, static_cast<double>(r) * static_cast<double>(c));
    o.device = row.text(device);
    o.kind = row.text(op);
    o.measured = milliseconds_at(row, time);
    if (const auto known = tensor_op(o.kind, r, c)) {
      o.subject = isolated(*known);
    } else {
      o.subject = Unmodelled{fmt::format("op '{}' is not modelled", o.kind)};
    }
  };
}

}  // namespace roofcast
