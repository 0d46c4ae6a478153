// What every start of the program pays: the base and the calibration parsed from their embedded TOML.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "hwdb/hwdb.h"

namespace roofcast::benchmarks {
namespace {

void load_base(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Hwdb::embedded());
}

void load_calibration(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(embedded_calibration());
}

void resolve_alias(benchmark::State& state) {
  const Hwdb base = Hwdb::embedded();
  for (auto _ : state) benchmark::DoNotOptimize(base.resolve("p4000"));
}

}  // namespace

BENCHMARK(load_base)->Unit(benchmark::kMillisecond);
BENCHMARK(load_calibration)->Unit(benchmark::kMicrosecond);
BENCHMARK(resolve_alias)->Unit(benchmark::kMicrosecond);

}  // namespace roofcast::benchmarks
