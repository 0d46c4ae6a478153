// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/gemm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "model/gpu/clock.h"
#include "model/gpu/generation.h"
#include "model/gpu/throughput.h"

namespace roofcast {
namespace {

// As rows × columns of C. Kernel names are column-major: sgemm_128x64 covers 64 rows and 128 columns.
// "nn" batched and "tn" linear kernels seen per generation in FP32; later generations take Ampere's.
constexpr std::array kPascalBatched{Tile{64, 128}};
constexpr std::array kVoltaBatched{Tile{64, 64}, Tile{128, 32}, Tile{64, 128}};
constexpr std::array kTuringBatched{Tile{64, 128}, Tile{64, 64}, Tile{32, 128}};
constexpr std::array kAmpereBatched{Tile{128, 128}};
constexpr std::array kPascal{Tile{128, 32}, Tile{64, 64}, Tile{32, 128}, Tile{64, 128}, Tile{128, 128}};
constexpr std::array kFull{Tile{128, 128}, Tile{64, 128}, Tile{64, 64}, Tile{32, 128},
                           Tile{128, 32},  Tile{32, 64},  Tile{32, 32}};
constexpr std::array kTensor{Tile{256, 128}, Tile{128, 256}, Tile{128, 128}, Tile{256, 64},
                             Tile{64, 256},  Tile{128, 64},  Tile{64, 128},  Tile{64, 64}};

double cuda_core_efficiency(Tile t, const Calibration& c) {
  const int low = std::min(t.m, t.n);
  const int high = std::max(t.m, t.n);
  if (low >= 128) return c[Constant::gemm_tile_128x128];
  if (low == 64) return c[high >= 128 ? Constant::gemm_tile_128x64 : Constant::gemm_tile_64x64];
  if (high >= 128) return c[Constant::gemm_tile_128x32];
  return c[high >= 64 ? Constant::gemm_tile_64x32 : Constant::gemm_tile_32x32];
}

double tensor_efficiency(const Gpu& gpu, const Calibration& c) {
  switch (generation(gpu)) {
    case Generation::volta: return c[Constant::gemm_tensor_volta];
    case Generation::turing: return c[Constant::gemm_tensor_turing];
    case Generation::ampere: return c[Constant::gemm_tensor_ampere];
    case Generation::hopper: return c[Constant::gemm_tensor_hopper];
    case Generation::blackwell:
      return c[gpu.compute_capability.starts_with("12") ? Constant::gemm_tensor_ada
                                                        : Constant::gemm_tensor_hopper];
    default: return c[Constant::gemm_tensor_ada];
  }
}

// From Ampere on half of an SM's 128 FP32 lanes share issue with integers and operand bandwidth does not double.
bool shares_fp32_issue(const Gpu& gpu) {
  const Generation g = generation(gpu);
  return gpu.fp32_lanes_per_sm >= 128 && (g == Generation::ampere || g == Generation::ada ||
                                          g == Generation::hopper || g == Generation::blackwell);
}

bool old_address_translation(const Gpu& gpu) {
  return generation(gpu) == Generation::pascal || generation(gpu) == Generation::maxwell;
}

// What is the same for every candidate.
struct Machine {
  double sms, rate, saturating_warps, block_cycles, l2_rate, l2_usable, operand_bytes;
  int max_threads, max_blocks;
  double accumulators;  // that fit in half the register file, FP32
};

struct Candidate {
  Tile tile{};
  int split = 1;
  double compute_cycles = 0, l2_cycles = 0;
  double dram_bytes = 0;
  double executed = 0;
  bool latency_bound = false;
};

Candidate evaluate(const Gemm& g, Tile tile, int split, double efficiency, const Machine& machine,
                   const GemmContext& context) {
  Candidate c;
  c.tile = tile;
  c.split = split;
  const double batch = static_cast<double>(g.batch);
  const double tiles_m = std::ceil(static_cast<double>(g.m) / tile.m);
  const double tiles_n = std::ceil(static_cast<double>(g.n) / tile.n);
  const double k = std::ceil(static_cast<double>(g.k) / split / 8) * 8;
  const double outputs = batch * tiles_m * tiles_n;
  const double blocks = outputs * split;

  // Waves: `resident` blocks share an SM; a wave is full when every SM has that many.
  const int threads = std::clamp(tile.m * tile.n / 64, 64, 256);
  const double resident = std::clamp(
      std::min({machine.accumulators / (tile.m * tile.n), static_cast<double>(machine.max_threads) / threads,
                static_cast<double>(machine.max_blocks)}),
      1.0, 32.0);
  const double slots = machine.sms * std::floor(resident);
  const double full_waves = std::floor(blocks / slots);
  const double tail = std::ceil((blocks - full_waves * slots) / machine.sms);
  const double one_block = 2.0 * tile.m * tile.n * k / (machine.rate * efficiency);
  const double warps = threads / 32.0;
  const auto occupancy = [&](double blocks_on_sm) {
    return std::min(1.0, blocks_on_sm * warps / machine.saturating_warps);
  };
  const double full_share = occupancy(std::floor(resident));
  const double tail_share = occupancy(std::max(1.0, tail));
  c.compute_cycles = full_waves * (std::floor(resident) * one_block / full_share + machine.block_cycles);
  if (tail > 0) c.compute_cycles += tail * one_block / tail_share + machine.block_cycles;
  c.latency_bound = (full_waves > 0 ? full_share : tail_share) < 0.999;
  c.executed = 2.0 * blocks * tile.m * tile.n * k;

  // L2 serves every tile's operands; DRAM those a wave of tiles does not share.
  const double operands = blocks * (tile.m * context.elements_a_per_k + tile.n) * k * machine.operand_bytes;
  c.l2_cycles = operands / (machine.l2_rate * context.operand_rate * std::min(1.0, blocks / machine.sms));
  const double once = context.compulsory.read * machine.operand_bytes;
  const double in_flight = std::min(slots / split, tiles_m * tiles_n);
  const double wave_m = std::min(tiles_m, in_flight);
  const double wave_n = std::ceil(in_flight / wave_m);
  const double waves = std::max(1.0, tiles_m * tiles_n / in_flight);
  const double streamed = batch * waves * (wave_m * tile.m * context.elements_a_per_k + wave_n * tile.n) *
                          static_cast<double>(g.k) * machine.operand_bytes;
  const double kept = std::clamp(machine.l2_usable / std::max(once / batch, 1.0), 0.0, 1.0);
  const double reads = std::max(once, kept * once + (1 - kept) * streamed);
  const double partials = split > 1 ? 2.0 * split * outputs * tile.m * tile.n * 4 : 0;  // FP32 partial sums
  c.dram_bytes = reads + context.compulsory.written * machine.operand_bytes + partials;
  return c;
}

double long_k_penalty(const Gemm& g, const Gpu& gpu, const Calibration& c) {
  const bool old = old_address_translation(gpu);
  const double start = c[old ? Constant::gemm_long_k_start_pascal : Constant::gemm_long_k_start];
  const double depth = c[old ? Constant::gemm_long_k_depth_pascal : Constant::gemm_long_k_depth];
  return 1 + depth * std::max(0.0, 1 - start / static_cast<double>(g.k));
}

bool aligned(const Gemm& g, const Numerics& numerics) {
  const double elements = 16 / storage_size(numerics.storage).value;
  const auto multiple = [&](std::int64_t v) { return std::fmod(static_cast<double>(v), elements) == 0; };
  return multiple(g.n) && multiple(g.k);
}

}  // namespace

std::span<const Tile> tile_menu(const Gpu& gpu, const Numerics& numerics, bool batched) {
  if (numerics.path == Path::tensor_core) return kTensor;
  switch (generation(gpu)) {
    case Generation::maxwell:
    case Generation::pascal: return batched ? std::span<const Tile>(kPascalBatched) : kPascal;
    case Generation::volta: return batched ? std::span<const Tile>(kVoltaBatched) : kFull;
    case Generation::turing: return batched ? std::span<const Tile>(kTuringBatched) : kFull;
    default: return batched ? std::span<const Tile>(kAmpereBatched) : kFull;
  }
}

double issue_rate(const Gpu& gpu, const Numerics& numerics) {
  const Rate* rate = find_rate(gpu, numerics.path, numerics.math, numerics.accumulate);
  if (rate == nullptr) {
    throw std::domain_error(fmt::format("{} has no {} {} path with {} accumulation", gpu.name,
                                        numerics.path == Path::tensor_core ? "tensor-core" : "CUDA-core",
                                        name(numerics.math), name(numerics.accumulate)));
  }
  return rate->ops_per_clock_per_sm;
}

double energy_ratio(const Numerics& numerics, const Calibration& c) {
  const double bytes = storage_size(numerics.math).value;
  // Multiplier energy falls with operand width; quoted for FP16 on tensor cores.
  if (numerics.path == Path::tensor_core) return c[Constant::power_tensor_ratio] * bytes / 2;
  return std::min(1.0, 0.25 + 0.75 * bytes / 4);
}

Demand gemm_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c) {
  const Elements once = compulsory_elements(g);
  return gemm_demand(g, numerics, gpu, c,
                     {tile_menu(gpu, numerics, g.batch > 1), 1, once, 1, 1, aligned(g, numerics), 32,
                      g.batch == 1 && g.b_transposed, std::nullopt, std::nullopt, std::nullopt});
}

