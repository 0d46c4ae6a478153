// Memory of a training process against what nvidia-smi showed.
// Source: Hugging Face Transformers documentation, "Efficient Training on a Single GPU" (2022): bert-large-uncased,
// sequences of 512 tokens, one V100-SXM2-16GB; 1,343 MiB before the model is loaded. PyTorch 1 kept gradients between
// steps, with or without accumulation, and before 1.11 (March 2022) the input of softmax, too.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "model/graph/lower.h"
#include "model/workloads/workload.h"
#include "tests/model/boards.h"

using namespace roofcast;
using roofcast::testing::board;

namespace {

struct Measured {
  Precision precision;
  std::int64_t batch;
  Checkpointing checkpointing;
  Optimizer optimizer;
  double mebibytes;
};

constexpr double kContextMebibytes = 1343;

double error(const Measured& m) {
  WorkloadRequest r;
  r.name = "bert-large";
  r.batch = m.batch;
  r.sequence_length = 512;
  r.task = Task::classification;
  Execution e;
  e.precision = m.precision;
  e.optimizer = m.optimizer;
  e.checkpointing = m.checkpointing;
  e.stack.keeps_gradients = e.stack.keeps_softmax_input = true;
  const Memory memory = memory_needed(build(r), e, board("v100-sxm2-16gb"));
  const double predicted = in_mebibytes(memory.total() + memory.cached - memory.context) + kContextMebibytes;
  return predicted / m.mebibytes - 1;
}

}  // namespace

TEST_CASE(
    "BERT-large, with small batches, in mixed precision and with checkpointing, is within 10 % of what was "
    "measured") {
  for (const Measured& m : {Measured{Precision::fp32, 4, Checkpointing::none, Optimizer::adam, 14949},
                            {Precision::fp32, 1, Checkpointing::none, Optimizer::adam, 8681},
                            {Precision::fp32, 1, Checkpointing::blocks, Optimizer::adam, 6775},
                            {Precision::amp_fp16, 4, Checkpointing::none, Optimizer::adam, 13939},
                            {Precision::amp_fp16, 1, Checkpointing::blocks, Optimizer::adam, 7275},
                            {Precision::amp_fp16, 1, Checkpointing::blocks, Optimizer::adafactor, 5295},
                            {Precision::amp_fp16, 1, Checkpointing::blocks, Optimizer::adam_8bit, 5847}}) {
    const double e = error(m);
    INFO(name(m.precision) << " batch " << m.batch << ", checkpointing " << name(m.checkpointing) << ", "
                           << name(m.optimizer) << ": " << 100 * e << " %");
    CHECK(std::abs(e) < 0.10);
  }
}
