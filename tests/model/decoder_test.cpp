// Decoders by name against published parameters, their caches layer by layer, and experts that are visited.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/decoder.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/forecast/forecast.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;

namespace {

WorkloadRequest asked(const std::string& name, std::int64_t batch, std::int64_t length,
                      std::optional<std::int64_t> context) {
  WorkloadRequest r;
  r.name = name;
  r.mode = Mode::inference;
  r.batch = batch;
  r.sequence_length = length;
  r.context = context;
  return r;
}

double products(const Graph& g, const std::string& part) {
  double sum = 0;
  for (const Node& n : g.nodes) {
    if (n.name.find(part) != std::string::npos) sum += flops(n.op).value;
  }
  return sum;
}

Execution serving(Precision precision = Precision::fp16) {
  return {.mode = Mode::inference,
          .precision = precision,
          .optimizer = Optimizer::none,
          .stack = *find_stack("vllm")};
}

const Attention* attention_of(const std::vector<Kernel>& kernels, const std::string& layer) {
  for (const Kernel& k : kernels) {
    if (k.name.find(layer) == 0 && std::holds_alternative<Attention>(k.op)) return &std::get<Attention>(k.op);
  }
  return nullptr;
}

}  // namespace

// Source: the number of values in each publisher's checkpoint.
TEST_CASE("parameters are those of the published weights") {
  const std::vector<std::pair<const char*, std::int64_t>> published{
      {"llama-2-7b", 6738415616},    {"llama-2-13b", 13015864320},   {"llama-2-70b", 68976648192},
      {"llama-3-8b", 8030261248},    {"llama-3-70b", 70553706496},   {"llama-3.2-1b", 1235814400},
      {"llama-3.2-3b", 3212749824},  {"tinyllama-1.1b", 1100048384}, {"mistral-7b", 7241732096},
      {"mixtral-8x7b", 46702792704}, {"qwen2-7b", 7615616512},       {"qwen2-0.5b", 494032768},
      {"qwen3-8b", 8190735360},      {"qwen3-30b-a3b", 30532122624}, {"gemma-2b", 2506172416},
      {"gemma-7b", 8537680896},      {"gemma2-2b", 2614341888},      {"gemma2-9b", 9241705984},
      {"phi-2", 2779683840},         {"phi-3-mini", 3821079552},     {"phi-3-medium", 13960238080},
      {"falcon-7b", 6921720704},     {"gpt-neox-20b", 20554567680},  {"smollm2-135m", 134515008}};
  for (const auto& [name, count] : published) {
    CAPTURE(name);
    CHECK(build(asked(name, 1, 16, {})).parameters() == count);
  }
}

TEST_CASE("doubling the prompt quadruples attention and doubles the products of weights") {
  const Graph once = build(asked("llama-2-7b", 2, 256, 0)), twice = build(asked("llama-2-7b", 2, 512, 0));
  CHECK(products(twice, ".scores") == 4 * products(once, ".scores"));
  CHECK(products(twice, "_proj") == 2 * products(once, "_proj"));
  const auto fused = [](const Graph& g) {
    double pairs = 0;
    for (const Kernel& k : lower(g, testing::board("a100-sxm4-80gb"), serving()).kernels) {
      if (const auto* a = std::get_if<Attention>(&k.op)) pairs += a->pairs();
    }
    return pairs;
  };
  CHECK(fused(twice) == 4 * fused(once));
}

TEST_CASE("the cache: 2 · kv heads · head size a token and layer, in blocks of 16 tokens") {
  // Llama 2 7B: 2 · 32 · 128 · 32 layers = 262,144 values a token; 513 tokens take 33 blocks.
  CHECK(build(asked("llama-2-7b", 1, 1, 511)).cache_elements == 262144 * 512);
  CHECK(build(asked("llama-2-7b", 3, 1, 512)).cache_elements == 3 * 262144 * 528);
  // Llama 2 70B shares a key among eight heads: 2 · 8 · 128 · 80.
  CHECK(build(asked("llama-2-70b", 1, 1, 511)).cache_elements == 163840 * 512);
  // Gemma 2 2B: 13 of 26 layers keep no more than 4,096 tokens, each 2 · 4 · 256.
  CHECK(build(asked("gemma2-2b", 1, 1, 8191)).cache_elements == 13 * 2048 * (4096 + 8192));
  // LFM2: six layers of attention, 18 convolutions that keep two taps of 2,048 channels whatever the length.
  CHECK(build(asked("lfm2-8b-a1b", 1, 1, 4095)).cache_elements == 6 * 2 * 8 * 64 * 4096 + 18 * 2 * 2048);
  CHECK(build(asked("llama-2-7b", 1, 512, {})).cache_elements == 0);
}

