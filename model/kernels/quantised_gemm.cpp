// Few rows stream the weights once; many rows run on the tiles of a plain product, with less to read and more to do.
// Source: llama.cpp's mmvq.cu (matrix-vector, up to eight rows) and mmq.cu (tiles of 128 rows on INT8 paths); Frantar et
// al., "MARLIN" (2024) for weights widened to FP16 on the way to tensor cores.
// SPDX-License-Identifier: Apache-2.0
#include "model/kernels/quantised_gemm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/gpu/generation.h"
#include "model/gpu/throughput.h"
#include "model/kernels/gemm.h"
#include "model/kernels/memory_system.h"

namespace roofcast {
namespace {

constexpr std::int64_t kVectorRows = 8;  // MMVQ_MAX_BATCH_SIZE
constexpr double kTileRows = 128;        // a tile's rows share one unpacking of its weights

/// Lanes that do integer arithmetic: half of 128 from Volta on, all of them before.
double integer_lanes(const Gpu& gpu) {
  switch (generation(gpu)) {
    case Generation::maxwell:
    case Generation::pascal: return gpu.fp32_lanes_per_sm;
    default: return std::min(gpu.fp32_lanes_per_sm, 64);
  }
}

/// The path of the multiplications. Bytes: INT8 tensor cores or four-way dot products, activations staying as stored.
Numerics multiply(const WeightFormatInfo& weights, const Numerics& n, const Gpu& gpu) {
  if (!weights.integer) return n;
  for (const Path path : {Path::tensor_core, Path::cuda_core}) {
    if (find_rate(gpu, path, NumberFormat::int8, NumberFormat::int32) != nullptr)
      return {n.storage, NumberFormat::int8, NumberFormat::int32, path};
  }
  return n;
}

/// Operations of one lane per weight and row: four multiply-adds of bytes at once, two of halves, else one.
double dot_operations(const Numerics& n, const Gpu& gpu) {
  if (n.math == NumberFormat::int8) return 0.25;
  return n.storage == NumberFormat::fp32 || generation(gpu) == Generation::pascal ? 1.0 : 0.5;
}

}  // namespace

Demand quantised_gemm_demand(const Gemm& g, WeightFormat weights, const Numerics& numerics, const Gpu& gpu,
                             const Calibration& c) {
  const WeightFormatInfo& w = info(weights);
  const Numerics path = multiply(w, numerics, gpu);
  const double count = static_cast<double>(g.batch) * static_cast<double>(g.k) * static_cast<double>(g.n);
  const Bytes stored = weight_size(weights) * count;
  const Bytes element = storage_size(numerics.storage);
  const Elements once = compulsory_elements(g);
  const Bytes activations = element * (once.read + once.written - count);
  const double sm_lanes = gpu.sm_count * integer_lanes(gpu);

  // ggml's threads load into registers, a few words each: a memory of high bandwidth idles meanwhile (Little's law).
  const bool ggml = w.integer || weights == WeightFormat::f16;
  const Constant sm_bytes = generation(gpu) <= Generation::pascal ? Constant::quantised_sm_bytes_pascal
                                                                  : Constant::quantised_sm_bytes;
  const double loading = ggml ? stored.value / (c[sm_bytes] * gpu.sm_count) : 0;

  if (g.m <= kVectorRows) {
    const double work = count * (w.unpack + static_cast<double>(g.m) * dot_operations(path, gpu));
    Demand d =
        stream({.compulsory = stored + activations, .efficiency = c[Constant::gemm_weight_stream]}, gpu, c);
    d.dram_bytes = d.compulsory_bytes = stored;  // the rest of the network has passed since: no L2 holds them
    d.compute_cycles = std::max(work / sm_lanes, loading);
    d.latency_bound = loading > work / sm_lanes;
    d.flops = d.executed = flops(g);
    d.ideal_cycles = 0;
    d.energy_ratio = energy_ratio(path, c);
    d.launches = w.integer ? 2 : 1;  // activations are quantised first
    d.algorithm = std::string(w.name) + " vector";
    return d;
  }
  // No measurement tells how ggml's kernels for more rows load: they are taken to bring no more.
  const auto loaded = [&](Demand d) {
    d.latency_bound = d.latency_bound || loading > d.compute_cycles;
    d.compute_cycles = std::max(d.compute_cycles, loading);
    return d;
  };
  if (weights == WeightFormat::f16) return loaded(gemm_demand(g, path, gpu, c, kCurrentLibraries, true));
  Demand d = gemm_demand(g, path, gpu, c);
  const double kept = std::max(0.0, 1 - element * count / Bytes(std::max(d.dram_bytes.value, 1.0)));
  d.dram_bytes = d.dram_bytes * kept + stored;
  d.compulsory_bytes = stored + activations;
  const double unpacking = std::ceil(static_cast<double>(g.m) / kTileRows) * count * w.unpack / sm_lanes;
  d.compute_cycles = d.compute_cycles / c[Constant::quantised_products] + unpacking;
  d.launches += w.integer ? 1 : 0;
  d.algorithm = std::string(w.name) + " " + d.algorithm;
  return loaded(std::move(d));
}

}  // namespace roofcast
