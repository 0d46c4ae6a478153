// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/gemm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "model/gpu/clock.h"
#include "model/gpu/generation.h"
#include "model/gpu/throughput.h"
#include "model/kernels/inner_loop.h"
#include "model/kernels/strided_rows.h"

namespace roofcast {
namespace {

// The least that is left of k for each part of a split reduction.
constexpr std::int64_t kLeastDepth = 128, kTensorLeastDepth = 512;
constexpr std::int64_t kFewRows = 64;  // of the smallest tile
// Blocks that an SM has under way at least where they share rows. Source: layers of a P4 by the tiles that a row of them takes.
constexpr double kInStep = 4;
// How many times its share of L2's bandwidth an SM draws for tensor cores where others idle. Source: DeepBench's data gradients
// on a V100, whose few tiles read 8 to 10 bytes a clock where all SMs together get 5 each. (FP32's show nothing of it.)
constexpr double kLoneShare = 2;

// What is the same for every candidate.
struct Machine {
  const Gpu& gpu;
  const Numerics& numerics;
  const Calibration& calibration;
  double sms = 0, rate = 0, saturating_warps = 0, block_cycles = 0, l2_rate = 0, l2_usable = 0,
         operand_bytes = 0;
  double weight_share = 1;      // of its dense size that the second operand takes
  double result_transfers = 1;  // by DRAM, for each byte of the result
  BytesPerSecond stream_rate{};
  int max_threads = 0, max_blocks = 0;
  double registers = 0;  // 32 bits, per SM
  bool tensor = false;
  int cluster = 1;  // SMs that hand each other operands
};

// From Ampere on tensor-core kernels copy operands from L2 to shared memory asynchronously, past the registers (NVIDIA A100
// Tensor Core GPU Architecture whitepaper, 2020). Of the energy that a byte takes through registers they spend the way to
// L1: 15.5 of 26.6 pJ a bit. Source: Arunkumar et al., "Understanding the Future of Energy Efficiency in Multi-Module GPUs"
// (2019).
constexpr double kPastRegisters = 0.58;

// Of an SM. They share what a block issues before and after its reduction: addresses, stores. Source: NVIDIA Tesla P100
// whitepaper (2016), 32 lanes for each scheduler; later designs have four, of 16 lanes or 32.
int warp_schedulers(const Gpu& gpu) {
  return generation(gpu) == Generation::pascal ? std::max(1, gpu.fp32_lanes_per_sm / 32) : 4;
}

struct Candidate {
  Tile tile{};
  int split = 1;
  double compute_cycles = 0, l2_cycles = 0;
  double dram_bytes = 0;
  double fetched = 0;  // bytes of operands out of L2
  double executed = 0;
  bool latency_bound = false;
  double dram_slowdown = 1;  // of the traffic against a stream's
  double overlap = 1;        // exponent joining compute and memory time
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
  const int threads = context.results_per_thread ? tile.m * tile.n / *context.results_per_thread
                                                 : block_threads(tile, machine.tensor, machine.gpu);
  const double resident = std::clamp(
      std::min({machine.registers / (thread_registers(tile, threads, machine.tensor) * threads),
                static_cast<double>(machine.max_threads) / threads, static_cast<double>(machine.max_blocks)}),
      1.0, static_cast<double>(context.largest_resident));
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
  if (context.rows_in_memory) {
    for (const auto cycles : {cut_sector_cycles, translation_cycles})
      c.compute_cycles += cycles(g, machine.numerics, tile, blocks, k, machine.gpu, machine.calibration);
  }
  // A layer's block fetches a sector of every row at each step along k, most from a page of DRAM that others have closed.
  // Where its warps are two, both wait for that at the same barrier. Source: a P100 runs 64 x 64 tiles at 85 cycles a step
  // and block where operands stay in L2, at 140 where they do not; 32 x 128 tiles of eight warps at 90 in both.
  const bool waits = context.scattered_reads && g.batch == 1 && threads <= 64;
  c.overlap = machine.calibration[waits ? Constant::gemm_overlap_two_warps : Constant::gemm_overlap];
  c.latency_bound = (full_waves > 0 ? full_share : tail_share) < 0.999;
  c.executed = 2.0 * blocks * tile.m * tile.n * k;

