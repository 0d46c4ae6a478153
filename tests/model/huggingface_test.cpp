// One config of every family, as published, against the values its checkpoint holds; and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/huggingface/huggingface.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "model/forecast/forecast.h"
#include "tests/model/boards.h"

using namespace roofcast;
using doctest::Approx;

namespace {

Graph graph_of(const std::string& json, std::optional<std::int64_t> context = {}) {
  WorkloadRequest r;
  r.name = "config.json";
  r.mode = Mode::inference;
  r.imported = std::make_shared<const Network>(import_huggingface(json, "config.json"));
  if (r.imported->info.domain == Domain::sequence) r.sequence_length = 16;
  r.context = context;
  return build(r);
}

std::string refusal(const std::string& json) {
  try {
    graph_of(json);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

struct Published {
  const char* name;
  std::int64_t parameters;
  const char* json;
};

// Fields that decide the architecture, as in the publishers' files; those at their default are left out, as there.
const std::vector<Published> kPublished{
    {"Llama 2 7B", 6738415616,
     R"({"model_type":"llama","hidden_size":4096,"intermediate_size":11008,"num_attention_heads":32,
      "num_hidden_layers":32,"num_key_value_heads":32,"vocab_size":32000,"max_position_embeddings":4096,"hidden_act":"silu",
      "tie_word_embeddings":false})"},
    {"Llama 3 8B", 8030261248,
     R"({"model_type":"llama","hidden_size":4096,"intermediate_size":14336,"num_attention_heads":32,
      "num_hidden_layers":32,"num_key_value_heads":8,"vocab_size":128256,"max_position_embeddings":8192})"},
    {"Llama 2 70B", 68976648192,
     R"({"model_type":"llama","hidden_size":8192,"intermediate_size":28672,"num_attention_heads":64,
      "num_hidden_layers":80,"num_key_value_heads":8,"vocab_size":32000,"max_position_embeddings":4096})"},
    {"Mistral 7B", 7241732096,
     R"({"model_type":"mistral","hidden_size":4096,"intermediate_size":14336,"num_attention_heads":32,
      "num_hidden_layers":32,"num_key_value_heads":8,"vocab_size":32000,"sliding_window":4096})"},
    {"Mixtral 8x7B", 46702792704, R"({"model_type":"mixtral","hidden_size":4096,"intermediate_size":14336,
      "num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"vocab_size":32000,"num_local_experts":8,
      "num_experts_per_tok":2,"sliding_window":null})"},
    {"Qwen 2 7B", 7615616512,
     R"({"model_type":"qwen2","hidden_size":3584,"intermediate_size":18944,"num_attention_heads":28,
      "num_hidden_layers":28,"num_key_value_heads":4,"vocab_size":152064,"sliding_window":131072,"use_sliding_window":false})"},
    {"Qwen 3 0.6B", 596049920,
     R"({"model_type":"qwen3","hidden_size":1024,"intermediate_size":3072,"num_attention_heads":16,
      "num_hidden_layers":28,"num_key_value_heads":8,"head_dim":128,"vocab_size":151936,"tie_word_embeddings":true})"},
    {"Qwen 1.5 MoE A2.7B", 14315784192,
     R"({"model_type":"qwen2_moe","hidden_size":2048,"intermediate_size":5632,
      "num_attention_heads":16,"num_hidden_layers":24,"num_key_value_heads":16,"vocab_size":151936,"num_experts":60,
      "num_experts_per_tok":4,"moe_intermediate_size":1408,"shared_expert_intermediate_size":5632})"},
    {"Qwen 3 30B A3B", 30532122624, R"({"model_type":"qwen3_moe","hidden_size":2048,"intermediate_size":6144,
      "num_attention_heads":32,"num_hidden_layers":48,"num_key_value_heads":4,"head_dim":128,"vocab_size":151936,
      "num_experts":128,"num_experts_per_tok":8,"moe_intermediate_size":768,"decoder_sparse_step":1,"mlp_only_layers":[]})"},
    {"Gemma 2B", 2506172416,
     R"({"model_type":"gemma","hidden_size":2048,"intermediate_size":16384,"num_attention_heads":8,
      "num_hidden_layers":18,"num_key_value_heads":1,"head_dim":256,"vocab_size":256000,"hidden_act":"gelu"})"},
    {"Gemma 2 9B", 9241705984,
     R"({"model_type":"gemma2","hidden_size":3584,"intermediate_size":14336,"num_attention_heads":16,
      "num_hidden_layers":42,"num_key_value_heads":8,"head_dim":256,"vocab_size":256000,
      "hidden_activation":"gelu_pytorch_tanh"})"},
    {"Phi-2", 2779683840,
     R"({"model_type":"phi","hidden_size":2560,"intermediate_size":10240,"num_attention_heads":32,
      "num_hidden_layers":32,"vocab_size":51200,"max_position_embeddings":2048,"hidden_act":"gelu_new"})"},
    {"Phi-3 mini", 3821079552,
     R"({"model_type":"phi3","hidden_size":3072,"intermediate_size":8192,"num_attention_heads":32,
      "num_hidden_layers":32,"num_key_value_heads":32,"vocab_size":32064,"sliding_window":2047})"},
    {"Falcon 7B", 6921720704,
     R"({"model_type":"falcon","hidden_size":4544,"num_attention_heads":71,"num_hidden_layers":32,
      "vocab_size":65024,"multi_query":true,"parallel_attn":true,"bias":false,"alibi":false})"},
    {"Falcon 40B", 41303293952,
     R"({"model_type":"falcon","hidden_size":8192,"num_attention_heads":128,"num_hidden_layers":60,
      "num_kv_heads":8,"vocab_size":65024,"new_decoder_architecture":true})"},
    {"GPT-2", 124439808,
     R"({"model_type":"gpt2","n_embd":768,"n_head":12,"n_layer":12,"n_positions":1024,"n_ctx":1024,
      "vocab_size":50257,"activation_function":"gelu_new"})"},
    {"GPT-Neo 125M", 125198592,
     R"({"model_type":"gpt_neo","hidden_size":768,"num_layers":12,"num_heads":12,"vocab_size":50257,
      "max_position_embeddings":2048,"window_size":256,"intermediate_size":null})"},
    {"GPT-NeoX 20B", 20554567680, R"({"model_type":"gpt_neox","hidden_size":6144,"intermediate_size":24576,
      "num_attention_heads":64,"num_hidden_layers":44,"vocab_size":50432,"max_position_embeddings":2048,
      "hidden_act":"gelu_fast"})"},
    {"OPT 1.3B", 1315758080,
     R"({"model_type":"opt","hidden_size":2048,"ffn_dim":8192,"num_attention_heads":32,
      "num_hidden_layers":24,"vocab_size":50272,"max_position_embeddings":2048,"word_embed_proj_dim":2048})"},
    {"OPT 350M", 331196416, R"({"model_type":"opt","hidden_size":1024,"ffn_dim":4096,"num_attention_heads":16,
      "num_hidden_layers":24,"vocab_size":50272,"max_position_embeddings":2048,"word_embed_proj_dim":512,
      "do_layer_norm_before":false})"},
    {"BERT base", 109482240,
     R"({"model_type":"bert","hidden_size":768,"intermediate_size":3072,"num_attention_heads":12,
      "num_hidden_layers":12,"vocab_size":30522,"max_position_embeddings":512,"type_vocab_size":2})"},
    {"RoBERTa base", 124645632, R"({"model_type":"roberta","hidden_size":768,"intermediate_size":3072,
      "num_attention_heads":12,"num_hidden_layers":12,"vocab_size":50265,"max_position_embeddings":514,"type_vocab_size":1})"},
    {"DistilBERT", 66362880,
     R"({"model_type":"distilbert","dim":768,"hidden_dim":3072,"n_heads":12,"n_layers":6,
      "vocab_size":30522,"max_position_embeddings":512})"},
    {"T5 base", 222903552,
     R"({"model_type":"t5","d_model":768,"d_ff":3072,"d_kv":64,"num_heads":12,"num_layers":12,
      "vocab_size":32128})"},
    {"Flan-T5 base", 247577856,
     R"({"model_type":"t5","d_model":768,"d_ff":2048,"d_kv":64,"num_heads":12,"num_layers":12,
      "num_decoder_layers":12,"vocab_size":32128,"feed_forward_proj":"gated-gelu","tie_word_embeddings":false})"},
    {"mT5 small", 300176768,
     R"({"model_type":"mt5","d_model":512,"d_ff":1024,"d_kv":64,"num_heads":6,"num_layers":8,
      "num_decoder_layers":8,"vocab_size":250112})"},
    {"BART base", 139420416,
     R"({"model_type":"bart","d_model":768,"encoder_layers":6,"encoder_attention_heads":12,"encoder_ffn_dim":3072,
      "decoder_layers":6,"decoder_attention_heads":12,"decoder_ffn_dim":3072,"vocab_size":50265,
      "max_position_embeddings":1024})"},
    {"mBART-50 large", 610879488,
     R"({"model_type":"mbart","d_model":1024,"encoder_layers":12,"encoder_attention_heads":16,"encoder_ffn_dim":4096,
      "decoder_layers":12,"decoder_attention_heads":16,"decoder_ffn_dim":4096,"vocab_size":250054,
      "max_position_embeddings":1024})"},
    {"ViT-B/16", 86567656,
     R"({"model_type":"vit","hidden_size":768,"intermediate_size":3072,"num_attention_heads":12,
      "num_hidden_layers":12,"image_size":224,"patch_size":16})"},
    {"CLIP ViT-B/32", 151277313,
     R"({"model_type":"clip","projection_dim":512,"text_config":{"hidden_size":512},
      "vision_config":{"hidden_size":768,"patch_size":32}})"},
    {"Whisper small", 241734912,
     R"({"model_type":"whisper","d_model":768,"encoder_layers":12,"encoder_attention_heads":12,
      "encoder_ffn_dim":3072,"decoder_layers":12,"decoder_attention_heads":12,"decoder_ffn_dim":3072,"vocab_size":51865,
      "num_mel_bins":80})"},
    {"LFM2 8B A1B", 8339929856, R"({"model_type":"lfm2_moe","hidden_size":2048,"intermediate_size":7168,
      "num_attention_heads":32,"num_key_value_heads":8,"num_hidden_layers":24,"vocab_size":65536,"num_experts":32,
      "num_experts_per_tok":4,"moe_intermediate_size":1792,"num_dense_layers":2,"layer_types":["conv","conv",
      "full_attention","conv","conv","conv","full_attention","conv","conv","conv","full_attention","conv","conv","conv",
      "full_attention","conv","conv","conv","full_attention","conv","conv","full_attention","conv","conv"]})"},
};

}  // namespace

