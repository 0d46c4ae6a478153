// Rows of language models: tokens from their spelling, one step's time from a rate.
// SPDX-License-Identifier: Apache-2.0
#include "validate/layouts/language_rows.h"

#include <doctest/doctest.h>

using namespace roofcast;
using doctest::Approx;

TEST_CASE("prompt and cache as llama-bench spells them") {
  CHECK(token_shape("pp512", false)->prompt == 512);
  CHECK(token_shape("1920", false)->prompt == 1920);
  CHECK_FALSE(token_shape("short", false).has_value());
  CHECK(token_shape("tg128", true)->context == 64);
  CHECK(token_shape("tg128 after/with pp4096", true)->context == 4096 + 64);
  CHECK(token_shape("~2048 ctx", true)->context == 2048);
  CHECK(token_shape("short", true)->context == token_shape("not stated", true)->context);
  CHECK_FALSE(token_shape("a while", true).has_value());
}

TEST_CASE("a rate of tokens is the time of a prompt, or of one token of every sequence") {
  std::optional<Seconds> measured;
  const auto prompt = language_job({"llama-2-7b", "q4_0", "pp512", false, 1, 1024}, {}, {}, measured);
  REQUIRE(std::holds_alternative<JobCase>(prompt));
  CHECK(std::get<JobCase>(prompt).workload.sequence_length == 512);
  CHECK(std::get<JobCase>(prompt).weights == WeightRecipe::q4_0);
  CHECK(measured->value == Approx(0.5));
  StackProfile engine;
  engine.stack = *find_stack("llama.cpp");
  const auto passes = language_job({"llama-2-7b", "q4_0", "pp4096", false, 1, 1024}, engine, {}, measured);
  CHECK(std::get<JobCase>(passes).workload.sequence_length == 512);
  CHECK(std::get<JobCase>(passes).workload.context == 1792);
  CHECK(measured->value == Approx(0.5));
  const auto token =
      language_job({"llama-2-7b", "int4 (q4f16)", "not stated", true, 8, 160}, {}, {}, measured);
  REQUIRE(std::holds_alternative<JobCase>(token));
  CHECK(std::get<JobCase>(token).workload.sequence_length == 1);
  CHECK(std::get<JobCase>(token).weights == WeightRecipe::q4f16);
  CHECK(measured->value == Approx(0.05));
}

TEST_CASE("formats nobody modelled are said so") {
  std::optional<Seconds> measured;
  CHECK(std::holds_alternative<Unmodelled>(
      language_job({"llama-2-7b", "nf3", "pp512", false, 1, 10}, {}, {}, measured)));
  CHECK_FALSE(measured.has_value());
}