Demand gemm_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
                   const GemmContext& context) {
  const bool tensor = numerics.path == Path::tensor_core;
  Machine machine{};
  machine.sms = gpu.sm_count;
  machine.rate = issue_rate(gpu, numerics);
  machine.saturating_warps = context.saturating_warps.value_or(c[Constant::gemm_saturating_warps]) *
                             (tensor ? 1.0 : gpu.fp32_lanes_per_sm / 64.0);
  machine.block_cycles = context.block_cycles.value_or(
      c[tensor ? Constant::gemm_tensor_block_cycles : Constant::gemm_block_cycles]);
  machine.l2_rate = c[Constant::memory_l2_bytes_per_clock] * gpu.sm_count;
  machine.l2_usable = gpu.l2.value * c[Constant::gemm_operand_reuse];
  machine.operand_bytes = storage_size(numerics.storage).value;
  machine.max_threads = gpu.max_threads_per_sm;
  machine.max_blocks = gpu.max_blocks_per_sm.value_or(32);
  machine.accumulators = gpu.registers_per_sm.value / 4 / 2;

  double common = context.efficiency / (context.strided_rows ? long_k_penalty(g, gpu, c) : 1);
  if (tensor) {
    common *= tensor_efficiency(gpu, c) * (context.aligned ? 1 : c[Constant::gemm_tensor_misaligned]);
  } else if (shares_fp32_issue(gpu)) {
    common *= c[Constant::gemm_wide_issue];
  }
  // What a warm L2 still holds of the operands never reaches DRAM; and a block's last act is to write its tile, which
  // no other resident block's arithmetic hides.
  const Bytes results(machine.operand_bytes * context.compulsory.written);
  const Bytes once = results + Bytes(machine.operand_bytes * context.compulsory.read);
  const double miss = 1 - l2_hit(once, gpu, c);

  Demand d;
  d.flops = flops(g);
  d.ideal_cycles = d.flops.value / (machine.rate * machine.sms);
  d.compulsory_bytes = once * miss;
  d.serial_dram_bytes = results * (c[Constant::gemm_epilogue] * miss);
  d.dram_efficiency = stream_efficiency(gpu, c) * c[Constant::gemm_dram_efficiency];
  d.latency = microseconds(c[Constant::memory_ramp_us]);
  d.energy_ratio = energy_ratio(numerics, c);
  d.overlap = c[Constant::gemm_overlap];
  const auto with = [&](const Candidate& candidate) {
    Demand chosen = d;
    chosen.executed = Flops(std::max(candidate.executed, d.flops.value));
    chosen.compute_cycles = candidate.compute_cycles;
    chosen.l2_cycles = candidate.l2_cycles;
    chosen.dram_bytes = Bytes(candidate.dram_bytes) * miss - d.serial_dram_bytes;
    chosen.launches = candidate.split > 1 ? 2 : 1;
    chosen.latency_bound = candidate.latency_bound;
    return chosen;
  };
  // The library's choice is the candidate with the least time, power limit included. Time at the boost clock is a lower
  // bound, so only candidates that could still win are solved for their clock.
  struct Option {
    Candidate candidate;
    Seconds bound;
  };
  std::vector<Option> options;
  for (const Tile tile : context.menu) {
    const double efficiency =
        common * (tensor ? 1 : context.tile_efficiency.value_or(cuda_core_efficiency(tile, c)));
    for (int split = 1; split <= context.largest_split; split *= 2) {
      if (split > 1 && g.k / split < 128) break;
      const Candidate candidate = evaluate(g, tile, split, efficiency, machine, context);
      options.push_back({candidate, time_at_boost(with(candidate), gpu)});
    }
  }
  std::sort(options.begin(), options.end(),
            [](const Option& a, const Option& b) { return a.bound < b.bound; });
  Candidate best;
  Seconds least(std::numeric_limits<double>::infinity());
  for (const Option& option : options) {
    if (option.bound >= least) break;
    const Seconds time = finish(with(option.candidate), gpu, c).seconds;
    if (time < least) {
      least = time;
      best = option.candidate;
    }
  }
  d = with(best);
  d.algorithm = fmt::format("{}x{}", best.tile.m, best.tile.n);
  if (best.split > 1) d.algorithm += fmt::format(" split-K {}", best.split);
  return d;
}

}  // namespace roofcast
