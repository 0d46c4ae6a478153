// Transformers against their published parameters, and one BERT layer worked by hand.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "model/workloads/workload.h"

using namespace roofcast;
using doctest::Approx;

namespace {

Graph network(const char* name, std::int64_t batch, std::int64_t length, std::optional<Task> task = {},
              Mode mode = Mode::inference) {
  WorkloadRequest r;
  r.name = name;
  r.mode = mode;
  r.batch = batch;
  r.sequence_length = length;
  r.task = task;
  return build(r);
}

double matching(const Graph& g, const std::string& part) {
  double sum = 0;
  for (const Node& n : g.nodes) {
    if (n.name.find(part) != std::string::npos) sum += flops(n.op).value;
  }
  return sum;
}

}  // namespace

TEST_CASE("parameters are those of the papers") {
  const auto millions = [](const char* name, std::optional<Task> task = {}) {
    return static_cast<double>(network(name, 1, 128, task).parameters()) * 1e-6;
  };
  CHECK(millions("bert-base") == Approx(110).epsilon(0.005));
  CHECK(millions("bert-large") == Approx(335).epsilon(0.005));
  CHECK(millions("bert-large", Task::pretraining) == Approx(336.2).epsilon(0.005));
  CHECK(millions("gpt2") == Approx(124.4).epsilon(0.005));
  CHECK(millions("gpt2-large") == Approx(774).epsilon(0.005));
  CHECK(millions("gpt2-xl") == Approx(1558).epsilon(0.005));
  CHECK(millions("gpt3-2.7b") == Approx(2650).epsilon(0.005));
  CHECK(millions("gpt3-xl") == Approx(2880).epsilon(0.005));
  CHECK(millions("opt-1.3b") == Approx(1316).epsilon(0.005));
  CHECK(millions("switch-xl-4") == Approx(5300).epsilon(0.01));
}

TEST_CASE("GNMT has the parameters of its parts, and its products meet every weight once a word") {
  const double lstm = 4 * 1024.0 * (1024 + 1024 + 2), wide = 4 * 1024.0 * (2048 + 1024 + 2);
  const double attention = 2 * 1024.0 * 1024 + 2 * 1024 + 1, table = 32320 * 1024.0;
  const double all = 2 * table + 32320 + 5 * lstm + 4 * wide + attention;
  const Graph g = network("gnmt", 4, 50, {}, Mode::training);
  CHECK(static_cast<double>(g.parameters()) == all);
  CHECK(all == Approx(160e6).epsilon(0.005));
  // Biases and tables multiply nothing; every pair of words meets v and the context.
  const double words = 4 * 50, weights = all - table - 32320 - (5 + 4) * 8192 - 2 * 1024 - 1;
  const double products = words * weights + words * 50 * 2 * 1024;
  CHECK(g.multiply_adds() == Approx(products).epsilon(5e-4));
  CHECK(network("gnmt", 4, 50).multiply_adds() == Approx(products).epsilon(5e-4));  // word by word
}

TEST_CASE("one layer of BERT-large: 8 T H² and 16 T H² in products of weights, 4 T S H in attention") {
  const Graph g = network("bert-large", 8, 384, Task::squad);
  const double t = 8.0 * 384, h = 1024;
  double weights = 0;
  for (const char* part :
       {"encoder.0.attention.query", "encoder.0.attention.key", "encoder.0.attention.value"}) {
    for (const Node& n : g.nodes) {
      if (n.name == part)
        weights += flops(n.op).value - static_cast<double>(n.output_elements);  // less the bias
    }
  }
  CHECK(weights == 3 * 2 * t * h * h);
  CHECK(matching(g, "encoder.0.attention.scores") == 2 * t * 384 * h);
  CHECK(matching(g, "encoder.0.attention.context") == 2 * t * 384 * h);
}

TEST_CASE(
    "doubling the sequence at the same tokens doubles attention scores, at the same batch quadruples them") {
  const double short_ones = matching(network("bert-large", 8, 128), ".scores");
  CHECK(matching(network("bert-large", 4, 256), ".scores") == 2 * short_ones);
  CHECK(matching(network("bert-large", 8, 256), ".scores") == 4 * short_ones);
  const double weights = matching(network("bert-large", 8, 128), "intermediate");
  CHECK(matching(network("bert-large", 8, 256), "intermediate") == 2 * weights);
}

TEST_CASE("tasks differ in their heads only") {
  const auto has = [](const Graph& g, const char* name) {
    return std::any_of(g.nodes.begin(), g.nodes.end(), [&](const Node& n) { return n.name == name; });
  };
  CHECK(has(network("bert-base", 1, 128, Task::squad), "qa_outputs"));
  CHECK(has(network("bert-base", 1, 128, Task::classification), "classifier"));
  CHECK(has(network("bert-base", 1, 128, Task::pretraining), "predictions.decoder"));
  CHECK_FALSE(has(network("bert-base", 1, 128, Task::classification), "predictions.decoder"));
}

TEST_CASE("tied embeddings are counted once") {
  const Graph g = network("gpt2", 1, 128);
  const auto head =
      std::find_if(g.nodes.begin(), g.nodes.end(), [](const Node& n) { return n.name == "lm_head"; });
  REQUIRE(head != g.nodes.end());
  CHECK(head->parameters == 0);
}

