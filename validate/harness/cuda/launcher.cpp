// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/launcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace roofcast::harness {
namespace {

constexpr const char* kOwn = "roofcast";
using U64 = unsigned long long;

unsigned blocks(double work, double per_block) {
  const double count = std::ceil(work / per_block);
  if (count > 2147483647.0) throw Unsupported("more blocks than a grid holds");
  return static_cast<unsigned>(std::max(1.0, count));
}
int whole(std::int64_t v) {
  if (v > 2147483647) throw Unsupported("a size beyond 2^31");
  return static_cast<int>(v);
}

struct Launchers {
  const Driver& driver;
  Arena& arena;
  const OpCase& c;

  /// Kernels store FP32 or 16 bits; BF16 moves as FP16 does.
  bool half() const {
    return c.numerics.storage == NumberFormat::fp16 || c.numerics.storage == NumberFormat::bf16;
  }
  double size() const {
    if (!half() && c.numerics.storage != NumberFormat::fp32 && c.numerics.storage != NumberFormat::tf32)
      throw Unsupported(fmt::format("no kernel of the harness stores {}", name(c.numerics.storage)));
    return half() ? 2 : 4;
  }
  std::string typed(const std::string& kernel) const {
    return "roofcast_" + kernel + (half() ? "_f16" : "_f32");
  }
  CUdeviceptr tensor(double elements) const { return arena.take(elements * size()); }
  CUdeviceptr indices(std::int64_t count, std::int64_t limit) const {
    const CUdeviceptr p = arena.take(static_cast<double>(count) * 4);
    kernel_launch(driver, "roofcast_fill_indices", {blocks(static_cast<double>(count), 256)}, p,
                  static_cast<U64>(count), static_cast<unsigned>(limit))();
    return p;
  }
  Launcher own(Launch launch) const { return {std::move(launch), kOwn}; }

  /// R reads and W writes of `elements`, fractions as a part of one more.
  Launch stream(double elements, double reads, double writes, double flops) const {
    const double per_pack = 16 / size();
    const auto packs = static_cast<U64>(std::max(1.0, std::floor(elements / per_pack)));
    // A kernel takes at most four operands and three results: more are as many elements of fewer.
    const double scale = std::max({1.0, reads / 4, writes / 3});
    const auto n = static_cast<U64>(static_cast<double>(packs) * scale);
    const double r = reads / scale, w = writes / scale;
    const auto part = [&](double v) {
      return static_cast<U64>((v - std::floor(v)) * static_cast<double>(n));
    };
    const CUdeviceptr in = arena.take(std::ceil(r) * static_cast<double>(n) * 16),
                      out = arena.take(std::max(1.0, std::ceil(w)) * static_cast<double>(n) * 16);
    const std::string kernel = typed(fmt::format("pointwise_r{}w{}", std::floor(r), std::floor(w)));
    return kernel_launch(driver, kernel, {blocks(static_cast<double>(n), 256)}, in, out, n, part(r), part(w),
                         static_cast<int>(std::lround(flops)));
  }

