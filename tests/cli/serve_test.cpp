// roofcast serve, and configs as workloads.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/cli/json.h"
#include "tests/cli/run.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;
using nlohmann::json;

namespace {

/// A config.json in the temporary folder, gone with the test.
struct Config {
  explicit Config(const std::string& text)
      : path(std::filesystem::temp_directory_path() /
             ("roofcast-serve-test-" + std::to_string(::getpid()) + ".json")) {
    std::ofstream(path) << text;
  }
  ~Config() { std::filesystem::remove(path); }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;
  std::filesystem::path path;
};

constexpr const char* kLlama =
    R"({"model_type":"llama","hidden_size":2048,"intermediate_size":5632,"num_attention_heads":32,
        "num_hidden_layers":22,"num_key_value_heads":4,"vocab_size":32000,"max_position_embeddings":2048})";

}  // namespace

TEST_CASE("serve prints speed, memory and what would fit") {
  const Result r = run({"serve", "llama-2-7b", "--gpu", "a100-sxm4-80gb", "--batches", "1,16"});
  CHECK(r.code == kDone);
  CHECK(r.err.empty());
  CHECK(widest(r.out) <= 100);
  for (const char* part : {"assumed: prompt of 512 tokens (--prompt)", "TTFT", "TPOT", "tok/s/user",
                           "KV cache", "most users", "longest        4,096 tokens", "largest model"})
    CHECK(contains(r.out, part));
}

TEST_CASE("its JSON and CSV hold the same answers") {
  const json j = parsed(
      run({"serve", "llama-3-8b", "--gpu", "a100-sxm4-80gb", "--batches", "4", "--weights", "int4", "--json"})
          .out);
  CHECK(j["schema_version"] == 1);
  CHECK(j["weights"] == "int4");
  REQUIRE(j["answers"].size() == 1);
  const json& a = j["answers"][0];
  CHECK(a["tokens_per_second"].get<double>() ==
        doctest::Approx(4 * a["tokens_per_second_per_user"].get<double>()));
  CHECK(a["memory"]["cache_bytes"] == 4.0 * 640 * 2 * 8 * 128 * 32 * 2);
  const Result csv =
      run({"serve", "llama-3-8b", "--gpu", "a100-sxm4-80gb", "--batches", "4,8", "--format", "csv"});
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 3);
  CHECK(contains(csv.err, "assumed: "));
}

TEST_CASE("a model that does not fit is an answer, no") {
  const Result r = run({"serve", "llama-2-70b", "--gpu", "rtx-3060-12gb"});
  CHECK(r.code == kAnswerIsNo);
  CHECK(contains(r.out, "too big"));
  CHECK(contains(r.out, "not one sequence fits"));
}

TEST_CASE("serve refuses what has no cache and words it does not know") {
  CHECK(run({"serve", "resnet50", "--gpu", "p4000"}).code == kBadInput);
  CHECK(contains(run({"serve", "llama-2-7b", "--gpu", "p4000", "--weights", "q9"}).err, "q4_k_m"));
  CHECK(run({"serve", "llama-2-7b"}).code == kBadInput);
  CHECK(run({"serve", "llama-2-7b", "--gpu", "p4000", "--output", "1"}).code == kBadInput);
}

TEST_CASE("predict takes a config.json, in every phase") {
  const Config config(kLlama);
  const std::string path = config.path.string();
  CHECK(parsed(run({"workload", path, "--json"}).out)["parameters"] == 1100048384);
  for (const char* phase : {"train", "infer", "prefill", "decode"}) {
    CAPTURE(phase);
    const Result r = run({"predict", path, "--gpu", "a100-sxm4-80gb", "--phase", phase, "--batch", "1"});
    CHECK(r.code == kDone);
  }
  const Result decode = run({"predict", path, "--gpu", "rtx-3060", "--phase", "decode", "--context", "1000",
                             "--weights", "q4_k_m", "--kv", "fp8", "--batch", "1"});
  CHECK(contains(decode.out, "decode behind 1000 cached tokens, weights in q4_k_m"));
  CHECK(contains(decode.out, "tokens/s"));
  CHECK(contains(decode.out, "key-value cache"));
}

TEST_CASE("decoders beside an encoder say what it read, and none is asked beyond its positions") {
  const Result step = run({"predict", "t5-base", "--gpu", "t4", "--phase", "decode", "--batch", "4"});
  CHECK(step.code == kDone);
  CHECK(contains(step.out, "512 tokens in the cache (--context); 512 tokens read by the encoder (--source)"));
  CHECK(contains(step.out, "tokens/s"));
  const Result given = run({"predict", "t5-base", "--gpu", "t4", "--phase", "decode", "--source", "100"});
  CHECK_FALSE(contains(given.out, "(--source)"));
  CHECK(contains(run({"predict", "gpt2", "--gpu", "t4", "--phase", "decode", "--source", "100"}).err,
                 "gpt2 takes no source length"));
  const Result sound = run({"predict", "whisper-small", "--gpu", "t4", "--phase", "decode", "--batch", "1"});
  CHECK(contains(sound.out, "224 tokens in the cache (--context)"));
}

TEST_CASE("a config that cannot be read is refused in one line that names it") {
  const Config config(R"({"model_type":"llama","hidden_size":2048})");
  const Result r = run({"predict", config.path.string(), "--gpu", "p4000"});
  CHECK(r.code == kBadInput);
  CHECK(contains(r.err, ".json: field 'vocab_size' is missing"));
  CHECK(run({"predict", "/nowhere/config.json", "--gpu", "p4000"}).code == kBadInput);
  CHECK(contains(run({"predict", "llama-2-7b", "--gpu", "p4000", "--phase", "decode", "--seq", "5"}).err,
                 "--context"));
  CHECK(
      contains(run({"predict", "llama-2-7b", "--gpu", "p4000", "--weights", "q4_0"}).err, "inference only"));
}
