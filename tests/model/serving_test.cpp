// Serving: what is read once for all, what grows with the batch, what fits.
// SPDX-License-Identifier: Apache-2.0
#include "model/forecast/serving.h"

#include <doctest/doctest.h>

#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;

namespace {

ServingJob job_of(const char* model, std::int64_t batch = 1) {
  ServingJob job;
  job.workload.name = model;
  job.execution = {Mode::inference, Precision::fp16, Optimizer::none, *find_stack("vllm")};
  job.batch = batch;
  return job;
}

const Gpu& a100() { return testing::board("a100-sxm4-80gb"); }

}  // namespace

TEST_CASE("more users get more tokens together and fewer each") {
  const Calibration c = prior_calibration();
  double total = 0, each = 1e9;
  for (const std::int64_t batch : {1, 4, 16, 64}) {
    const Serving s = serve(job_of("llama-3-8b", batch), a100(), c);
    CHECK(s.total() > total);
    CHECK(s.per_user() < each);
    CHECK(s.per_token.low <= s.per_token.expected);
    CHECK(s.per_token.expected <= s.per_token.high);
    total = s.total();
    each = s.per_user();
  }
}

TEST_CASE("longer prompts take longer, and a token behind them too") {
  const Calibration c = prior_calibration();
  ServingJob job = job_of("llama-2-7b", 8);
  const Serving brief = serve(job, a100(), c);
  job.prompt = 2048;
  const Serving wordy = serve(job, a100(), c);
  CHECK(wordy.first_token.expected > brief.first_token.expected * 3.5);
  CHECK(wordy.per_token.expected > brief.per_token.expected);
}

TEST_CASE("prompts beyond a pass are read in several") {
  const Calibration c = prior_calibration();
  ServingJob job = job_of("llama-3-8b");
  job.prompt = job.execution.stack.prefill_tokens;
  const double one = serve(job, a100(), c).first_token.expected.value;
  job.prompt *= 2;
  CHECK(serve(job, a100(), c).first_token.expected.value > 2 * one);  // the second pass attends to the first
}

TEST_CASE("the cache at the last token") {
  // Llama 2 7B at 16 sequences: 512 + 128 - 1 tokens in 40 blocks of 16, 262,144 values of two bytes each.
  CHECK(serving_memory(job_of("llama-2-7b", 16), a100()).cache.value == 16.0 * 640 * 262144 * 2);
}

TEST_CASE("the most users, the longest sequence and the largest model fit, and one more does not") {
  ServingJob job = job_of("llama-2-7b");
  const auto most = largest_concurrency(job, a100());
  REQUIRE(most.has_value());
  job.batch = *most;
  CHECK(serving_memory(job, a100()).total() <= serving_budget(job, a100()));
  job.batch = *most + 1;
  CHECK(serving_memory(job, a100()).total() > serving_budget(job, a100()));
  CHECK(longest_sequence(job_of("llama-2-7b"), a100()) == 4096);  // its positions end there
  const auto model = largest_model(job_of("llama-2-7b"), a100());
  REQUIRE(model.has_value());
  CHECK(2.0 * static_cast<double>(model->parameters) < a100().memory.value);
  CHECK_FALSE(largest_concurrency(job_of("llama-2-70b"), a100()).has_value());
}

TEST_CASE("weights in four bits serve one user faster and leave room for more") {
  const Calibration c = prior_calibration();
  ServingJob quantised = job_of("llama-3-8b");
  quantised.execution.weights = WeightRecipe::int4;
  CHECK(serve(quantised, a100(), c).per_token.expected <
        serve(job_of("llama-3-8b"), a100(), c).per_token.expected);
  CHECK(*largest_concurrency(quantised, a100()) > *largest_concurrency(job_of("llama-3-8b"), a100()));
}

TEST_CASE("what cannot be served is refused") {
  const Calibration c = prior_calibration();
  ServingJob job = job_of("llama-2-7b");
  job.output = 1;
  CHECK_THROWS_AS(serve(job, a100(), c), std::invalid_argument);
  CHECK_THROWS_AS(serve(job_of("bert-base"), a100(), c), std::invalid_argument);
}

TEST_CASE(
    "where an encoder reads the prompt, answers begin with one token, and its keys are there from the "
    "first") {
  const Calibration c = prior_calibration();
  ServingJob job = job_of("t5-base", 4);
  // 1 + 128 - 1 words of the answer and 512 of the prompt, 12 layers, 768 wide, two bytes.
  CHECK(serving_memory(job, a100()).cache.value == 4.0 * 2 * 12 * 768 * (128 + 512) * 2);
  const Serving brief = serve(job, a100(), c);
  job.prompt = 4096;
  const Serving wordy = serve(job, a100(), c);
  CHECK(wordy.first_token.expected > brief.first_token.expected * 4);
  CHECK(wordy.per_token.expected > brief.per_token.expected);
  CHECK(wordy.per_token.expected < wordy.first_token.expected);
  const auto model = largest_model(job, a100());
  REQUIRE(model.has_value());
  CHECK(model->name == "switch-xl-4");
}
