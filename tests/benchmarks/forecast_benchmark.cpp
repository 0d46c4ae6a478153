// Whole training steps: graph, lowering, every kernel, memory and the interval.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "model/forecast/forecast.h"
#include "tests/benchmarks/base.h"

namespace roofcast::benchmarks {
namespace {

void run(benchmark::State& state, const Job& job) {
  for (auto _ : state) benchmark::DoNotOptimize(forecast(job, board(), calibration()));
  state.SetItemsProcessed(state.iterations());
}

Job resnet50() {
  Job job;
  job.workload.name = "resnet50";
  job.workload.batch = 64;
  return job;
}

Job bert_large() {
  Job job;
  job.workload.name = "bert-large";
  job.workload.batch = 8;
  job.workload.sequence_length = 384;
  job.workload.task = Task::squad;
  job.execution.precision = Precision::amp_fp16;
  job.execution.optimizer = Optimizer::adam;
  return job;
}

}  // namespace

BENCHMARK_CAPTURE(run, resnet50_step, resnet50())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, bert_large_step, bert_large())->Unit(benchmark::kMillisecond);

}  // namespace roofcast::benchmarks
