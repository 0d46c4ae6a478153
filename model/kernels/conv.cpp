// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/conv.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

#include "model/kernels/gemm.h"
#include "model/kernels/memory_system.h"

namespace roofcast {
namespace {

// Tiles of cuDNN's scudnn kernels (pixels × filters), and of its tensor-core kernels.
constexpr std::array kImplicit{Tile{128, 128}, Tile{128, 64}, Tile{128, 32}};
constexpr std::array kImplicitTensor{Tile{256, 128}, Tile{128, 256}, Tile{256, 64},
                                     Tile{128, 128}, Tile{128, 64},  Tile{64, 64}};
constexpr std::array kWinograd{Tile{128, 128}};

double pass_efficiency(const Conv2d& v, bool tensor, const Calibration& c) {
  if (v.pass == Pass::backward_data)
    return c[tensor ? Constant::conv_tensor_backward_data : Constant::conv_backward_data];
  if (v.pass == Pass::backward_filter)
    return c[tensor ? Constant::conv_tensor_backward_filter : Constant::conv_backward_filter];
  return 1;
}

// The GEMM each pass is: rows × columns with the reduction last.
Gemm as_gemm(const Conv2d& v, bool tensor) {
  const std::int64_t pixels = v.n * v.out_h() * v.out_w();
  const std::int64_t c = v.c / v.groups;
  const std::int64_t k = v.k / v.groups;
  switch (v.pass) {
    case Pass::backward_data: {
      // Every input pixel gathers the taps that reach it. Where the stride outruns the filter whole pixels receive
      // none: tensor-core kernels skip them, FP32 ones multiply zeros.
      const std::int64_t taps = ((v.r + v.stride_h - 1) / v.stride_h) * ((v.s + v.stride_w - 1) / v.stride_w);
      if (tensor && v.r < v.stride_h && v.s < v.stride_w) {
        return {.batch = v.groups, .m = v.n * v.out_h() * v.out_w(), .n = c, .k = k * v.r * v.s};
      }
      return {.batch = v.groups, .m = v.n * v.h * v.w, .n = c, .k = k * taps};
    }
    case Pass::backward_filter: return {.batch = v.groups, .m = k, .n = c * v.r * v.s, .k = pixels};
    case Pass::forward: break;
  }
  return {.batch = v.groups, .m = pixels, .n = k, .k = c * v.r * v.s};
}

Demand implicit_gemm(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const bool tensor = numerics.path == Path::tensor_core;
  const Gemm g = as_gemm(v, tensor);
  GemmContext context;
  context.menu = tensor ? std::span<const Tile>(kImplicitTensor) : kImplicit;
  context.efficiency =
      c[tensor ? Constant::conv_tensor : Constant::conv_implicit] * pass_efficiency(v, tensor, c);
  context.compulsory = compulsory_elements(v);
  if (tensor) context.operand_rate = c[Constant::conv_tensor_feed];
  if (v.pass == Pass::backward_filter)
    context.largest_split = 1024;  // reductions over every pixel of the batch
  // Neighbouring filter taps read the same pixels: of r·s reads about one is new, the rest hit L1.
  const double taps = static_cast<double>(v.r * v.s);
  context.elements_a_per_k = std::min(1.0, (1 + 0.25 * (taps - 1)) / taps);
  // Channels are padded to 16 bytes for tensor cores; a padded first layer wastes the padding, not the path.
  Gemm padded = g;
  if (tensor) {
    const auto lanes = static_cast<std::int64_t>(16 / storage_size(numerics.storage).value);
    const std::int64_t channels = v.c / v.groups;
    const std::int64_t extra = (channels + lanes - 1) / lanes * lanes - channels;
    if (v.pass == Pass::backward_filter) padded.n += extra * v.r * v.s;
    if (v.pass == Pass::forward) padded.k += extra * v.r * v.s;
  }
  Demand d = gemm_demand(padded, numerics, gpu, c, context);
  d.flops = flops(v);
  d.ideal_cycles = d.flops.value / (issue_rate(gpu, numerics) * gpu.sm_count);
  d.algorithm = "implicit GEMM " + d.algorithm;
  return d;
}

// Narrow groups leave no product worth tiling: one output per thread, operands through L1.
Demand depthwise(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const Elements once = compulsory_elements(v);
  Numerics scalar = numerics;
  scalar.path = Path::cuda_core;
  scalar.math = scalar.accumulate = NumberFormat::fp32;
  const double rate = issue_rate(gpu, scalar);
  Demand d = stream({.compulsory = storage_size(numerics.storage) * (once.read + once.written)}, gpu, c);
  d.flops = d.executed = flops(v);
  d.ideal_cycles = d.flops.value / (rate * gpu.sm_count);
  d.compute_cycles = d.ideal_cycles / (c[Constant::conv_depthwise] * pass_efficiency(v, false, c));
  d.algorithm = "direct";
  return d;
}

bool winograd_applies(const Conv2d& v, const Numerics& numerics) {
  return numerics.path == Path::cuda_core && numerics.math == NumberFormat::fp32 && v.r == 3 && v.s == 3 &&
         v.stride_h == 1 && v.stride_w == 1 && v.dilation_h == 1 && v.dilation_w == 1 && v.groups == 1;
}

// The shape a pass convolves: backward-data is a convolution from k channels to c.
Conv2d as_forward(const Conv2d& v) {
  Conv2d f = v;
  if (v.pass == Pass::backward_data) std::swap(f.c, f.k);
  f.pass = Pass::forward;
  return f;
}

// F(2×2, 3×3), transforms in registers. Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks"
// (2016): 16 multiplications for 4 outputs of 9 taps. A block covers 32 filters and 32 tiles, arranged over images and
// pixels as one of three patches (cuDNN's tile148, tile244 and tile228): 16 · 32 · 32 products are a 128 × 128 tile.
Demand winograd_fused(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  struct Patch {
    std::int64_t images, height, width;
  };
  static constexpr std::array patches{Patch{1, 8, 16}, Patch{2, 8, 8}, Patch{2, 4, 16}};
  const Conv2d f = as_forward(v);
  const auto blocks = [](std::int64_t value, std::int64_t size) { return (value + size - 1) / size; };
  std::int64_t patch_count = std::numeric_limits<std::int64_t>::max();
  for (const Patch& p : patches) {
    patch_count = std::min(patch_count,
                           blocks(f.n, p.images) * blocks(f.out_h(), p.height) * blocks(f.out_w(), p.width));
  }
  const Gemm g{.m = patch_count * 128, .n = blocks(f.k, 32) * 128, .k = f.c};
  GemmContext context;
  context.menu = kWinograd;
  context.tile_efficiency = c[Constant::conv_winograd];
  context.compulsory = compulsory_elements(v);
  context.elements_a_per_k = 1.4;  // a patch with its halo: 180 pixels for 128 outputs
  Demand d = gemm_demand(g, numerics, gpu, c, context);
  d.flops = flops(v);
  d.ideal_cycles = d.flops.value * (16.0 / 36) / (issue_rate(gpu, numerics) * gpu.sm_count);
  const double filters = static_cast<double>(f.c) * static_cast<double>(f.k);
  d = with_serial_stream(d, stream({.compulsory = storage_size(numerics.storage) * (filters * (9 + 16)),
                                    .efficiency = c[Constant::conv_winograd_filters]},
                                   gpu, c));
  d.algorithm = "winograd";
  return d;
}

// F(4×4, 3×3) in four kernels: two operand transforms and a result transform around 36 batched products. The filter
// gradient swaps roles: the products reduce over tiles.
Demand winograd_nonfused(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const Conv2d f = as_forward(v);
  const std::int64_t tiles = f.n * ((f.out_h() + 3) / 4) * ((f.out_w() + 3) / 4);
  const double in = static_cast<double>(f.n * f.c * f.h * f.w);
  const double out = static_cast<double>(f.n * f.k * f.out_h() * f.out_w());
  const Bytes size = storage_size(numerics.storage);
  const auto transform = [&](double elements) {
    return stream({.compulsory = size * elements, .efficiency = c[Constant::conv_winograd_nonfused]}, gpu, c);
  };
  const bool filter_gradient = v.pass == Pass::backward_filter;
  const Gemm products = filter_gradient ? Gemm{.batch = 36, .m = f.k, .n = f.c, .k = tiles}
                                        : Gemm{.batch = 36, .m = f.k, .n = tiles, .k = f.c};
  Demand d = gemm_demand(products, numerics, gpu, c);
  d = with_serial_stream(d, transform(in + 36.0 * static_cast<double>(tiles * f.c)));
  d = with_serial_stream(d, transform(out + 36.0 * static_cast<double>(tiles * f.k)));
  d = with_serial_stream(d, transform(static_cast<double>(f.c * f.k) * (9 + 36)));
  d.flops = flops(v);
  d.ideal_cycles = d.flops.value * 36 / 144 / (issue_rate(gpu, numerics) * gpu.sm_count);
  d.algorithm = "winograd non-fused";
  return d;
}

}  // namespace

Demand conv_demand(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  if (v.groups < 1 || v.c % v.groups != 0 || v.k % v.groups != 0) {
    throw std::invalid_argument("convolution: groups must divide input and output channels");
  }
  if (v.groups > 1 && v.c / v.groups < 4) return depthwise(v, numerics, gpu, c);
  Demand best = implicit_gemm(v, numerics, gpu, c);
  if (winograd_applies(v, numerics)) {
    Seconds least = finish(best, gpu, c).seconds;
    const auto take_if_faster = [&](Demand other) {
      const Seconds time = finish(other, gpu, c).seconds;
      if (time >= least) return;
      least = time;
      best = std::move(other);
    };
    take_if_faster(winograd_nonfused(v, numerics, gpu, c));
    if (v.pass != Pass::backward_filter) take_if_faster(winograd_fused(v, numerics, gpu, c));
  }
  return best;
}

}  // namespace roofcast
