// Baidu DeepBench: kernels called back to back. Times in milliseconds, cut to whole microseconds.
// Source: github.com/baidu-research/DeepBench.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "validate/layouts/cells.h"
#include "validate/layouts/readers.h"
#include "validate/layouts/tensor_op.h"

namespace roofcast {
namespace {

/// fp16_mixed runs on tensor cores with FP32 accumulation; "pseudo FP16" stores halves and computes in FP32.
std::optional<std::variant<Precision, Numerics>> numerics_of(std::string_view text) {
  if (text == "fp32") return Precision::fp32_strict;
  if (text == "int8") return Precision::int8;
  if (text == "fp16_mixed") return Precision::amp_fp16;
  if (text == "fp16_storage_fp32_math") {
    return Numerics{NumberFormat::fp16, NumberFormat::fp32, NumberFormat::fp32, Path::cuda_core};
  }
  return std::nullopt;
}

std::int64_t rounded_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

bool transposed_at(const CsvRow& row, std::size_t column) {
  if (row.text(column) == "T") return true;
  if (row.text(column) == "N") return false;
  row.fail(column, fmt::format("'{}' is neither N nor T", row.text(column)));
}

/// Year of the libraries, told by the cuDNN that a sheet names: "cuda 8.0.88; cudnn 6.0.21; driver 375.66".
int libraries_of(std::string_view software) {
  if (software.find("cuda 7.5") != std::string_view::npos) return 2015;
  if (software.find("cudnn 5") != std::string_view::npos) return 2016;
  if (software.find("cudnn 6") != std::string_view::npos) return 2017;
  if (software.find("cudnn 7") != std::string_view::npos) return 2019;  // 7.6
  return kCurrentLibraries;
}

void set_kernel(Observation& o, const Op& op, std::string_view precision, int libraries = kCurrentLibraries) {
  if (const auto numerics = numerics_of(precision)) {
    o.subject = KernelCase{op, *numerics, Timing::back_to_back, libraries};
  } else {
    o.subject = Unmodelled{fmt::format("precision '{}' is not modelled", precision)};
  }
}

std::string_view text_of(const CsvRow& row, std::optional<std::size_t> column) {
  return column ? row.text(*column) : std::string_view();
}

}  // namespace

/// cuBLAS is column-major: a column-major m × n matrix is a row-major n × m one, so C^T = op(B)^T op(A)^T trades the
/// operands. A column-major B without transposition is, row-major, the left factor as it is needed.
RowReader read_deepbench_gemm(const CsvHeader& h, const Profiles&) {
  return [device = h.at("device"), precision = h.at("precision"), m = h.at("m"), n = h.at("n"), k = h.at("k"),
          a = h.at("a_trans"), b = h.at("b_trans"), time = h.at("time_ms"), padded = h.find("padded"),
          software = h.find("software")](const CsvRow& row, Observation& o) {
    Gemm gemm{1, row.count(n), row.count(m), row.count(k)};
    gemm.a_transposed = transposed_at(row, b);
    gemm.b_transposed = transposed_at(row, a);
    if (text_of(row, padded) == "1") gemm.n = rounded_up(gemm.n, 4);  // the time is the padded problem's
    if (row.text(precision) ==
        "fp16_mixed") {  // and of tensor cores: odd sizes run as fast as multiples of eight
      gemm.m = rounded_up(gemm.m, 8);
      gemm.n = rounded_up(gemm.n, 8);
      gemm.k = rounded_up(gemm.k, 8);
    }
    check_work(row,
               2.0 * static_cast<double>(gemm.m) * static_cast<double>(gemm.n) * static_cast<double>(gemm.k));
    o.device = row.text(device);
    o.kind = row.text(precision);
    o.measured = milliseconds_at(row, time);
    set_kernel(o, gemm, row.text(precision), libraries_of(text_of(row, software)));
  };
}

RowReader read_deepbench_conv(const CsvHeader& h, const Profiles&) {
  struct Columns {
    std::size_t n, c, h, w, k, r, s, pad_h, pad_w, stride_h, stride_w;
  };
  return [at = Columns{h.at("n"), h.at("c"), h.at("h"), h.at("w"), h.at("k"), h.at("r"), h.at("s"),
                       h.at("pad_h"), h.at("pad_w"), h.at("stride_h"), h.at("stride_w")},
          device = h.at("device"), precision = h.at("precision"), pass = h.at("pass"), time = h.at("time_ms"),
          padded = h.find("padded"), software = h.find("software")](const CsvRow& row, Observation& o) {
    Conv2d conv;
    conv.n = row.count(at.n);
    conv.c = row.count(at.c);
    conv.h = row.count(at.h);
    conv.w = row.count(at.w);
    conv.k = row.count(at.k);
    conv.r = row.count(at.r);
    conv.s = row.count(at.s);
    conv.pad_h = row.whole(at.pad_h, 0, 1 << 20);
    conv.pad_w = row.whole(at.pad_w, 0, 1 << 20);
    conv.stride_h = row.count(at.stride_h);
    conv.stride_w = row.count(at.stride_w);
    const std::string_view format = row.text(precision), which = row.text(pass);
    if (text_of(row, padded) == "1") {
      conv.c = rounded_up(conv.c, 4);
      conv.k = rounded_up(conv.k, 4);
      conv.h = rounded_up(conv.h, 4);
      conv.w = rounded_up(conv.w, 4);
    } else if (format == "fp16_mixed") {
      conv.c = rounded_up(conv.c, 8);  // tensor cores take channels in eights
      conv.k = rounded_up(conv.k, 8);
    }
    check_convolution(row, conv);
    o.device = row.text(device);
    o.kind = fmt::format("{}/{}", format, which);
    o.measured = milliseconds_at(row, time);
    if (which == "bwd_data") {
      conv.pass = Pass::backward_data;
    } else if (which == "bwd_filter") {
      conv.pass = Pass::backward_filter;
    } else if (which != "fwd") {
      row.fail(pass, fmt::format("'{}' is none of fwd, bwd_data and bwd_filter", which));
    }
    set_kernel(o, conv, format, libraries_of(text_of(row, software)));
    // Unlike its matrix products, GP100's convolutions come in two kinds: about half take half the FP32 time or little
    // more, the others as long. Taken to multiply in FP16, which leaves the smaller error.
    if (format == "fp16_storage_fp32_math") {
      std::get<KernelCase>(o.subject).numerics =
          Numerics{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp16, Path::cuda_core};
    }
  };
}

RowReader read_deepbench_rnn(const CsvHeader& h, const Profiles&) {
  return [device = h.at("device"), cell = h.at("cell"), pass = h.at("pass"), time = h.at("time_ms"),
          hidden = h.at("hidden"), batch = h.at("batch"), steps = h.at("timesteps"),
          precision = h.at("precision"), software = h.find("software")](const CsvRow& row, Observation& o) {
    o.device = row.text(device);
    o.kind = fmt::format("{}/{}", row.text(cell), row.text(pass));
    o.measured = milliseconds_at(row, time);
    const std::string_view which = row.text(pass), kind = row.text(cell), format = row.text(precision);
    const std::string_view backward = which == "bwd_data"          ? "backward_data"
                                      : which == "bwd_filter"      ? "backward_filter"
                                      : which == "bwd_data_or_all" ? "backward"  // the sheet's one column
                                                                   : "forward";
    if (backward == "forward" && which != "fwd")
      row.fail(pass, fmt::format("'{}' is none of fwd, bwd_data, bwd_filter and bwd_data_or_all", which));
    JobCase job;
    job.workload.name = fmt::format("{}:{}x{}x{},pass={}", kind == "vanilla" ? "rnn" : kind,
                                    row.count(hidden), row.count(batch), row.count(steps), backward);
    job.workload.mode = Mode::inference;
    job.precision = format == "fp32" ? Precision::fp32_strict : Precision::fp16;
    job.optimizer = Optimizer::none;
    job.stack.libraries = libraries_of(text_of(row, software));
    job.stack.dispatcher = Dispatcher::recorded;  // the library asks for all kernels of a call at once
    o.subject = std::move(job);
  };
}

RowReader read_deepbench_allreduce(const CsvHeader& h, const Profiles&) {
  return [device = h.at("device"), gpus = h.at("gpus"), time = h.at("time_ms")](const CsvRow& row,
                                                                                Observation& o) {
    o.device = row.text(device);
    o.kind = fmt::format("{} GPUs", row.count(gpus));
    o.measured = milliseconds_at(row, time);
    o.subject = Unmodelled{"collectives are not modelled yet"};
  };
}

RowReader read_deepbench_sparse_gemm(const CsvHeader& h, const Profiles&) {
  return [device = h.at("device"), time = h.at("sparse_time_ms")](const CsvRow& row, Observation& o) {
    o.device = row.text(device);
    o.kind = "sparse gemm";
    o.measured = milliseconds_at(row, time);
    o.subject = Unmodelled{"unstructured sparsity is not modelled"};
  };
}

}  // namespace roofcast