TEST_CASE("a step of Whisper runs the decoder alone, behind what is kept of the sound and the text") {
  const auto pass = [](std::int64_t tokens, std::int64_t context) {
    WorkloadRequest r;
    r.name = "whisper-small";
    r.mode = Mode::inference;
    r.batch = 3;
    r.sequence_length = tokens;
    r.context = context;
    return build(r);
  };
  const Graph step = pass(1, 99), whole = network("whisper-small", 3, 4), first = pass(4, 0);
  const double h = 768, layers = 12, sound = 1500;
  // Self-attention 4 h², queries and output of the other 2 h², feed-forward 8 h²; keys of 100 words and of the sound.
  const double layer = 14 * h * h + 2 * 100 * h + 2 * sound * h;
  CHECK(step.multiply_adds() == Approx(3 * (layers * layer + 51865 * h)).epsilon(1e-3));
  CHECK(step.parameters() == whole.parameters());
  CHECK(step.cache_elements == 3 * 12 * 2 * 768 * (112 + 1500));  // blocks of 16 words
  CHECK(step.logits == 3 * 51865);
  CHECK(first.cache_elements == 3 * 12 * 2 * 768 * (16 + 1500));
  CHECK(whole.multiply_adds() - first.multiply_adds() ==
        Approx(3 * 3 * 51865 * h));  // logits of the last word alone
  CHECK(whole.cache_elements == 0);
}

TEST_CASE("a step of T5 runs the decoder alone: keys of the text are kept, those of the answer grow") {
  const auto pass = [](const char* name, std::int64_t tokens, std::int64_t context,
                       std::optional<std::int64_t> source) {
    WorkloadRequest r;
    r.name = name;
    r.mode = Mode::inference;
    r.batch = 3;
    r.sequence_length = tokens;
    r.context = context;
    r.source_length = source;
    return build(r);
  };
  const double h = 768, f = 3072, layers = 12, words = 32128, past = 99, text = 200;
  const Graph step = pass("t5-base", 1, 99, 200), first = pass("t5-base", 200, 0, {});
  // Self-attention 4 h², queries and output of the other 2 h², feed-forward 2 h f; keys of 100 words and of the text.
  const double layer = 6 * h * h + 2 * h * f + 2 * (past + 1) * h + 2 * text * h;
  CHECK(step.multiply_adds() == Approx(3 * (layers * layer + words * h)));
  CHECK(step.parameters() == 222903552);  // of the checkpoint (huggingface.co/google-t5/t5-base)
  CHECK(step.cache_elements == 3 * 2 * 12 * 768 * (112 + 208));  // in blocks of 16
  CHECK(step.logits == 3 * 32128);
  // The pass that reads: the encoder, keys of the text for every layer of the decoder, and one token of it.
  const double encoder = layers * text * (4 * h * h + 2 * h * f + 2 * text * h),
               kept = layers * 2 * text * h * h;
  CHECK(first.multiply_adds() == Approx(3 * (encoder + kept + layers * (layer - 2 * past * h) + words * h)));
  CHECK(first.parameters() == step.parameters());
  CHECK(first.cache_elements == 3 * 2 * 12 * 768 * (16 + 208));
  // Behind it runs what it kept, so a step of a tall text reads it without the encoder.
  CHECK(pass("t5-base", 1, 99, 2000).multiply_adds() - step.multiply_adds() ==
        Approx(3 * layers * 2 * 1800 * h));
  CHECK(pass("switch-xl-4", 1, 9, 64).parameters() == network("switch-xl-4", 1, 64).parameters());
}

TEST_CASE("T5 may read and write texts of different lengths") {
  WorkloadRequest r;
  r.name = "t5-base";
  r.sequence_length = 128;
  const Graph same = build(r);
  r.source_length = 128;
  CHECK(build(r).multiply_adds() == same.multiply_adds());
  r.source_length = 512;
  CHECK(build(r).input_elements == 512);
  // Three quarters of the encoder, and of the decoder's keys of the text, come on top.
  const double h = 768, f = 3072, more = 384;
  const double encoder = 12 * (more * (4 * h * h + 2 * h * f) + 2 * h * (512 * 512 - 128 * 128));
  const double decoder = 12 * (2 * more * h * h + 2 * 128 * more * h);
  CHECK(build(r).multiply_adds() - same.multiply_adds() == Approx(encoder + decoder));
  r.name = "gpt2";
  CHECK_THROWS_WITH_AS(build(r), "gpt2 takes no source length: it has no encoder of text beside its decoder",
                       std::invalid_argument);
}

TEST_CASE("BART keeps keys of what it read and of what it wrote") {
  const auto pass = [](std::int64_t tokens, std::optional<std::int64_t> context,
                       std::optional<std::int64_t> source) {
    WorkloadRequest r;
    r.name = "bart-base";
    r.mode = Mode::inference;
    r.batch = 2;
    r.sequence_length = tokens;
    r.context = context;
    r.source_length = source;
    return build(r);
  };
  const double h = 768, layers = 6, words = 50265;
  const Graph step = pass(1, 99, 200), first = pass(200, 0, {}), whole = pass(200, {}, {});
  CHECK(step.multiply_adds() ==
        Approx(2 * (layers * (14 * h * h + 2 * 100 * h + 2 * 200 * h) + words * h)).epsilon(1e-3));
  CHECK(step.cache_elements == 2 * 2 * 6 * 768 * (112 + 208));
  CHECK(first.cache_elements == 2 * 2 * 6 * 768 * (16 + 208));
  for (const Graph& g : {step, first, whole})
    CHECK(g.parameters() == 139420416);  // huggingface.co/facebook/bart-base
  CHECK_THROWS_WITH_AS(pass(1, 9, 2000), "bart-base: source length must be from 1 to 1024, is 2000",
                       std::invalid_argument);
}
