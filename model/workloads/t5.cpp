// T5, and the Switch transformer: T5 whose every second feed-forward layer is a mixture of experts.
// Source: Fedus et al. (2022); Raffel et al. (2020); Hugging Face transformers 4.38, modeling_switch_transformers.py,
// experts run one after the other. Their configurations' capacity of 64 tokens per sequence is not applied: of 2,048
// tokens it would drop seven eighths, and measured runs take the time of all of them (NeuSight's switchxl4).
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/elements.h"
#include "model/workloads/encoders.h"
#include "model/workloads/families.h"
#include "model/workloads/transformer.h"

namespace roofcast {
namespace {

class T5 : public SequenceBuilder {
 public:
  T5(const WorkloadRequest& request, const WorkloadInfo& info, const T5Shape& shape)
      : SequenceBuilder(request, info),
        shape_(shape),
        hidden_(elements(info.name, {tokens(), shape.hidden})),
        inner_(elements(info.name, {tokens(), shape.heads * shape.head_dim})),
        scores_{batch() * shape.heads, length(), length(), shape.head_dim},
        count_(elements(info.name, {batch(), shape.heads, length(), length()})) {}

  Graph build() {
    const int encoded = stack("encoder", kModelInput);
    const int decoded = stack("decoder", encoded);
    const int scaled = shape_.tied ? pointwise("lm_scale", "mulu", hidden_, {decoded}) : decoded;
    const int logits = linear("lm_head", scaled, tokens(), shape_.hidden, shape_.vocabulary,
                              {.bias = false, .tied = shape_.tied});
    cross_entropy("loss", logits, tokens(), shape_.vocabulary);
    return take();
  }

 private:
  int plain(const std::string& name, int x, std::int64_t rows, std::int64_t in, std::int64_t out) {
    return linear(name, x, rows, in, out, {.bias = false});
  }

  int stack(const std::string& name, int encoded) {
    const bool decoder = encoded != kModelInput;
    int x = embedding(name + ".embed", tokens(), shape_.hidden, shape_.vocabulary, decoder);
    x = dropout(name + ".dropout", x, hidden_);
    const int bias = relative_bias(name);
    const int cross_mask = decoder ? constant_mask(name + ".cross_mask") : kModelInput;
    for (std::int64_t i = 0; i < (decoder ? shape_.decoder_layers : shape_.layers); ++i) {
      const std::string at = name + "." + std::to_string(i);
      x = attention(at + ".self", x, kModelInput, bias);
      if (decoder) x = attention(at + ".cross", x, encoded, cross_mask);
      x = shape_.experts > 0 && i % 2 == 1 ? sparse(at + ".experts", x) : dense(at + ".dense", x);
    }
    return dropout(name + ".final_dropout", rms_norm(name + ".final_norm", x, tokens(), shape_.hidden),
                   hidden_);
  }

  // Buckets of relative distance (seven elementwise kernels on length × length), a table of one number per head, and
  // the sum with the mask, repeated over the batch.
  int relative_bias(const std::string& name) {
    const std::int64_t square = elements(name, {length(), length()});
    int buckets = kModelInput;
    for (int step = 0; step < 7; ++step) {
      Node node;
      node.name = name + ".bucket." + std::to_string(step);
      node.op = Pointwise{square, 1, 1, 2};
      node.output_elements = square;
      node.saves_input = node.needs_input_gradient = false;
      node.fusable = true;
      buckets = add(std::move(node), {buckets});
    }
    int bias = embedding(name + ".relative_bias", square, shape_.heads, shape_.buckets);
    bias = rearrange(name + ".relative_bias.permute", bias, square * shape_.heads);
    const int sum = pointwise(name + ".bias_and_mask", "addu", count_, {bias});
    return sum;
  }

  int constant_mask(const std::string& name) {
    Node node;
    node.name = name;
    node.op = Pointwise{count_, 1, 1, 1};
    node.output_elements = count_;
    node.saves_input = node.needs_input_gradient = false;
    return add(std::move(node), {});
  }

  int attention(const std::string& name, int x, int memory, int bias) {
    const std::int64_t h = shape_.hidden;
    const std::int64_t inner = shape_.heads * shape_.head_dim;
    const int y = rms_norm(name + ".norm", x, tokens(), h);
    const int from = memory == kModelInput ? y : memory;
    const Heads heads{plain(name + ".q", y, tokens(), h, inner), plain(name + ".k", from, tokens(), h, inner),
                      plain(name + ".v", from, tokens(), h, inner)};
    int p = scores(name, heads, scores_);
    p = pointwise(name + ".add_bias", "add", count_, {p, bias});
    p = softmax(name + ".softmax", p, scores_.batch_heads * scores_.rows, scores_.cols);
    p = dropout(name + ".dropout", p, count_);
    const int out = plain(name + ".o", context(name, p, heads.value, scores_, inner_), tokens(), inner, h);
    return pointwise(name + ".add", "add", hidden_, {x, dropout(name + ".out_dropout", out, hidden_)});
  }