TEST_CASE("memory is itemised: an 8-bit cache is half of a 16-bit one, all experts are resident") {
  const Gpu& gpu = testing::board("a100-sxm4-80gb");
  Execution execution = serving();
  const Graph g = build(asked("llama-2-7b", 4, 1, 2047));
  const Memory wide = memory_needed(g, execution, gpu);
  CHECK(wide.cache.value == 4.0 * 2048 * 262144 * 2);
  CHECK(wide.weights.value == 2.0 * 6738415616);
  execution.cache = NumberFormat::fp8;
  CHECK(memory_needed(g, execution, gpu).cache.value == wide.cache.value / 2);
  CHECK(memory_needed(build(asked("mixtral-8x7b", 1, 1, 0)), serving(), gpu).weights.value ==
        2.0 * 46702792704);
}

TEST_CASE("experts that are visited: E (1 - (1 - k/E)^tokens)") {
  const Experts e{.count = 8, .per_token = 2, .width = 14336};
  CHECK(e.visited(1) == Approx(2));
  CHECK(e.visited(2) == Approx(3.5));  // 8 · (1 - 9/16)
  CHECK(e.visited(64) == Approx(8).epsilon(1e-6));
  const auto read = [](std::int64_t batch) {
    double weights = 0;
    for (const Kernel& k :
         lower(build(asked("mixtral-8x7b", batch, 1, 64)), testing::board("a100-sxm4-80gb"), serving())
             .kernels) {
      const auto* g = std::get_if<Gemm>(&k.op);
      if (g != nullptr && k.name.find("experts") != std::string::npos)
        weights += static_cast<double>(g->batch * g->n * g->k);
    }
    return weights;
  };
  CHECK(read(1) == 32.0 * 2 * 3 * 4096 * 14336);
  CHECK(read(64) == 4 * read(1));
}

TEST_CASE("heads that share keys read them once, a window bounds what is read") {
  const Gpu& gpu = testing::board("a100-sxm4-80gb");
  const Lowered l = lower(build(asked("llama-3-8b", 1, 1, 1023)), gpu, serving());
  const Attention* a = attention_of(l.kernels, "layers.0");
  REQUIRE(a != nullptr);
  CHECK(a->queries_per_key == 4);
  CHECK(compulsory_elements(*a).read == 32 * 128 + 2 * 8 * 128 * 1024);
  const Lowered m = lower(build(asked("mistral-7b", 1, 1, 20000)), gpu, serving());
  REQUIRE(attention_of(m.kernels, "layers.0") != nullptr);
  CHECK(attention_of(m.kernels, "layers.0")->keys_read() == 4096);
}

TEST_CASE("pairs of causal attention: half a square, a strip under a window, a row in decoding") {
  CHECK(Attention{.query_length = 4, .key_length = 4, .causal = true}.pairs() == 8);
  CHECK(Attention{.query_length = 1, .key_length = 100, .causal = true}.pairs() == 99.5);
  CHECK(Attention{.query_length = 8, .key_length = 8, .causal = true, .window = 2}.pairs() == 2 + 12);
  CHECK(Attention{.query_length = 3, .key_length = 5}.pairs() == 15);
}

TEST_CASE("decoding one sequence is bound by memory and takes what reading the weights takes") {
  const Gpu& gpu = testing::board("a100-sxm4-80gb");
  const Calibration c = prior_calibration();
  const Job job{asked("llama-2-7b", 1, 1, 512), serving(), {}};
  const Forecast f = forecast(job, gpu, c);
  const double stream = 2.0 * 6738415616 / gpu.memory_bandwidth.value;
  CHECK(f.step.expected.value > stream);
  CHECK(f.step.expected.value < 2 * stream);
  Job many = job;
  many.workload.batch = 16;
  CHECK(forecast(many, gpu, c).step.expected.value < 2 * f.step.expected.value);
}

TEST_CASE("GPT-2 and OPT have the same weights with a cache as without") {
  for (const char* name : {"gpt2", "gpt2-large", "opt-1.3b"}) {
    CAPTURE(name);
    CHECK(build(asked(name, 1, 1, 64)).parameters() == build(asked(name, 1, 64, {})).parameters());
    CHECK(build(asked(name, 1, 1, 64)).cache_elements > 0);
  }
}

TEST_CASE("a context is for decoders, in inference") {
  CHECK_THROWS_WITH_AS(build(asked("bert-base", 1, 128, 16)),
                       "bert-base takes no context: it keeps no key-value cache", std::invalid_argument);
  WorkloadRequest r = asked("llama-2-7b", 1, 1, 16);
  r.mode = Mode::training;
  CHECK_THROWS_AS(build(r), std::invalid_argument);
}
