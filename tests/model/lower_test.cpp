// From graphs to kernels: what is launched forward and back, in which formats, and how much work a step is.
// SPDX-License-Identifier: Apache-2.0
#include "model/graph/lower.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>

#include "model/workloads/workload.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;
using roofcast::testing::board;

namespace {

Graph network(const char* name, std::int64_t batch, Mode mode = Mode::training,
              std::optional<std::int64_t> length = {}) {
  WorkloadRequest r;
  r.name = name;
  r.mode = mode;
  r.batch = batch;
  r.sequence_length = length;
  return build(r);
}

Execution run(Precision precision, Mode mode = Mode::training, const char* stack = "eager",
              Optimizer optimizer = Optimizer::sgd_momentum) {
  return {mode, precision, optimizer, *find_stack(stack)};
}

double product_flops(const Lowered& lowered) {
  double sum = 0;
  for (const Kernel& k : lowered.kernels) {
    const KernelKind what = kind(k.op);
    if (what == KernelKind::gemm || what == KernelKind::batched_gemm || what == KernelKind::conv)
      sum += flops(k.op).value;
  }
  return sum;
}

const Kernel* find(const Lowered& lowered, const std::string& name) {
  const auto found = std::find_if(lowered.kernels.begin(), lowered.kernels.end(),
                                  [&](const Kernel& k) { return k.name == name; });
  return found == lowered.kernels.end() ? nullptr : &*found;
}

template <class Test>
std::ptrdiff_t count(const Lowered& lowered, Test test) {
  return std::count_if(lowered.kernels.begin(), lowered.kernels.end(), test);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// A linear layer of 100 tokens from 20 to 30 features between two others, so that gradients flow through it.
Graph three_layers() {
  Graph g;
  g.input_elements = 100 * 20;
  for (int i = 0; i < 2; ++i) {
    Node node;
    node.name = "fc" + std::to_string(i);
    Gemm gemm{1, 100, 30, i == 0 ? 20 : 30};
    gemm.b_transposed = gemm.bias = true;
    node.op = gemm;
    if (i > 0) node.inputs = {i - 1};
    node.output_elements = 100 * 30;
    node.parameters = gemm.n * gemm.k + gemm.n;
    node.needs_input_gradient = i > 0;
    g.nodes.push_back(node);
  }
  return g;
}

// In every stack, training and inference.
void check_sizes_of_kernels(Precision precision) {
  for (const WorkloadInfo& info : zoo()) {
    for (const Mode mode : {Mode::training, Mode::inference}) {
      if (mode == Mode::training && info.name == "stable-diffusion-1.5") continue;  // refused
      const Graph g =
          network(info.name.c_str(), 2, mode,
                  info.domain == Domain::sequence ? std::optional<std::int64_t>(64) : std::nullopt);
      for (const Stack& stack : all_stacks()) {
        const Lowered l =
            lower(g, board("rtx-4060-ti-16gb"), {mode, precision, info.default_optimizer, stack});
        REQUIRE_FALSE(l.kernels.empty());
        for (const Kernel& k : l.kernels) {
          const Elements e = compulsory_elements(k.op);
          if (e.read + e.written > 0 && e.read >= 0 && e.written >= 0 && flops(k.op).value >= 0 &&
              k.count >= 1)
            continue;
          FAIL(info.name << " " << k.name);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE(
    "a linear layer's gradients: data in the weight's own layout, weights from both transposed, bias "
    "summed") {
  const Lowered l = lower(three_layers(), board("v100-sxm2-16gb"), run(Precision::fp32));
  Gemm data{1, 100, 30, 30};
  REQUIRE(find(l, "fc1.dgrad"));
  CHECK(std::get<Gemm>(find(l, "fc1.dgrad")->op) == data);
  Gemm weights{1, 30, 20, 100};
  weights.a_transposed = true;
  REQUIRE(find(l, "fc0.wgrad"));
  CHECK(std::get<Gemm>(find(l, "fc0.wgrad")->op) == weights);
  CHECK(std::get<Reduction>(find(l, "fc1.bias_grad")->op) == Reduction{3000, 30});
  CHECK_FALSE(find(l, "fc0.dgrad"));  // the first layer
}

TEST_CASE("products read cold weights where all of a step's weights outgrow L2") {
  const auto cold = [](const char* name, const char* gpu, Precision precision, Mode mode) {
    const Lowered lowered = lower(network(name, 1, mode), board(gpu), run(precision, mode));
    return count(lowered, [](const Kernel& k) { return k.cold_weights; });
  };
  const Mode infer = Mode::inference;
  CHECK(cold("bert-large", "l4", Precision::fp16, infer) > 100);               // 0.6 GB in 48 MiB
  CHECK(cold("mobilenet-v3-large", "l4", Precision::fp16, infer) == 0);        // 11 MB
  CHECK(cold("mobilenet-v3-large", "tesla-t4", Precision::fp16, infer) > 10);  // in 4 MiB
  CHECK(cold("bert-large", "l4", Precision::amp_fp16, infer) == 0);            // copies just cast
  CHECK(cold("bert-large", "l4", Precision::amp_fp16, Mode::training) > 100);  // for the data gradients
  const Lowered training = lower(network("bert-large", 1), board("tesla-t4"), run(Precision::fp32));
  for (const Kernel& k : training.kernels) {
    if (k.cold_weights) CHECK_FALSE(ends_with(k.name, ".wgrad"));
  }
}

TEST_CASE("a product of two activations has two gradients and no weight") {
  Graph g;
  Node node;
  node.name = "bmm";
  node.op = Gemm{16, 128, 64, 32};
  node.output_elements = 16 * 128 * 64;
  g.nodes.push_back(node);
  const Lowered l = lower(g, board("v100-sxm2-16gb"), run(Precision::fp32));
  REQUIRE(l.kernels.size() == 3);
  Gemm a{16, 128, 32, 64};
  a.b_transposed = true;
  CHECK(std::get<Gemm>(l.kernels[1].op) == a);  // dA = dC · Bᵀ
  Gemm b{16, 32, 64, 128};
  b.a_transposed = true;
  CHECK(std::get<Gemm>(l.kernels[2].op) == b);  // dB = Aᵀ · dC
}

TEST_CASE("a training step is three forwards less the first layer's data gradient") {
  for (const char* name : {"resnet18", "resnet50", "vgg16"}) {
    const Graph g = network(name, 4);
    const double forward = product_flops(lower(network(name, 4, Mode::inference), board("v100-sxm2-16gb"),
                                               run(Precision::fp32, Mode::inference)));
    const double step = product_flops(lower(g, board("v100-sxm2-16gb"), run(Precision::fp32)));
    CHECK(step == Approx(3 * forward - flops(g.nodes.front().op).value).epsilon(1e-3));
  }
  const Graph bert = network("bert-base", 2, Mode::training, 128);
  double forward = 0;
  double pooler = 0;  // computed, but leads to no loss
  for (const Node& n : bert.nodes) {
    if (std::holds_alternative<Gemm>(n.op)) forward += flops(n.op).value;
    if (n.name == "pooler") pooler = flops(n.op).value;
  }
  const double step = product_flops(lower(bert, board("v100-sxm2-16gb"), run(Precision::fp32)));
  CHECK(step == Approx(3 * forward - 2 * pooler).epsilon(1e-3));
}

// A case for each precision: they are long, and run side by side.
TEST_CASE("no kernel of any workload has a zero or negative size in FP32, in any stack") {
  check_sizes_of_kernels(Precision::fp32);
}
TEST_CASE("no kernel of any workload has a zero or negative size with automatic mixed precision") {
  check_sizes_of_kernels(Precision::amp_fp16);
}
TEST_CASE("no kernel of any workload has a zero or negative size in FP16") {
  check_sizes_of_kernels(Precision::fp16);
}
TEST_CASE("no kernel of any workload has a zero or negative size in FP8") {
  check_sizes_of_kernels(Precision::fp8);
}

TEST_CASE("lowering is deterministic and inference has forward kernels only") {
  const Graph g = network("resnet50", 8);
  const Lowered a = lower(g, board("tesla-t4"), run(Precision::amp_fp16));
  const Lowered b = lower(g, board("tesla-t4"), run(Precision::amp_fp16));
  REQUIRE(a.kernels.size() == b.kernels.size());
  for (std::size_t i = 0; i < a.kernels.size(); ++i) {
    CHECK(a.kernels[i].name == b.kernels[i].name);
    CHECK(a.kernels[i].op == b.kernels[i].op);
    CHECK(a.kernels[i].numerics == b.kernels[i].numerics);
  }
  const Lowered i = lower(network("resnet50", 8, Mode::inference), board("tesla-t4"),
                          run(Precision::fp32, Mode::inference));
  CHECK(count(i, [](const Kernel& k) { return k.phase != Phase::forward; }) == 0);
  CHECK(a.kernels.front().phase == Phase::forward);
  CHECK(a.kernels.back().phase == Phase::optimizer);
}

TEST_CASE("operands of half-precision convolutions are transposed in NCHW, in NHWC and in FP32 not") {
  const Graph g = network("resnet18", 4);
  const auto transposes = [](const Kernel& k) {
    const auto* copy = std::get_if<Copy>(&k.op);
    return copy != nullptr && copy->transposing;
  };
  // 20 convolutions: the input forward, the gradient for the data of 19 and its result, both for each filter.
  CHECK(count(lower(g, board("v100-sxm2-16gb"), run(Precision::amp_fp16)), transposes) ==
        20 + 19 * 2 + 20 * 2);
  CHECK(count(lower(g, board("v100-sxm2-16gb"), run(Precision::amp_fp16, Mode::training, "channels-last")),
              transposes) == 0);
  CHECK(count(lower(g, board("v100-sxm2-16gb"), run(Precision::fp32)), transposes) == 0);
  CHECK(count(lower(g, board("quadro-p4000"), run(Precision::amp_fp16)), transposes) == 0);
}

TEST_CASE("autocast copies every FP32 weight once forward and its gradient once back") {
  const Lowered l = lower(three_layers(), board("tesla-t4"), run(Precision::amp_fp16));
  CHECK(count(l, [](const Kernel& k) { return ends_with(k.name, ".weight_cast"); }) == 2);
  CHECK(count(l, [](const Kernel& k) { return ends_with(k.name, ".wgrad_cast"); }) == 2);
  const Copy copy = std::get<Copy>(find(l, "fc1.weight_cast")->op);
  CHECK(copy.elements == 900);
  CHECK(copy.reads == 1);     // FP32 in
  CHECK(copy.writes == 0.5);  // FP16 out
  CHECK(find(l, "fc1")->numerics ==
        Numerics{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32, Path::tensor_core});
  CHECK(find(l, "gradients.unscale"));
  CHECK_FALSE(
      find(lower(three_layers(), board("a100-pcie-40gb"), run(Precision::amp_bf16)), "gradients.unscale"));
}

TEST_CASE("autocast keeps softmax and layer norm in FP32, a model in half does not") {
  const Graph g = network("bert-base", 2, Mode::training, 128);
  const Lowered autocast = lower(g, board("tesla-t4"), run(Precision::amp_fp16));
  CHECK(find(autocast, "encoder.0.attention.softmax")->numerics.storage == NumberFormat::fp32);
  CHECK(find(autocast, "encoder.0.attention.output.norm")->numerics.storage == NumberFormat::fp32);
  CHECK(find(autocast, "encoder.0.attention.scores")->numerics.storage == NumberFormat::fp16);
  CHECK(find(autocast, "encoder.0.intermediate.input_cast"));
  const Lowered half = lower(g, board("tesla-t4"), run(Precision::fp16));
  CHECK(find(half, "encoder.0.attention.softmax")->numerics.storage == NumberFormat::fp16);
  CHECK_FALSE(find(half, "encoder.0.intermediate.input_cast"));
  CHECK(find(half, "gradients.to_master"));
}

TEST_CASE("an output read twice gets two gradients and one sum, parts put side by side get one copy") {
  const Lowered bert =
      lower(network("bert-base", 2, Mode::training, 128), board("tesla-t4"), run(Precision::fp32));
  // Read by query, key, value and the residual sum: three additions.
  CHECK(count(bert, [](const Kernel& k) { return k.name == "embeddings.dropout.accumulate"; }) == 3);
  const Lowered gpt = lower(network("gpt2", 1, Mode::training, 128), board("tesla-t4"), run(Precision::fp32));
  CHECK(count(gpt, [](const Kernel& k) { return k.name == "h.0.attn.c_attn.join"; }) == 1);
  CHECK(count(gpt, [](const Kernel& k) { return k.name == "h.0.attn.c_attn.accumulate"; }) == 0);
  CHECK(count(gpt, [](const Kernel& k) { return k.name == "lm_head.tied_accumulate"; }) == 1);
}

TEST_CASE("updates: one fused pass of 20 or 28 bytes, or a loop of kernels over tensors") {
  Execution e = run(Precision::fp32);
  const auto step = [&] {
    return std::get<OptimizerStep>(find(lower(three_layers(), board("tesla-t4"), e), "optimizer")->op);
  };
  CHECK(step().bytes_per_parameter == Bytes(20));
  CHECK(step().parameters == 630 + 930);
  CHECK(step().launches == 1);
  e.optimizer = Optimizer::adam;
  CHECK(step().bytes_per_parameter == Bytes(28));
  e.stack.fused_optimizer = false;
  CHECK(step().launches == 9 * 4);  // two weights, two biases
  CHECK(step().bytes_per_parameter == Bytes(88));
  for (const auto& [optimizer, bytes, launches] : {std::tuple{Optimizer::sgd, 24.0, 2},
                                                   {Optimizer::adam_8bit, 16.0625, 1},
                                                   {Optimizer::adafactor, 64.0, 9}}) {
    e.optimizer = optimizer;
    CHECK(step().bytes_per_parameter.value == bytes);
    CHECK(step().launches == launches * 4);
  }
  e.stack.fused_optimizer = true;
  e.optimizer = Optimizer::sgd;
  CHECK(step().bytes_per_parameter == Bytes(12));
  e.optimizer = Optimizer::adafactor;  // nobody fuses it
  CHECK(step().launches == 9 * 4);
  e.optimizer = Optimizer::none;
  CHECK_FALSE(find(lower(three_layers(), board("tesla-t4"), e), "optimizer"));
}

TEST_CASE("a loop that reads back norms waits once per tensor, under Adam only") {
  Execution e = run(Precision::fp32, Mode::training, "ngc-20+loop");
  CHECK(lower(three_layers(), board("tesla-t4"), e).waits == 0);  // SGD does not clip
  e.optimizer = Optimizer::adam;
  CHECK(lower(three_layers(), board("tesla-t4"), e).waits == 4);
  e.stack = *find_stack("ngc-22+loop");
  CHECK(lower(three_layers(), board("tesla-t4"), e).waits == 0);
}

TEST_CASE("PyTorch 1 of 2020 adds the bias of a linear layer in a kernel of its own") {
  WorkloadRequest request;
  request.name = "bert-base";
  request.batch = 2;
  const auto biases = [&](const char* stack) {
    return count(lower(build(request), board("tesla-t4"), run(Precision::fp32, Mode::training, stack)),
                 [](const Kernel& k) { return k.name.ends_with(".bias"); });
  };
  CHECK(biases("ngc-22") == 0);
  CHECK(biases("ngc-20") == 12 * 6 + 2);  // of each layer, the pooler's and the answer's
}

TEST_CASE("libraries are early for a generation that came out in their year") {
  const auto early = [](const char* gpu, const char* stack) {
    return lower(three_layers(), board(gpu), run(Precision::fp32, Mode::training, stack))
        .kernels.front()
        .early;
  };
  CHECK(early("a100-pcie-40gb", "ngc-20"));
  CHECK_FALSE(early("a100-pcie-40gb", "ngc-22"));
  CHECK_FALSE(early("tesla-t4", "ngc-20"));
  CHECK(early("gtx-1080", "torch7"));
}

TEST_CASE("masked-language-model logits are those of 15 % of the positions") {
  WorkloadRequest request;
  request.name = "bert-base";
  request.task = Task::pretraining;
  request.sequence_length = 128;
  request.batch = 2;
  const Lowered l = lower(build(request), board("tesla-t4"), run(Precision::fp32));
  CHECK(std::get<Gemm>(find(l, "predictions.decoder")->op).m == 2 * 20);
}

TEST_CASE("a compiled graph keeps what autocast widens in FP32, without kernels that only cast") {
  const Graph g = network("bert-base", 2, Mode::training, 128);
  const Lowered l = lower(g, board("tesla-t4"), run(Precision::amp_fp16, Mode::training, "xla"));
  CHECK(find(l, "encoder.0.attention.output.norm")->numerics.storage == NumberFormat::fp32);
  CHECK_FALSE(find(l, "encoder.0.intermediate.input_cast"));
}

TEST_CASE("what cannot run is refused with the way out") {
  CHECK_THROWS_WITH_AS(lower(three_layers(), board("tesla-t4"), run(Precision::int8)),
                       doctest::Contains("inference only"), std::domain_error);
  CHECK_THROWS_AS(lower(three_layers(), board("quadro-p4000"), run(Precision::fp8)), std::domain_error);
  CHECK_THROWS_AS(lower(network("resnet18", 1, Mode::inference), board("tesla-p100-pcie-16gb"),
                        run(Precision::int8, Mode::inference)),
                  std::domain_error);
}

TEST_CASE("a remark is made once") {
  const Lowered l = lower(network("resnet18", 4), board("quadro-p4000"), run(Precision::amp_fp16));
  CHECK(l.remarks.size() == 1);
  CHECK(lower(network("resnet18", 4), board("tesla-t4"), run(Precision::amp_fp16)).remarks.empty());
}

TEST_CASE("FP8 is for layers with weights: attention products are BF16") {
  const Lowered l =
      lower(network("bert-base", 2, Mode::training, 128), board("rtx-4060-ti-16gb"), run(Precision::fp8));
  CHECK(find(l, "encoder.0.intermediate")->numerics.math == NumberFormat::fp8);
  CHECK(find(l, "encoder.0.attention.scores")->numerics.math == NumberFormat::bf16);
}

TEST_CASE("depthwise convolutions run on CUDA cores whatever the precision") {
  const Lowered l = lower(network("mobilenet-v3-large", 4), board("tesla-t4"),
                          run(Precision::amp_fp16, Mode::training, "channels-last"));
  CHECK(find(l, "features.1.depthwise.conv")->numerics ==
        Numerics{NumberFormat::fp16, NumberFormat::fp32, NumberFormat::fp32, Path::cuda_core});
  CHECK(find(l, "features.1.project.conv")->numerics.path == Path::tensor_core);
}
