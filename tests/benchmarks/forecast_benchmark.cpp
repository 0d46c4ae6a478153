// Whole training steps: graph, lowering, every kernel, memory and the interval.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <memory>

#include "model/forecast/forecast.h"
#include "model/importers/huggingface/huggingface.h"
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

constexpr const char* kSeventyBillion =
    R"({"model_type":"llama","hidden_size":8192,"intermediate_size":28672,"num_attention_heads":64,
        "num_hidden_layers":80,"num_key_value_heads":8,"vocab_size":32000,"max_position_embeddings":4096})";

/// From the bytes of a config.json to the time of a token.
void decode_from_config(benchmark::State& state) {
  for (auto _ : state) {
    Job job;
    job.workload.name = "config.json";
    job.workload.mode = Mode::inference;
    job.workload.imported =
        std::make_shared<const Network>(import_huggingface(kSeventyBillion, "config.json"));
    job.workload.context = 2048;
    job.workload.sequence_length = 1;
    job.execution = {Mode::inference, Precision::fp16, Optimizer::none, *find_stack("vllm")};
    benchmark::DoNotOptimize(forecast(job, board(), calibration()));
  }
}

}  // namespace

BENCHMARK(decode_from_config)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, resnet50_step, resnet50())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, bert_large_step, bert_large())->Unit(benchmark::kMillisecond);

}  // namespace roofcast::benchmarks