  Launcher operator()(const Pointwise& o) const {
    return own(stream(static_cast<double>(o.elements), o.reads, o.writes, o.flops_per_element));
  }
  Launcher operator()(const Copy& o) const {
    const auto n = static_cast<double>(o.elements);
    if (!o.transposing) return own(stream(n, o.reads, o.writes, 0));
    // The shape is unknown: the squarest matrix of as many elements.
    const int rows = std::max(32, static_cast<int>(std::sqrt(n)) / 32 * 32);
    const int cols = whole(std::max<std::int64_t>(1, o.elements / rows));
    const LaunchShape shape{blocks(cols, 32), blocks(rows, 32), 32, 8};
    if (shape.grid_y > 65535) throw Unsupported("more blocks than a grid holds");
    return own(kernel_launch(driver, typed("transpose"), shape, tensor(n), tensor(n), rows, cols));
  }
  Launcher operator()(const OptimizerStep& o) const {
    const double words = o.bytes_per_parameter.value / 4, writes = std::floor(words / 2);
    const auto launches = std::max<std::int64_t>(1, o.launches);
    const Launch one = stream(static_cast<double>(o.parameters) / static_cast<double>(launches),
                              words - writes, writes, o.flops_per_parameter);
    return own([one, launches] {
      for (std::int64_t i = 0; i < launches; ++i) one();
    });
  }
  Launcher operator()(const Rowwise& o) const {
    using Kind = Rowwise::Kind;
    const auto kernel = [&] {
      switch (o.kind) {
        case Kind::softmax: return "softmax";
        case Kind::layer_norm: return "layer_norm";
        case Kind::rms_norm: return "rms_norm";
        case Kind::softmax_backward: return "softmax_backward";
        case Kind::layer_norm_backward: return "layer_norm_backward";
        case Kind::cross_entropy: return "cross_entropy";
      }
      throw Unsupported("a row kernel of no known kind");
    }();
    const bool backward = o.kind == Kind::softmax_backward || o.kind == Kind::layer_norm_backward;
    const double n = static_cast<double>(o.rows) * static_cast<double>(o.cols);
    const unsigned threads = o.cols >= 1024 ? 256 : o.cols >= 256 ? 128 : 32;
    return own(kernel_launch(driver, typed(kernel), {static_cast<unsigned>(whole(o.rows)), 1, threads},
                             tensor(backward ? 2 * n : n), tensor(n), whole(o.cols), static_cast<U64>(n)));
  }
  Launcher operator()(const Reduction& o) const {
    const auto n = static_cast<double>(o.elements);
    if (o.outputs == 1) {
      const auto packs = static_cast<U64>(std::max(1.0, n / (16 / size())));
      const unsigned grid = std::min(1024u, blocks(static_cast<double>(packs), 256 * 8));
      return own(kernel_launch(driver, typed("reduce_all"), {grid}, tensor(n + 8), arena.take(4), packs));
    }
    const int outputs = whole(o.outputs), rows = whole(std::max<std::int64_t>(1, o.elements / o.outputs));
    const int each = std::max(1, std::min(rows, 64));
    const LaunchShape shape{blocks(outputs, 256), std::min(65535u, blocks(rows, each))};
    const int per_block = (rows + static_cast<int>(shape.grid_y) - 1) / static_cast<int>(shape.grid_y);
    return own(kernel_launch(driver, typed("reduce_columns"), shape, tensor(n), arena.take(4.0 * outputs),
                             outputs, rows, per_block));
  }
  Launcher operator()(const BatchNorm& o) const {
    if (c.channels_last) return channels_last(o);
    const double n = static_cast<double>(o.n) * static_cast<double>(o.c) * static_cast<double>(o.spatial);
    const bool backward = o.kind == BatchNorm::Kind::backward;
    const char* kernel = o.kind == BatchNorm::Kind::inference ? "batch_norm_inference"
                         : backward                           ? "batch_norm_backward"
                                                              : "batch_norm_training";
    return own(kernel_launch(driver, typed(kernel), {static_cast<unsigned>(whole(o.c)), 1, 512},
                             tensor(backward ? 2 * n : n), tensor(n), whole(o.n), whole(o.c),
                             whole(o.spatial)));
  }
  /// 16-byte packs of a pixel's channels.
  int packs_of(std::int64_t channels) const {
    const auto in_pack = static_cast<std::int64_t>(16 / size());
    if (channels % in_pack != 0)
      throw Unsupported(fmt::format("the harness's NHWC kernels take channels in multiples of {}", in_pack));
    return whole(channels / in_pack);
  }
  /// Statistics in one kernel, normalisation in the next, as frameworks do.
  Launcher channels_last(const BatchNorm& o) const {
    const bool backward = o.kind == BatchNorm::Kind::backward;
    const int width = packs_of(o.c), rows = whole(o.n * o.spatial);
    const double packs = static_cast<double>(width) * rows, elements = packs * 16 / size();
    const CUdeviceptr in = tensor(backward ? 2 * elements : elements), out = tensor(elements),
                      sums = arena.take(8.0 * static_cast<double>(o.c));
    const Launch apply = kernel_launch(driver, typed(backward ? "channel_apply_backward" : "channel_apply"),
                                       {blocks(packs, 256)}, in, out, sums, width, rows);
    if (o.kind == BatchNorm::Kind::inference) return own(apply);
    LaunchShape shape;
    shape.block_x = width <= 8 ? 8 : width <= 16 ? 16 : 32;
    shape.block_y = 256 / shape.block_x;
    shape.grid_x = blocks(width, shape.block_x);
    shape.grid_y = std::min(256u, blocks(rows, 8.0 * shape.block_y));
    const Launch sum = kernel_launch(driver, typed(backward ? "channel_sums_backward" : "channel_sums"),
                                     shape, in, sums, width, rows);
    return own([sum, apply] {
      sum();
      apply();
    });
  }
  Launcher operator()(const Pool& o) const {
    const double planes = static_cast<double>(o.n) * static_cast<double>(o.c);
    const double in = planes * static_cast<double>(o.h * o.w),
                 out = planes * static_cast<double>(o.out_h * o.out_w);
    const double threads = o.backward ? in : out;
    if (c.channels_last) {
      const double packs = threads * size() / 16;
      return own(kernel_launch(driver, typed(o.backward ? "pool_channels_backward" : "pool_channels"),
                               {blocks(packs, 256)}, tensor(o.backward ? out : in), tensor(threads),
                               static_cast<U64>(packs), packs_of(o.c), whole(o.h), whole(o.w), whole(o.out_h),
                               whole(o.out_w), whole(o.window)));
    }
    return own(kernel_launch(driver, typed(o.backward ? "pool_backward" : "pool"), {blocks(threads, 256)},
                             tensor(o.backward ? out : in), tensor(threads), static_cast<U64>(threads),
                             whole(o.h), whole(o.w), whole(o.out_h), whole(o.out_w), whole(o.window)));
  }
  Launcher operator()(const Embedding& o) const {
    const double rows = static_cast<double>(o.tokens) * static_cast<double>(o.width);
    const double table = static_cast<double>(o.vocabulary) * static_cast<double>(o.width);
    const CUdeviceptr at = indices(o.tokens, o.vocabulary);
    const LaunchShape shape{static_cast<unsigned>(whole(o.tokens)), 1, 256};
    if (o.backward)
      return own(kernel_launch(driver, typed("embedding_backward"), shape, tensor(rows),
                               arena.take(4 * table), at, whole(o.width)));
    return own(
        kernel_launch(driver, typed("embedding"), shape, tensor(table), tensor(rows), at, whole(o.width)));
  }
  Launcher operator()(const Attention&) const {
    throw Unsupported("the harness has no fused attention kernel");
  }
  Launcher operator()(const Gemm&) const { throw Unsupported("products need cuBLAS"); }
  Launcher operator()(const Conv2d&) const { throw Unsupported("convolutions need cuDNN"); }
};

/// As kernels/implicit_gemm.cu declares it.
struct ConvShape {
  int n, c, h, w, k, r, s, pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, out_h, out_w;
};

}  // namespace