TEST_CASE("every family has the parameters of its published checkpoint, to 0.5 %") {
  for (const Published& p : kPublished) {
    CAPTURE(p.name);
    CHECK(static_cast<double>(graph_of(p.json).parameters()) ==
          Approx(static_cast<double>(p.parameters)).epsilon(0.005));
  }
}

TEST_CASE("decoders have a cache, encoders refuse one") {
  CHECK(graph_of(kPublished[0].json, 99).cache_elements == 262144 * 128);  // 115 tokens in blocks of 16
  CHECK_THROWS_AS(
      graph_of(R"({"model_type":"bert","hidden_size":768,"intermediate_size":3072,"num_attention_heads":12,
      "num_hidden_layers":12,"vocab_size":30522,"max_position_embeddings":512})",
               99),
      std::invalid_argument);
  // T5 keeps those of 99 + 16 words, in blocks of 16, and of the 512 that it read.
  CHECK(graph_of(R"({"model_type":"t5","d_model":768,"d_ff":3072,"d_kv":64,"num_heads":12,"num_layers":12,
      "vocab_size":32128})",
                 99)
            .cache_elements == 2 * 12 * 768 * (128 + 512));
}

TEST_CASE("a refusal names the field and what is possible") {
  CHECK(refusal("{") == "config.json: not valid JSON");
  CHECK(refusal("[1]") == "config.json: not a config.json, which is a JSON object");
  CHECK(refusal("{}").find("field 'model_type' is missing") != std::string::npos);
  CHECK(refusal(R"({"model_type":"lama"})").find("(did you mean llama?); supported are gpt2, ") !=
        std::string::npos);
  CHECK(refusal(R"({"model_type":"llama"})") == "config.json: field 'hidden_size' is missing");
  CHECK(refusal(R"({"model_type":"llama","hidden_size":"big"})") ==
        "config.json: field 'hidden_size' must be a whole number from 1 to 2147483647");
  CHECK(refusal(R"({"model_type":"llama","hidden_size":-4})").find("whole number from 1") !=
        std::string::npos);
  CHECK(refusal(R"({"model_type":"llama","hidden_size":1e30})").find("whole number from 1") !=
        std::string::npos);
  CHECK(
      refusal(
          R"({"model_type":"llama","hidden_size":100,"vocab_size":10,"intermediate_size":10,"num_hidden_layers":1,
                   "num_attention_heads":3})") ==
      "config.json: field 'num_attention_heads' is 3, which does not divide the hidden size 100, and no "
      "'head_dim' is "
      "given");
  CHECK(
      refusal(
          R"({"model_type":"llama","hidden_size":96,"vocab_size":10,"intermediate_size":10,"num_hidden_layers":1,
                   "num_attention_heads":3,"num_key_value_heads":2})")
          .find("no multiple of the 2 key-value heads") != std::string::npos);
  CHECK(
      refusal(
          R"({"model_type":"mixtral","hidden_size":64,"vocab_size":10,"intermediate_size":10,"num_hidden_layers":1,
                   "num_attention_heads":4,"num_local_experts":2,"num_experts_per_tok":3})")
          .find("'num_experts_per_tok' is 3, more than the 2 experts") != std::string::npos);
  CHECK(
      refusal(
          R"({"model_type":"llama","hidden_size":64,"vocab_size":10,"intermediate_size":10,"num_hidden_layers":1,
                   "num_attention_heads":4,"hidden_act":"tanhshrink"})")
          .find("'hidden_act' is 'tanhshrink'; supported are relu, ") != std::string::npos);
  CHECK(refusal(R"({"model_type":"clip","vision_config":{"patch_size":33}})")
            .find("field 'vision_config.patch_size' is 33") != std::string::npos);
}

TEST_CASE("sizes beyond any machine are refused, not overflowed") {
  CHECK(
      refusal(
          R"({"model_type":"llama","hidden_size":2147483647,"vocab_size":2147483647,"intermediate_size":2147483647,
                   "num_hidden_layers":1024,"num_attention_heads":1})")
          .find("more than 2^53 elements") != std::string::npos);
}

TEST_CASE("a config of 70 G parameters is read and forecast") {
  Job job;
  job.workload.name = "config.json";
  job.workload.mode = Mode::inference;
  job.workload.imported =
      std::make_shared<const Network>(import_huggingface(kPublished[2].json, "config.json"));
  job.workload.context = 2048;
  job.workload.sequence_length = 1;
  job.execution = {Mode::inference, Precision::fp16, Optimizer::none, *find_stack("vllm")};
  CHECK(forecast(job, testing::board("a100-sxm4-80gb"), prior_calibration()).step.expected.value > 0);
}