  // L2 serves every tile's operands; DRAM those a wave of tiles does not share.
  const double a_tile = tile.m * context.elements_a_per_k, b_tile = tile.n * machine.weight_share;
  const double shared = machine.cluster == 4   ? (a_tile + b_tile) / 2
                        : machine.cluster == 2 ? std::max(a_tile, b_tile) / 2
                                               : 0;
  c.fetched = blocks * (a_tile + b_tile - shared) * k * machine.operand_bytes;
  const double busy = (machine.tensor ? kLoneShare : 1) * blocks / machine.sms;
  c.l2_cycles = c.fetched / (machine.l2_rate * context.operand_rate * std::min(1.0, busy));
  const double once = context.compulsory.read * machine.operand_bytes;
  const double in_flight = std::min(slots / split, tiles_m * tiles_n);
  // Blocks in flight lie along the rows or along the columns of C, whichever shares more: libraries swizzle. A part of a
  // row or column too: more SMs never read more.
  const double down = std::min(tiles_m, in_flight), across = std::min(tiles_n, in_flight);
  double wave =
      std::min(down * a_tile + in_flight / down * b_tile, in_flight / across * a_tile + across * b_tile);
  if (machine.tensor) {
    // CUTLASS's swizzle walks bands of up to eight tiles.
    const double band_m = std::min(tiles_m, 8.0), band_n = std::min(tiles_n, 8.0);
    const double along = std::max(1.0, in_flight / band_m), aside = std::max(1.0, in_flight / band_n);
    wave = std::min({wave, band_m * a_tile + along * b_tile, aside * a_tile + band_n * b_tile});
  }
  const double waves = std::max(1.0, tiles_m * tiles_n / in_flight);
  const double streamed = batch * waves * wave * static_cast<double>(g.k) * machine.operand_bytes;
  const double kept = std::clamp(machine.l2_usable / std::max(once / batch, 1.0), 0.0, 1.0);
  double reads = std::max(once, kept * once + (1 - kept) * streamed);
  const double partials = split > 1 ? 2.0 * split * outputs * tile.m * tile.n * 4 : 0;  // FP32 partial sums
  const double writes =
      context.compulsory.written * machine.operand_bytes * machine.result_transfers + partials;
  if (context.scattered_reads) {
    const double blocks_in_flight = machine.sms * std::max(std::floor(resident), kInStep);
    const ScatteredReads scattered = scattered_reads(g, Bytes(machine.operand_bytes), tile, blocks_in_flight,
                                                     kept, Bytes(machine.l2_usable), machine.gpu);
    reads = scattered.bytes.value;
    const Seconds reading = read_time(scattered, g, machine.stream_rate);
    const Seconds writing = Bytes(writes) / machine.stream_rate;
    c.dram_slowdown = (reading + writing) / (Bytes(reads + writes) / machine.stream_rate);
  }
  c.dram_bytes = reads + writes;
  return c;
}

// Blocks per SM below which the library cuts the reduction of a linear layer over several blocks. Source: grids recorded
// beside FP32 kernel names.
double splits_below(const Gpu& gpu, bool linear) {
  switch (generation(gpu)) {
    case Generation::maxwell:
    case Generation::pascal: return linear ? 1 : 2;
    case Generation::volta:
    case Generation::turing: return std::numeric_limits<double>::infinity();
    default: return 1;
  }
}

// Into how many parts a reduction is cut next: powers of two and, on tensor cores, thrice those, which leave fewer SMs idle.
int next_split(int split, bool tensor) {
  if (!tensor || split == 1) return 2 * split;
  return split % 3 == 0 ? split / 3 * 4 : split / 2 * 3;
}

bool aligned(const Gemm& g, const Numerics& numerics) {
  const double elements = 16 / storage_size(numerics.storage).value;
  const auto multiple = [&](std::int64_t v) { return std::fmod(static_cast<double>(v), elements) == 0; };
  return multiple(g.n) && multiple(g.k);
}

}  // namespace

double issue_rate(const Gpu& gpu, const Numerics& numerics) {
  const Rate* rate = find_rate(gpu, numerics.path, numerics.math, numerics.accumulate);
  if (rate == nullptr) {
    throw std::domain_error(fmt::format("{} has no {} {} path with {} accumulation", gpu.name,
                                        numerics.path == Path::tensor_core ? "tensor-core" : "CUDA-core",
                                        name(numerics.math), name(numerics.accumulate)));
  }
  return rate->ops_per_clock_per_sm * (numerics.sparse ? rate->sparse_multiplier : 1);
}

double energy_ratio(const Numerics& numerics, const Calibration& c) {
  const double bytes = storage_size(numerics.math).value * (numerics.sparse ? 0.5 : 1);  // zeros are skipped
  // Multiplier energy falls with operand width; quoted for FP16 on tensor cores.
  if (numerics.path == Path::tensor_core) return c[Constant::power_tensor_ratio] * bytes / 2;
  return std::min(1.0, 0.25 + 0.75 * bytes / 4);
}

Demand gemm_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
                   int libraries, bool cold_weights) {
  Elements once = compulsory_elements(g);
  double weights = static_cast<double>(g.batch) * static_cast<double>(g.n) * static_cast<double>(g.k);
  if (numerics.sparse) {
    const double skipped = (1 - compressed_share(numerics.storage)) * weights;
    once.read -= skipped;
    weights -= skipped;
  }
  GemmContext context{};
  context.menu = tile_menu(gpu, numerics, g, libraries);
  context.compulsory = once;
  context.cold = cold_weights ? weights : 0;
  context.aligned = aligned(g, numerics);
  context.splits_below = splits_below(gpu, has_linear_kernels(g, libraries));
  // Three quarters of a P100's 235 layers whose parts another kernel adds up have fewer than two blocks an SM.
  if (generation(gpu) <= Generation::pascal && has_linear_kernels(g, libraries)) context.split_until = 2;
  // Of 228 layers of an A100 whose reduction is cut over blocks 196 have sliced tiles.
  if (numerics.path == Path::cuda_core && has_linear_kernels(g, libraries) && ampere_or_later(gpu))
    context.least_slices_split = 2;
  context.rows_in_memory = true;
  // Later kernels show nothing of it.
  context.scattered_reads =
      numerics.path == Path::cuda_core &&
      (g.batch > 1 ? generation(gpu) <= Generation::volta
                   : generation(gpu) <= Generation::pascal && has_linear_kernels(g, libraries));
  // None of 13,174 recorded grids of batched FP32 products is deeper than the batch.
  if (g.batch > 1 && numerics.path == Path::cuda_core) context.largest_split = 1;
  return gemm_demand(g, numerics, gpu, c, context);
}