  int feed_forward(const std::string& name, int x, std::int64_t rows) {
    const std::int64_t wide = elements(name, {rows, shape_.feed_forward});
    int y = plain(name + ".wi", x, rows, shape_.hidden, shape_.feed_forward);
    if (shape_.gated) {  // T5 1.1 and later
      const int up = plain(name + ".wi_1", x, rows, shape_.hidden, shape_.feed_forward);
      y = pointwise(name + ".mul", "mul", wide, {pointwise(name + ".gelu", "gelu", wide, {y}), up});
    } else {
      y = pointwise(name + ".relu", "relu", wide, {y});
    }
    y = dropout(name + ".dropout", y, wide);
    return plain(name + ".wo", y, rows, shape_.feed_forward, shape_.hidden);
  }

  int dense(const std::string& name, int x) {
    const int y = feed_forward(name, rms_norm(name + ".norm", x, tokens(), shape_.hidden), tokens());
    return pointwise(name + ".add", "add", hidden_, {x, dropout(name + ".out_dropout", y, hidden_)});
  }

  // Router, then each expert on its even share of the tokens: gather, feed-forward, scatter.
  int sparse(const std::string& name, int x) {
    const std::int64_t rows = (tokens() + shape_.experts - 1) / shape_.experts;
    const std::int64_t gathered = elements(name, {rows, shape_.hidden});
    const std::int64_t choices = elements(name, {tokens(), shape_.experts});
    const int y = rms_norm(name + ".norm", x, tokens(), shape_.hidden);
    int route = plain(name + ".router", y, tokens(), shape_.hidden, shape_.experts);
    route = softmax(name + ".router.softmax", route, tokens(), shape_.experts);
    route = pointwise(name + ".router.capacity", "mulu", choices, {route});
    std::vector<int> parts;
    for (std::int64_t e = 0; e < shape_.experts; ++e) {
      const std::string at = name + "." + std::to_string(e);
      const int in = rearrange(at + ".gather", y, gathered);
      parts.push_back(rearrange(at + ".scatter", feed_forward(at, in, rows), gathered));
    }
    Node combine;  // experts' rows put into one tensor of all tokens
    combine.name = name + ".combine";
    combine.op = Copy{hidden_, 1, 1, false};
    combine.backward = {Copy{hidden_, 1, 1, false}};
    combine.output_elements = hidden_;
    combine.saves_input = false;
    const int combined = add(std::move(combine), parts);
    const int weighted = pointwise(name + ".weight", "mulu", hidden_, {combined, route});
    return pointwise(name + ".add", "add", hidden_, {x, dropout(name + ".out_dropout", weighted, hidden_)});
  }

  T5Shape shape_;
  std::int64_t hidden_, inner_;
  Scores scores_;
  std::int64_t count_;
};

}  // namespace

Network t5_network(std::string name, std::string description, const T5Shape& shape,
                   std::vector<std::string> aliases) {
  Network network;
  network.info = sequence_workload(std::move(name), std::move(description), 512, Task::language_model);
  network.aliases = std::move(aliases);
  network.tasks = {Task::language_model};
  network.build = [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
    return T5(request, info, shape).build();
  };
  return network;
}

std::vector<Network> switch_family() {
  T5Shape xl_4{24, 24, 1024, 32, 128, 16384};
  xl_4.experts = 4;
  std::vector<Network> list;
  list.push_back(
      t5_network("switch-xl-4", "Switch transformer XL with 4 experts, 5.3 G", xl_4, {"switchxl4"}));
  list.push_back(t5_network("t5-small", "T5, 61 M", {6, 6, 512, 8, 64, 2048}));
  list.push_back(t5_network("t5-base", "T5, 223 M", {}, {"t5"}));
  list.push_back(t5_network("t5-large", "T5, 738 M", {24, 24, 1024, 16, 64, 4096}));
  list.push_back(t5_network("t5-3b", "T5, 2.9 G", {24, 24, 1024, 32, 128, 16384}));
  list.push_back(t5_network("flan-t5-base", "T5 1.1, gated, 248 M",
                            {12, 12, 768, 12, 64, 2048, 32128, 32, true, false}));
  list.push_back(
      t5_network("flan-t5-xl", "T5 1.1, gated, 2.8 G", {24, 24, 2048, 32, 64, 5120, 32128, 32, true, false}));
  return list;
}

}  // namespace roofcast
