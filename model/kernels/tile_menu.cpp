// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/tile_menu.h"

#include <array>
#include <cmath>

#include "model/gpu/generation.h"

namespace roofcast {
namespace {

// As rows × columns of C. Kernel names are column-major: sgemm_128x64 covers 64 rows and 128 columns, sliced1x4 cuts k in
// four. "nn" batched and "tn" linear kernels seen per generation in FP32; later generations take Ampere's.
constexpr std::array kPascalBatched{Tile{64, 128}};
constexpr std::array kVoltaBatched{Tile{64, 64}, Tile{128, 32}};
constexpr std::array kTuringBatched{Tile{64, 128}, Tile{64, 64}, Tile{32, 128}};
constexpr std::array kAmpereBatched{Tile{128, 128}};
constexpr std::array kTuringLinear{Tile{128, 128}, Tile{64, 128}, Tile{64, 64}};
constexpr std::array kFull{Tile{128, 128},   Tile{64, 128},   Tile{128, 32},  Tile{32, 128},
                           Tile{32, 128, 4}, Tile{32, 64, 4}, Tile{32, 32, 4}};
// Its last three alone for reductions longer than 2^15. Source: layers of an A100: of 2,877 shorter ones 41 % take the first
// and 3 % tiles that are not here; of 317 longer ones 95 % take the last three.
constexpr std::array kAmpereLinear{Tile{64, 128},    Tile{32, 128},   Tile{128, 32},
                                   Tile{32, 128, 4}, Tile{32, 64, 4}, Tile{32, 32, 4}};
constexpr std::int64_t kLongReduction = 1 << 15;
// Of the libraries that came with Maxwell and Pascal, which cut a reduction only where SMs would idle.
constexpr std::array kEarly{Tile{128, 128}, Tile{64, 128}, Tile{128, 64}, Tile{64, 64}, Tile{32, 128}};
constexpr std::array kTensor{Tile{256, 128}, Tile{128, 256}, Tile{128, 128}, Tile{256, 64},
                             Tile{64, 256},  Tile{128, 64},  Tile{64, 128},  Tile{64, 64}};

// cuBLASLt's three kernels for Maxwell and Pascal, the tall one between the others so that any two or three are a menu. The
// slices are inferred: 256 threads for 4,096 results, as fast as the square tile's 64 threads with 8 × 8 each.
constexpr std::array kPascalLinear{Tile{128, 32, 4}, Tile{32, 128, 4}, Tile{64, 64}, Tile{128, 32, 4}};

double blocks(const Gemm& g, const Tile& t) {
  return std::ceil(static_cast<double>(g.m) / t.m) * std::ceil(static_cast<double>(g.n) / t.n);
}

// cuBLASLt counts blocks, not what a block waits for: of the wide and the square tile it takes the one of which C needs
// fewer, on a P100 the square one only where it saves a tenth; the tall one only where it makes few blocks an SM. Source:
// kernel names beside 1,587 layers of a P4 and 2,255 of a P100, of which the counts name 94 % and 91 % where they differ;
// where they are the same both occur.
std::span<const Tile> pascal_linear(const Gemm& g, const Gpu& gpu) {
  const std::span<const Tile> menu(kPascalLinear);
  const bool two_partitions = gpu.fp32_lanes_per_sm == 64;
  const double square = blocks(g, menu[2]) * (two_partitions ? 1.1 : 1.0), wide = blocks(g, menu[0]);
  const bool few = blocks(g, menu[1]) <= 3.0 * gpu.sm_count;
  if (square < wide) return few ? menu.subspan(1, 2) : menu.subspan(2, 1);
  if (square > wide) return few ? menu.subspan(0, 2) : menu.subspan(0, 1);
  return few ? menu.subspan(0, 3) : menu.subspan(2, 2);
}

}  // namespace

bool is_linear(const Gemm& g) { return g.batch == 1 && g.b_transposed; }

bool has_linear_kernels(const Gemm& g, int libraries) {
  constexpr int kFusedBias = 2022;
  return g.batch == 1 && g.bias && libraries >= kFusedBias;
}

std::span<const Tile> tile_menu(const Gpu& gpu, const Numerics& numerics, const Gemm& g, int libraries) {
  if (numerics.path == Path::tensor_core) return kTensor;
  const bool batched = g.batch > 1;
  const bool linear = has_linear_kernels(g, libraries);
  switch (generation(gpu)) {
    case Generation::maxwell:
    case Generation::pascal:
      if (batched) return kPascalBatched;
      return linear ? pascal_linear(g, gpu) : std::span<const Tile>(kEarly);
    case Generation::volta: return batched ? std::span<const Tile>(kVoltaBatched) : kFull;
    case Generation::turing:
      if (batched) return kTuringBatched;
      return linear ? std::span<const Tile>(kTuringLinear) : kFull;
    default:
      if (batched) return kAmpereBatched;
      if (!linear || !ampere_or_later(gpu)) return kFull;
      return g.k > kLongReduction ? std::span<const Tile>(kAmpereLinear).subspan(3) : kAmpereLinear;
  }
}

}  // namespace roofcast