Demand gemm_demand(const Gemm& g, const Numerics& numerics, const Gpu& gpu, const Calibration& c,
                   const GemmContext& context) {
  const bool tensor = numerics.path == Path::tensor_core;
  Machine machine{gpu, numerics, c};
  machine.sms = gpu.sm_count;
  machine.rate = issue_rate(gpu, numerics);
  machine.saturating_warps = tensor ? c[Constant::gemm_tensor_saturating_warps]
                                    : context.saturating_warps.value_or(c[Constant::gemm_saturating_warps]) *
                                          gpu.fp32_lanes_per_sm / 64.0;
  machine.block_cycles =
      context.block_cycles.value_or(tensor ? c[Constant::gemm_tensor_block_cycles]
                                           : c[Constant::gemm_block_cycles] * 4 / warp_schedulers(gpu));
  machine.l2_rate = gpu.sm_count * (tensor ? c[Constant::gemm_tensor_operands] * l2_width(gpu)
                                           : c[Constant::memory_l2_bytes_per_clock]);
  machine.l2_usable = gpu.l2.value * c[Constant::gemm_operand_reuse];
  machine.operand_bytes = storage_size(numerics.storage).value;
  machine.max_threads = gpu.max_threads_per_sm;
  machine.max_blocks = gpu.max_blocks_per_sm.value_or(32);
  machine.registers = gpu.registers_per_sm.value / 4;
  machine.weight_share = numerics.sparse ? compressed_share(numerics.storage) : 1;
  if (context.rows_in_memory) machine.result_transfers = result_transfers(g, numerics, gpu);
  machine.tensor = tensor;
  machine.cluster = !tensor || !has_clusters(gpu) ? 1 : generation(gpu) == Generation::hopper ? 2 : 4;

  double common = context.efficiency;
  if (tensor && !context.aligned) common *= c[Constant::gemm_tensor_misaligned];
  // What a warm L2 still holds of the operands never reaches DRAM; and a block's last act is to write its tile, which
  // no other resident block's arithmetic hides.
  const Bytes results(machine.operand_bytes * context.compulsory.written);
  const Bytes once = results + Bytes(machine.operand_bytes * context.compulsory.read);
  const Bytes cold(machine.operand_bytes * context.cold);
  const double miss = 1 - l2_hit(once, gpu, c);

  Demand d;
  d.flops = flops(g);
  d.ideal_cycles = d.flops.value / (machine.rate * machine.sms);
  d.compulsory_bytes = (once - cold) * miss + cold;
  d.serial_dram_bytes = results * (context.epilogue.value_or(c[Constant::gemm_epilogue]) * miss);
  // One row of tensor-core tiles reads the other operand once and in order, as a matrix-vector product does.
  const bool streams = tensor && g.batch == 1 && std::min(g.m, g.n) <= kFewRows;
  d.dram_efficiency =
      stream_efficiency(gpu, c) * c[streams ? Constant::gemm_weight_stream : Constant::gemm_dram_efficiency];
  d.serial_dram_efficiency = d.dram_efficiency;
  machine.stream_rate = gpu.memory_bandwidth * d.dram_efficiency;
  d.latency = microseconds(c[Constant::memory_ramp_us]);
  d.energy_ratio = energy_ratio(numerics, c);
  const auto with = [&](const Candidate& candidate) {
    Demand chosen = d;
    chosen.executed = Flops(std::max(candidate.executed, d.flops.value));
    chosen.compute_cycles = candidate.compute_cycles;
    chosen.l2_cycles = candidate.l2_cycles;
    chosen.fetched = Bytes(candidate.fetched * (tensor && ampere_or_later(gpu) ? kPastRegisters : 1));
    chosen.dram_efficiency /= candidate.dram_slowdown;
    chosen.dram_bytes = Bytes(candidate.dram_bytes) * miss + cold * (1 - miss) - d.serial_dram_bytes;
    chosen.launches = candidate.split > 1 ? 2 : 1;
    chosen.overlap = candidate.overlap;
    chosen.latency_bound = candidate.latency_bound;
    return context.sequence ? context.sequence(std::move(chosen)) : chosen;
  };
  // The library's choice is the candidate with the least time, power limit included. Time at the boost clock is a lower
  // bound, so only candidates that could still win are solved for their clock.
  struct Option {
    Candidate candidate;
    Seconds bound;
  };
  std::vector<Option> options;
  for (const Tile tile : context.menu) {
    double efficiency = common;
    if (tensor)
      efficiency *= tensor_efficiency(tile, machine.rate, numerics.math, gpu, c);
    else
      efficiency *= context.tile_efficiency ? *context.tile_efficiency /
                                                  (1 + context.operand_slots * (1.0 / tile.m + 1.0 / tile.n))
                                            : cuda_core_efficiency(tile, context.results_per_thread, gpu, c);
    const double blocks_per_sm = static_cast<double>(g.batch) * std::ceil(static_cast<double>(g.m) / tile.m) *
                                 std::ceil(static_cast<double>(g.n) / tile.n) / gpu.sm_count;
    const bool splits = blocks_per_sm < context.splits_below && tile.slices >= context.least_slices_split;
    const int largest_split = splits ? context.largest_split : 1;
    for (int split = 1; split <= largest_split; split = next_split(split, tensor)) {
      const bool shallow = g.k / split < (tensor ? kTensorLeastDepth : kLeastDepth);
      const bool enough = split * blocks_per_sm > (tensor ? 1 : context.split_until);
      if (split > 1 && (shallow || enough)) break;
      const Candidate candidate = evaluate(g, tile, split, efficiency, machine, context);
      options.push_back({candidate, time_at_boost(with(candidate), gpu, c)});
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
  if (best.tile.slices > 1) d.algorithm += fmt::format(" sliced {}", best.tile.slices);
  if (best.split > 1) d.algorithm += fmt::format(" split-K {}", best.split);
  return d;
}

}  // namespace roofcast