CUdeviceptr Arena::take(double bytes) {
  const auto wanted = static_cast<std::size_t>(std::ceil(std::max(1.0, bytes) / 256)) * 256;
  if (wanted > memory_.size())
    throw Unsupported(
        fmt::format("needs {:.2f} GiB of free memory", static_cast<double>(wanted) / 1073741824));
  if (next_ + wanted > memory_.size()) next_ = 0;
  const CUdeviceptr address = memory_.address() + next_;
  next_ += wanted;
  return address;
}

Launcher op_launcher(const Driver& driver, Arena& arena, const OpCase& op) {
  return std::visit(Launchers{driver, arena, op}, op.op);
}

Launcher implicit_gemm_launcher(const Driver& driver, Arena& arena, const OpCase& c) {
  const auto& o = std::get<Conv2d>(c.op);
  const bool single = c.numerics.storage == NumberFormat::fp32 && c.numerics.path == Path::cuda_core;
  if (!single || c.channels_last || o.groups != 1)
    throw Unsupported(
        "without cuDNN the harness convolves FP32 tensors in NCHW on CUDA cores, ungrouped, alone");
  const ConvShape v{whole(o.n),          whole(o.c),        whole(o.h),        whole(o.w),
                    whole(o.k),          whole(o.r),        whole(o.s),        whole(o.pad_h),
                    whole(o.pad_w),      whole(o.stride_h), whole(o.stride_w), whole(o.dilation_h),
                    whole(o.dilation_w), whole(o.out_h()),  whole(o.out_w())};
  const auto count = [](auto... sizes) { return (static_cast<double>(sizes) * ...); };
  const double in = count(v.n, v.c, v.h, v.w), out = count(v.n, v.k, v.out_h, v.out_w),
               filter = count(v.k, v.c, v.r, v.s);
  const auto launch = [&](const char* kernel, double rows, double cols, double x, double f, double y) {
    const LaunchShape shape{blocks(cols, 64), blocks(rows, 64)};
    if (shape.grid_y > 65535) throw Unsupported("more blocks than a grid holds");
    return Launcher{
        kernel_launch(driver, kernel, shape, arena.take(4 * x), arena.take(4 * f), arena.take(4 * y), v),
        std::string(kOwnConvolution)};
  };  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): std::function frees what it holds
  switch (o.pass) {
    case Pass::forward:
      return launch("roofcast_conv_forward", v.k, count(v.n, v.out_h, v.out_w), in, filter, out);
    case Pass::backward_data:
      return launch("roofcast_conv_backward_data", v.c, count(v.n, v.h, v.w), out, filter, in);
    case Pass::backward_filter: break;
  }
  return launch("roofcast_conv_backward_filter", v.k, count(v.c, v.r, v.s), in, out, filter);
}

}  // namespace roofcast::harness
