// Options of the framework: what each changes, and which boards cannot run it.
// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/software.h"

#include <doctest/doctest.h>

#include "model/graph/lower.h"
#include "model/kernels/estimate.h"
#include "model/workloads/workload.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;
using roofcast::testing::board;
using enum SoftwareOption;

namespace {

Execution run(Precision precision, Mode mode = Mode::training) {
  Execution e;
  e.precision = precision;
  e.mode = mode;
  if (mode == Mode::inference) e.optimizer = Optimizer::none;
  return e;
}

bool runs(SoftwareOption option, const char* slug, const Execution& e) {
  return !refusal(option, board(slug), e).has_value();
}

}  // namespace

TEST_CASE("torch.compile needs compute capability 7.0") {
  const Execution e = run(Precision::fp32);
  CHECK_FALSE(runs(compile, "quadro-p4000", e));
  CHECK_FALSE(runs(compile, "gtx-1080-ti", e));
  CHECK(runs(compile, "v100-sxm2-16gb", e));
  CHECK(runs(compile, "rtx-3060-12gb", e));
  CHECK(refusal(compile, board("quadro-p4000"), e)->find("Quadro P4000 has 6.1") != std::string::npos);
}

TEST_CASE("FlashAttention: FP16 from Turing on, BF16 from Ampere on, FP32 nowhere") {
  CHECK_FALSE(runs(flash_attention, "quadro-p4000", run(Precision::amp_fp16)));
  CHECK_FALSE(runs(flash_attention, "v100-sxm2-16gb", run(Precision::amp_fp16)));
  CHECK(runs(flash_attention, "tesla-t4", run(Precision::amp_fp16)));
  CHECK_FALSE(runs(flash_attention, "tesla-t4", run(Precision::amp_bf16)));
  CHECK(runs(flash_attention, "rtx-3060-12gb", run(Precision::amp_bf16)));
  CHECK_FALSE(runs(flash_attention, "rtx-3060-12gb", run(Precision::fp32)));
}

TEST_CASE("2:4 sparsity: inference on tensor cores from Ampere on") {
  CHECK(runs(sparse, "rtx-3060-12gb", run(Precision::fp16, Mode::inference)));
  CHECK_FALSE(runs(sparse, "rtx-3060-12gb", run(Precision::fp16)));
  CHECK_FALSE(runs(sparse, "rtx-3060-12gb", run(Precision::fp32, Mode::inference)));
  CHECK_FALSE(runs(sparse, "tesla-t4", run(Precision::fp16, Mode::inference)));
  CHECK_FALSE(runs(sparse, "quadro-p4000", run(Precision::fp16, Mode::inference)));
}

TEST_CASE("a loop that reads back cannot be recorded, autocast and layouts run anywhere") {
  Execution e = run(Precision::fp32);
  CHECK(runs(cuda_graphs, "quadro-p4000", e));
  e.stack = *find_stack("ngc-20+loop");
  CHECK_FALSE(runs(cuda_graphs, "quadro-p4000", e));
  CHECK(runs(amp, "quadro-p4000", e));
  CHECK(runs(channels_last, "quadro-p4000", e));
  CHECK(runs(checkpointing, "quadro-p4000", e));
  CHECK_FALSE(runs(checkpointing, "quadro-p4000", run(Precision::fp32, Mode::inference)));
}

TEST_CASE("an option changes what it is for and nothing else") {
  Execution asked = run(Precision::amp_fp16);
  asked.checkpointing = Checkpointing::sqrt;
  asked.loader = Loader{.workers = 4, .decode = milliseconds(8), .pinned = true};
  const Execution plain = run(Precision::fp32);
  CHECK(with(amp, asked, plain).precision == Precision::amp_fp16);
  CHECK(with(amp, asked, plain).checkpointing == Checkpointing::none);
  CHECK(with(checkpointing, asked, plain).checkpointing == Checkpointing::sqrt);
  CHECK(with(compile, asked, plain).stack.fuses_pointwise);
  CHECK_FALSE(with(compile, asked, plain).stack.channels_last);
  CHECK(with(cuda_graphs, asked, with(compile, asked, plain)).stack.dispatcher == Dispatcher::recorded);
  CHECK(with(compile, asked, with(cuda_graphs, asked, plain)).stack.dispatcher == Dispatcher::recorded);
  CHECK(with(workers, asked, plain).loader->workers == 4);
  CHECK_FALSE(with(workers, asked, plain).loader->pinned);
  CHECK(with(pin_memory, asked, plain).loader->workers == 0);
}

TEST_CASE("what has nothing to work on says so") {
  const auto graph = [](const char* network) {
    WorkloadRequest r;
    r.name = network;
    return build(r);
  };
  Execution e = run(Precision::amp_fp16);
  CHECK(idle(channels_last, graph("bert-base"), e));
  CHECK_FALSE(idle(channels_last, graph("resnet50"), e));
  CHECK(idle(flash_attention, graph("resnet50"), e));
  CHECK_FALSE(idle(flash_attention, graph("bert-base"), e));
  CHECK(idle(persistent_workers, graph("resnet50"), e));
}

TEST_CASE(
    "pruned weights take half their values and two bits for each, and their products never run slower") {
  CHECK(compressed_share(NumberFormat::fp16) == Approx(0.5625));
  CHECK(compressed_share(NumberFormat::int8) == Approx(0.625));
  const Calibration c = embedded_calibration();
  const Gpu& a100 = board("a100-sxm4-80gb");
  for (const std::int64_t m : {1, 64, 1024, 8192}) {
    Kernel dense;
    dense.op = Gemm{.m = m, .n = 4096, .k = 4096, .b_transposed = true};
    dense.numerics = {NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32, Path::tensor_core};
    Kernel pruned = dense;
    pruned.numerics.sparse = true;
    const double gain = estimate(dense, a100, c).seconds / estimate(pruned, a100, c).seconds;
    INFO(m);
    CHECK(gain >= 1);
    CHECK(gain <= 2.01);
    if (m != 64) CHECK(gain > 1.2);
  }
}

TEST_CASE("a pruned network keeps attention and gradients dense") {
  WorkloadRequest r;
  r.name = "bert-base";
  r.mode = Mode::inference;
  Execution e = run(Precision::fp16, Mode::inference);
  e.sparse = true;
  const Graph g = build(r);
  int pruned = 0;
  for (const Kernel& k : lower(g, board("rtx-3060-12gb"), e).kernels) {
    if (const auto* gemm = std::get_if<Gemm>(&k.op)) CHECK(k.numerics.sparse == (gemm->batch == 1));
    pruned += k.numerics.sparse;
  }
  CHECK(pruned >= 72);
  Execution dense = e;
  dense.sparse = false;
  const Gpu& gpu = board("rtx-3060-12gb");
  const double share = memory_needed(g, e, gpu).weights / memory_needed(g, dense, gpu).weights;
  CHECK(share > 0.5625);  // embeddings stay
  CHECK(share < 0.8);
}
