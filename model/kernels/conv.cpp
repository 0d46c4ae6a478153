// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/conv.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

#include "model/gpu/clock.h"
#include "model/gpu/generation.h"
#include "model/kernels/gemm.h"
#include "model/kernels/memory_system.h"

namespace roofcast {
namespace {

// First years of cuDNN 7.6, which has 5×5 Winograd and strided gradients by implicit GEMM where its predecessors run slower
// algorithms, and of cuDNN 5.1, 6 and 8. Source: algorithms and times of DeepBench's sheets, which ran 5.0 to 7.6.
constexpr int kCudnn51 = 2016, kCudnn6 = 2017, kCudnn76 = 2019, kCudnn8 = 2020;

// Tiles of cuDNN's scudnn kernels (pixels × filters; 8 × 8 results a thread), and of its tensor-core kernels, of which the
// last two came with cuDNN 8. The filter gradient, whose sides are both filters and channels, has either side long.
constexpr std::array kImplicit{Tile{128, 128}, Tile{128, 64}, Tile{128, 32}};
constexpr std::array kFilterGradient{Tile{128, 128}, Tile{128, 64}, Tile{64, 128}, Tile{128, 32},
                                     Tile{32, 128}};
constexpr std::array kColumns{Tile{128, 128}, Tile{64, 128}, Tile{128, 64}, Tile{64, 64}, Tile{128, 32}};
constexpr std::array kImplicitTensor{Tile{256, 128}, Tile{128, 256}, Tile{256, 64},
                                     Tile{128, 128}, Tile{128, 64},  Tile{64, 64}};
constexpr int kResultsPerThread = 64;
// Before cuDNN 8 the narrowest has four warps: one block of it keeps an SM of a P100 at 80 % of its rate.
constexpr Tile kEarlyNarrow = kImplicit.back();
constexpr int kEarlyResultsPerThread = 32;
constexpr double kBusySms = 0.45;  // share of them that a tile of cuDNN 6 must find a block for
constexpr std::array kWinograd{Tile{128, 128}};
constexpr std::array kWinogradProducts{Tile{128, 128}, Tile{128, 64}, Tile{64, 64}, Tile{128, 32},
                                       Tile{32, 128}};
constexpr std::int64_t kTransformedImages = 16;
// Of a filter gradient that reduces over planes: pixels at a time, and blocks to an SM, whatever their tile.
constexpr std::int64_t kPlaneStep = 16;
constexpr int kPlaneBlocks = 2;

// Of CUDA-core kernels; those of tensor cores share one inner loop, and their feed binds.
double pass_efficiency(const Conv2d& v, const Calibration& c) {
  if (v.pass == Pass::backward_data) return c[Constant::conv_backward_data];
  if (v.pass == Pass::backward_filter) return c[Constant::conv_backward_filter];
  return 1;
}

// Gathering kernels compute an address for every few multiply-adds. Volta, Turing, GA100 and Hopper have an integer pipe
// beside the FP32 one; others issue both to the same lanes. Source: NVIDIA Tesla V100 architecture whitepaper (2017).
double arithmetic_share(const Gpu& gpu, const Calibration& c) {
  const auto g = generation(gpu);
  const bool integer_pipe = g == Generation::volta || g == Generation::turing || g == Generation::hopper ||
                            (g == Generation::ampere && gpu.fp32_lanes_per_sm == 64);
  return integer_pipe ? 1 : c[Constant::conv_addressing];
}

// The GEMM each pass is: rows × columns with the reduction last. Rows gather pixels.
Gemm as_gemm(const Conv2d& v) {
  const std::int64_t pixels = v.n * v.out_h() * v.out_w();
  const std::int64_t c = v.c / v.groups;
  const std::int64_t k = v.k / v.groups;
  switch (v.pass) {
    case Pass::backward_data: {
      // Every input pixel gathers the taps that reach it; where the stride outruns the filter whole pixels receive
      // none and are skipped.
      if (v.r < v.stride_h && v.s < v.stride_w)
        return {.batch = v.groups, .m = pixels, .n = c, .k = k * v.r * v.s};
      const std::int64_t taps = ((v.r + v.stride_h - 1) / v.stride_h) * ((v.s + v.stride_w - 1) / v.stride_w);
      return {.batch = v.groups, .m = v.n * v.h * v.w, .n = c, .k = k * taps};
    }
    case Pass::backward_filter: return {.batch = v.groups, .m = c * v.r * v.s, .n = k, .k = pixels};
    case Pass::forward: break;
  }
  return {.batch = v.groups, .m = pixels, .n = k, .k = c * v.r * v.s};
}

// Channels that a thread loads at once: kernels for vector operands (halves on tensor cores, bytes on CUDA cores) load 16
// bytes of them.
std::int64_t channels_at_once(const Numerics& numerics) {
  if (numerics.path == Path::cuda_core && !is_integer(numerics.math)) return 1;
  return static_cast<std::int64_t>(16 / storage_size(numerics.math).value);
}

// Channels are padded to a whole number of loads, as the first layer's 3 are. Before cuDNN 8 these kernels walked a filter tap
// by 32 channels, the filter gradient by 64 where there are as many as 32.
std::int64_t channel_step(const Conv2d& v, const Numerics& numerics, int libraries) {
  const std::int64_t load = channels_at_once(numerics);
  if (load > 1 && libraries < kCudnn8 && v.groups == 1)
    return v.pass == Pass::backward_filter && v.c >= 32 ? 64 : 32;
  return load;
}

std::int64_t blocks_of(std::int64_t size, std::int64_t value) { return (value + size - 1) / size; }

std::int64_t rounded_up(std::int64_t value, std::int64_t multiple) {
  return blocks_of(multiple, value) * multiple;
}

// A filter gradient of 1×1 filters, which reduces over planes of pixels as they lie.
bool reduces_planes(const Conv2d& v, const Numerics& numerics) {
  return v.pass == Pass::backward_filter && v.r == 1 && v.s == 1 && numerics.path == Path::cuda_core;
}

// Parts that a filter gradient's reduction, over every pixel of the batch, is cut into at most. Before cuDNN 8 tensor-core
// kernels cut those of filters larger than 3 x 3 in four: a V100 takes 6 to 7 ns for each pixel of the result of 5 x 5, 7 x 7
// and 5 x 20 filters on 1 to 64 channels, one pass of a block over a quarter of them.
int largest_gradient_split(const Conv2d& v, const Numerics& numerics, int libraries) {
  const bool few = numerics.path == Path::tensor_core && libraries < kCudnn8 && std::max(v.r, v.s) > 3;
  return few ? 4 : 1024;
}

GemmContext context_of(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
                       int libraries) {
  const bool filter_gradient = v.pass == Pass::backward_filter;
  GemmContext context;
  if (filter_gradient) context.largest_split = largest_gradient_split(v, numerics, libraries);
  if (numerics.path == Path::tensor_core) {
    context.menu = kImplicitTensor;
    if (libraries < kCudnn8) context.menu = context.menu.first(4);
    context.operand_rate = c[Constant::conv_tensor_feed];
    if (v.pass == Pass::backward_data) context.largest_split = 1;
    return context;
  }
  const bool integer = is_integer(numerics.math);
  context.menu = filter_gradient ? std::span<const Tile>(kFilterGradient) : kImplicit;
  if (reduces_planes(v, numerics)) context.largest_resident = kPlaneBlocks;
  if (integer && !filter_gradient) context.menu = context.menu.first(1);  // the only one seen
  if (numerics.math == NumberFormat::fp16)                                // pairs of halves: no narrow tile
    context.menu = context.menu.first(filter_gradient ? 3 : 2);
  context.efficiency = pass_efficiency(v, c);
  context.tile_efficiency =
      integer ? c[Constant::conv_integer] : c[Constant::conv_implicit] * arithmetic_share(gpu, c);
  context.results_per_thread = kResultsPerThread;
  context.operand_slots = c[Constant::conv_gather];
  context.block_cycles =
      c[filter_gradient ? Constant::conv_backward_filter_cycles : Constant::conv_block_cycles];
  // Narrower operands are fetched less often for the same number of operations.
  const double fetches = storage_size(numerics.math) / storage_size(NumberFormat::fp32);
  context.saturating_warps =
      fetches * c[filter_gradient ? Constant::conv_backward_filter_warps : Constant::conv_saturating_warps];
  if (!filter_gradient) context.largest_split = 1;
  return context;
}

// Tiles before cuDNN 8, of FP32 kernels that gather pixels. All start from the filters: 5 stays there, however few blocks
// that leaves; 6 goes narrower while few SMs have one (on a P100's 56 SMs 26 blocks of 128 x 128 ran, 25 of 128 x 64 did
// not); 7 goes one narrower where that is faster.
std::span<const Tile> early_menu(const Gemm& product, const Gpu& gpu, int libraries) {
  std::size_t tile = product.n > 64 ? 0 : product.n > 32 ? 1 : 2;
  const std::size_t narrowest = kImplicit.size() - 1;
  if (libraries >= kCudnn76) return std::span(kImplicit).subspan(tile, tile == narrowest ? 1 : 2);
  const auto blocks = [&] {
    return blocks_of(kImplicit[tile].m, product.m) * blocks_of(kImplicit[tile].n, product.n);
  };
  while (libraries >= kCudnn6 && tile < narrowest && static_cast<double>(blocks()) < kBusySms * gpu.sm_count)
    ++tile;
  return std::span(kImplicit).subspan(tile, 1);
}

Demand implicit_gemm(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
                     int libraries, bool cold_weights) {
  GemmContext context = context_of(v, numerics, gpu, c, libraries);
  context.compulsory = compulsory_elements(v);
  const std::int64_t weights = v.k * (v.c / v.groups) * v.r * v.s;
  if (cold_weights && v.pass != Pass::backward_filter) context.cold = static_cast<double>(weights);
  if (numerics.path == Path::cuda_core) context.epilogue = 0;  // blocks end while others compute
  // Neighbouring filter taps read the same pixels: of r·s reads about one is new, the rest hit L1.
  const double taps = static_cast<double>(v.r * v.s);
  context.elements_a_per_k = std::min(1.0, (1 + 0.25 * (taps - 1)) / taps);
  Conv2d padded = v;
  if (v.pass != Pass::backward_data) {
    const std::int64_t channels = v.c / v.groups;
    const std::int64_t walked = rounded_up(channels, channel_step(v, numerics, libraries));
    padded.c = v.groups * walked;
    // No thread reads a load of padding.
    context.elements_a_per_k *=
        static_cast<double>(rounded_up(channels, channels_at_once(numerics))) / static_cast<double>(walked);
  }
  const bool gathers = v.pass != Pass::backward_filter && numerics.path == Path::cuda_core;
  if (gathers && numerics.math == NumberFormat::fp32 && libraries < kCudnn8) {
    context.menu = early_menu(as_gemm(v), gpu, libraries);
    if (context.menu.back().n == kEarlyNarrow.n) context.results_per_thread = kEarlyResultsPerThread;
  }
  Gemm product = as_gemm(padded);
  if (reduces_planes(v, numerics)) product.k = v.n * rounded_up(v.out_h() * v.out_w(), kPlaneStep);
  Demand d = gemm_demand(product, numerics, gpu, c, context);
  d.flops = flops(v);
  d.ideal_cycles = d.flops.value / (issue_rate(gpu, numerics) * gpu.sm_count);
  d.algorithm = "implicit GEMM " + d.algorithm;
  return d;
}

// The gradient towards the input as columns (cuDNN's algorithm 0): image by image one product per output pixel with every
// tap of every channel, added into the cleared image. An addition reads and writes whole sectors, also where a stride skips
// pixels; those of one image pixel meet in L2. Taken for strides, and for few channels.
Demand columns(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
               int libraries) {
  const std::int64_t pixels = v.out_h() * v.out_w();
  const std::int64_t taps = v.c / v.groups * v.r * v.s;
  const Gemm g{.batch = v.n * v.groups, .m = pixels, .n = taps, .k = v.k / v.groups};
  const Elements once = compulsory_elements(v);
  GemmContext context = context_of(v, numerics, gpu, c, libraries);
  context.menu = kColumns;
  if (numerics.math == NumberFormat::fp16) context.menu = context.menu.first(4);
  context.efficiency = c[Constant::conv_columns];
  context.compulsory = {.read = once.read, .written = 0};
  Demand d = gemm_demand(g, numerics, gpu, c, context);
  const Bytes size = storage_size(numerics.storage);
  const double scattered = static_cast<double>(v.n * pixels) * static_cast<double>(v.groups * taps);
  const double touched = std::min(once.written, scattered * static_cast<double>(v.stride_w));
  d = with_serial_stream(d, stream({.compulsory = size * (scattered + 2 * touched),
                                    .efficiency = c[Constant::conv_column_scatter]},
                                   gpu, c));
  d = with_serial_stream(d, stream({.compulsory = size * once.written}, gpu, c));
  d.flops = flops(v);
  d.ideal_cycles = d.flops.value / (issue_rate(gpu, numerics) * gpu.sm_count);
  d.algorithm = "columns " + d.algorithm;
  return d;
}

// A gradient is a convolution whose padding is the filter's size less its own and one. Before cuDNN 8 no tensor-core kernel
// took a negative one: CUDA cores compute in FP32 what is stored as halves. Source: DeepBench's 1x1 filters padded by 3, whose
// gradients take longer on a V100's tensor cores than in FP32, and whose forward passes do not.
bool beyond_tensor_cores(const Conv2d& v, const Numerics& numerics, int libraries) {
  return numerics.path == Path::tensor_core && v.pass != Pass::forward && libraries < kCudnn8 &&
         (v.pad_h >= v.dilation_h * (v.r - 1) + 1 || v.pad_w >= v.dilation_w * (v.s - 1) + 1);
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
  d.compute_cycles = d.ideal_cycles / (c[Constant::conv_depthwise] * pass_efficiency(v, c));
  d.algorithm = "direct";
  return d;
}

// Winograd's minimal filtering is for CUDA cores, dense square filters and stride 1.
bool winograd_applies(const Conv2d& v, const Numerics& numerics, std::int64_t filter) {
  return numerics.path == Path::cuda_core && !is_integer(numerics.math) && v.r == filter && v.s == filter &&
         v.stride_h == 1 && v.stride_w == 1 && v.dilation_h == 1 && v.dilation_w == 1 && v.groups == 1;
}

// The shape a pass convolves: backward-data is a convolution from k channels to c.
Conv2d as_forward(const Conv2d& v) {
  Conv2d f = v;
  if (v.pass == Pass::backward_data) std::swap(f.c, f.k);
  f.pass = Pass::forward;
  return f;
}

// The share of bandwidth a transform of filters reaches, whose stores are scattered over 16 or more planes: an SM moves so
// many bytes a clock, whatever the memory could.
double filter_transform_efficiency(const Gpu& gpu, const Calibration& c) {
  const double rate =
      c[Constant::conv_winograd_filters] * gpu.sm_count * highest_clock(gpu, power_model(c)).value;
  return std::min(1.0, rate / (gpu.memory_bandwidth.value * stream_efficiency(gpu, c)));
}

// F(2×2, 3×3), transforms in registers. Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks"
// (2016): 16 multiplications for 4 outputs of 9 taps. A block covers 32 filters and 32 tiles, arranged over images and
// pixels: 16 · 32 · 32 products are a 128 × 128 tile. cuDNN's kernels for Maxwell and Pascal know six such patches
// (tile148, tile244, tile228, tile424, tile418, tile442), those for later generations the first.
Demand winograd_fused(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  struct Patch {
    std::int64_t images, height, width;
  };
  static constexpr std::array patches{Patch{1, 8, 16}, Patch{2, 8, 8},  Patch{2, 4, 16},
                                      Patch{4, 4, 8},  Patch{4, 2, 16}, Patch{4, 8, 4}};
  const bool early = generation(gpu) <= Generation::pascal;
  const Conv2d f = as_forward(v);
  std::int64_t patch_count = std::numeric_limits<std::int64_t>::max();
  for (const Patch& p : std::span(patches).first(early ? patches.size() : 1)) {
    patch_count = std::min(patch_count, blocks_of(p.images, f.n) * blocks_of(p.height, f.out_h()) *
                                            blocks_of(p.width, f.out_w()));
  }
  const Gemm g{.m = patch_count * 128, .n = blocks_of(32, f.k) * 128, .k = f.c};
  GemmContext context;
  context.menu = kWinograd;
  context.tile_efficiency = c[Constant::conv_winograd] * arithmetic_share(gpu, c);
  context.saturating_warps = c[Constant::conv_saturating_warps];
  context.block_cycles = c[Constant::conv_block_cycles];
  context.compulsory = compulsory_elements(v);
  context.epilogue = 0;
  context.elements_a_per_k = 1.4;  // a patch with its halo: 180 pixels for 128 outputs
  Demand d = gemm_demand(g, numerics, gpu, c, context);
  d.flops = flops(v);
  d.ideal_cycles = d.flops.value * (16.0 / 36) / (issue_rate(gpu, numerics) * gpu.sm_count);
  const double filters = static_cast<double>(f.c) * static_cast<double>(f.k);
  d = with_serial_stream(d, stream({.compulsory = storage_size(numerics.storage) * (filters * (9 + 16)),
                                    .efficiency = c[Constant::conv_winograd_taps]},
                                   gpu, c));
  d.algorithm = "winograd";
  return d;
}

// F(4×4, 3×3) or F(5×5, 5×5) in four kernels: two operand transforms and a result transform around one product for each
// element of a transformed tile, for images by the sixteen (times fall back where the batch fills them, on Pascal, Volta
// and Turing alike). The filter gradient swaps roles: its products reduce over tiles, none splits the reduction, and its
// last transform, out of the planes, is an image's.
Demand winograd_nonfused(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const Conv2d f = as_forward(v);
  const std::int64_t outputs = f.r == 3 ? 4 : 5;
  const std::int64_t points = (outputs + f.r - 1) * (outputs + f.r - 1);
  const bool filter_gradient = v.pass == Pass::backward_filter;
  const std::int64_t images = filter_gradient ? f.n : rounded_up(f.n, kTransformedImages);
  const std::int64_t tiles =
      images * ((f.out_h() + outputs - 1) / outputs) * ((f.out_w() + outputs - 1) / outputs);
  const double in = static_cast<double>(f.n * f.c * f.h * f.w);
  const double out = static_cast<double>(f.n * f.k * f.out_h() * f.out_w());
  const Bytes size = storage_size(numerics.storage);
  // Images are read with the borders of their tiles and written in parts of sectors: more is moved than is there.
  const auto transform = [&](double elements, double share) {
    const Bytes once = size * elements;
    return stream({.compulsory = once, .reread = once * (1 / share - 1), .reread_miss = 1}, gpu, c);
  };
  const Gemm products = filter_gradient ? Gemm{.batch = points, .m = f.k, .n = f.c, .k = tiles}
                                        : Gemm{.batch = points, .m = f.k, .n = tiles, .k = f.c};
  GemmContext context;
  context.menu = kWinogradProducts;
  context.tile_efficiency = c[Constant::conv_winograd_products] * arithmetic_share(gpu, c);
  context.saturating_warps = c[Constant::conv_saturating_warps];
  context.compulsory = compulsory_elements(products);
  context.epilogue = 0;
  if (filter_gradient) context.splits_below = 0;
  const double transformed = static_cast<double>(points) * static_cast<double>(tiles);
  const double filters = static_cast<double>(f.c * f.k * (f.r * f.s + points));
  const std::array transforms{
      transform(in + transformed * static_cast<double>(f.c), c[Constant::conv_winograd_transforms]),
      transform(out + transformed * static_cast<double>(f.k), c[Constant::conv_winograd_transforms]),
      filter_gradient
          ? transform(filters, c[Constant::conv_winograd_taps])
          : stream({.compulsory = size * filters, .efficiency = filter_transform_efficiency(gpu, c)}, gpu,
                   c)};
  context.sequence = [&](Demand whole) {
    for (const Demand& t : transforms) whole = with_serial_stream(std::move(whole), t);
    return whole;
  };
  Demand d = gemm_demand(products, numerics, gpu, c, context);
  d.flops = flops(v);
  d.ideal_cycles = d.flops.value * static_cast<double>(points) /
                   static_cast<double>(outputs * outputs * f.r * f.s) /
                   (issue_rate(gpu, numerics) * gpu.sm_count);
  d.algorithm = "winograd non-fused";
  return d;
}

}  // namespace

Demand conv_demand(const Conv2d& v, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
                   int libraries, bool cold_weights) {
  if (v.groups < 1 || v.c % v.groups != 0 || v.k % v.groups != 0) {
    throw std::invalid_argument("convolution: groups must divide input and output channels");
  }
  if (v.groups > 1 && v.c / v.groups < 4) return depthwise(v, numerics, gpu, c);
  if (beyond_tensor_cores(v, numerics, libraries)) {
    const Numerics plain{numerics.storage, NumberFormat::fp32, NumberFormat::fp32, Path::cuda_core};
    return conv_demand(v, plain, gpu, c, libraries, cold_weights);
  }
  const bool gradient = v.pass == Pass::backward_data && numerics.path == Path::cuda_core;
  const bool strided = v.stride_h > 1 || v.stride_w > 1;
  const bool skips_pixels = v.r < v.stride_h || v.s < v.stride_w;
  const bool columns_alone = gradient && strided && (libraries < kCudnn76 || skips_pixels);
  Demand best = columns_alone ? columns(v, numerics, gpu, c, libraries)
                              : implicit_gemm(v, numerics, gpu, c, libraries, cold_weights);
  Seconds least = finish(best, gpu, c).seconds;
  const auto take_if_faster = [&](Demand other) {
    const Seconds time = finish(other, gpu, c).seconds;
    if (time >= least) return;
    least = time;
    best = std::move(other);
  };
  if (gradient && !columns_alone) take_if_faster(columns(v, numerics, gpu, c, libraries));
  const bool small_tiles = winograd_applies(v, numerics, 3);
  // Before cuDNN 7.6 gradients towards the input alone: the others' times are those of plain products.
  const bool large_tiles =
      (libraries >= kCudnn76 || v.pass == Pass::backward_data) && winograd_applies(v, numerics, 5);
  if ((small_tiles || large_tiles) && libraries >= kCudnn51)
    take_if_faster(winograd_nonfused(v, numerics, gpu, c));
  if (small_tiles && v.pass != Pass::backward_filter) take_if_faster(winograd_fused(v, numerics, gpu, c));
  return best;
}

}  // namespace roofcast
