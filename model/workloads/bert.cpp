// BERT with the heads it is fine-tuned and pre-trained with.
// Source: Devlin et al. (2019); Hugging Face transformers 4.38, modeling_bert.py, eager attention.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/workloads/elements.h"
#include "model/workloads/encoders.h"
#include "model/workloads/families.h"
#include "model/workloads/transformer.h"

namespace roofcast {
namespace {

class Bert : public SequenceBuilder {
 public:
  Bert(const WorkloadRequest& request, const WorkloadInfo& info, const BertShape& shape)
      : SequenceBuilder(request, info),
        shape_(shape),
        every_token_(request.logits_of_every_token),
        hidden_(elements(info.name, {tokens(), shape.hidden})) {}

  Graph build(Task task, std::int64_t classes) {
    Node mask;  // (1 - mask) · lowest, one number per token
    mask.name = "mask";
    mask.op = Pointwise{tokens(), 1, 1, 1};
    mask.output_elements = tokens();
    mask.saves_input = mask.needs_input_gradient = false;
    mask_ = add(std::move(mask), {});
    int x = embed();
    for (std::int64_t i = 0; i < shape_.layers; ++i) x = layer("encoder." + std::to_string(i), x);
    switch (task) {
      case Task::squad: squad(x); break;
      case Task::pretraining: pretraining(x, every_token_); break;
      default: classification(x, classes); break;
    }
    return take();
  }

 private:
  int embed() {
    const int word = embedding("embeddings.word", tokens(), shape_.hidden, shape_.vocabulary);
    int sum = word;
    if (shape_.token_types > 0) {
      const int type = embedding("embeddings.token_type", tokens(), shape_.hidden, shape_.token_types);
      sum = pointwise("embeddings.add_type", "add", hidden_, {word, type});
    }
    const int position = embedding("embeddings.position", length(), shape_.hidden, shape_.positions);
    const int all =
        add_broadcast("embeddings.add_position", sum, hidden_, position, length() * shape_.hidden);
    const int norm = layer_norm("embeddings.norm", all, tokens(), shape_.hidden);
    return dropout("embeddings.dropout", norm, hidden_);
  }

  int dense(const std::string& name, int x, std::int64_t in, std::int64_t out) {
    return linear(name, x, tokens(), in, out);
  }

  /// Post-norm: the norm follows the sum.
  int add_and_norm(const std::string& name, int x, int residual) {
    x = dropout(name + ".dropout", x, hidden_);
    x = pointwise(name + ".add", "add", hidden_, {x, residual});
    return layer_norm(name + ".norm", x, tokens(), shape_.hidden);
  }

  int layer(const std::string& name, int x) {
    const std::int64_t h = shape_.hidden;
    const std::string at = name + ".attention";
    const Heads heads{dense(at + ".query", x, h, h), dense(at + ".key", x, h, h),
                      dense(at + ".value", x, h, h)};
    const Scores s{batch() * shape_.heads, length(), length(), shape_.hidden / shape_.heads};
    const std::int64_t count = elements(name, {s.batch_heads, s.rows, s.cols});
    int p = scores(at, heads, s);
    p = pointwise(at + ".scale", "divu", count, {p});
    p = pointwise(at + ".mask", "addu", count, {p, mask_});
    p = softmax(at + ".softmax", p, s.batch_heads * s.rows, s.cols);
    p = dropout(at + ".dropout", p, count);
    const int c = context(at, p, heads.value, s, hidden_);
    const int attended = add_and_norm(at + ".output", dense(at + ".output", c, h, h), x);
    int y = dense(name + ".intermediate", attended, h, shape_.feed_forward);
    y = pointwise(name + ".gelu", "gelu", elements(name, {tokens(), shape_.feed_forward}), {y});
    return add_and_norm(name + ".output", dense(name + ".output", y, shape_.feed_forward, h), attended);
  }

  // Without one (DistilBERT) heads read the first token itself; its classifier has a layer of its own in place of it.
  int pooler(int x) {
    if (!shape_.pooler) return x;
    const int first = linear("pooler", x, batch(), shape_.hidden, shape_.hidden);  // of the first token
    return pointwise("pooler.tanh", "tanh", batch() * shape_.hidden, {first});
  }

  void classification(int x, std::int64_t classes) {
    const int pooled = dropout("classifier.dropout", pooler(x), batch() * shape_.hidden);
    cross_entropy("loss", linear("classifier", pooled, batch(), shape_.hidden, classes), batch(), classes);
  }

  // Start and end of the answer: two logits per token, each a softmax over the sequence. BERT computes the pooler too.
  void squad(int x) {
    pooler(x);
    const int logits = dense("qa_outputs", x, shape_.hidden, 2);
    cross_entropy("loss", logits, 2 * batch(), length());
  }

  // Logits of the masked positions, 15 % of all (20 of 128, 77 of 512), gathered before the vocabulary's product, and
  // next-sentence logits. Source: Devlin et al. (2019), section 3.1; gather_indexes of google-research/bert.
  void pretraining(int x, bool every_token) {
    const int pooled = pooler(x);
    const std::int64_t masked = every_token ? tokens() : batch() * ((length() * 15 + 99) / 100);
    const std::int64_t count = elements("predictions", {masked, shape_.hidden});
    int y = every_token ? x : rearrange("predictions.gather", x, count);
    y = linear("predictions.transform", y, masked, shape_.hidden, shape_.hidden);
    y = pointwise("predictions.gelu", "gelu", count, {y});
    y = layer_norm("predictions.norm", y, masked, shape_.hidden);
    y = linear("predictions.decoder", y, masked, shape_.hidden, shape_.vocabulary, {.tied = true});
    const int next = linear("seq_relationship", pooled, batch(), shape_.hidden, 2);
    cross_entropy("loss.masked", y, masked, shape_.vocabulary);
    cross_entropy("loss.next", next, batch(), 2);
  }

  BertShape shape_;
  bool every_token_;
  std::int64_t hidden_;
  int mask_ = kModelInput;
};

constexpr std::int64_t kPadding = 2;  // positions RoBERTa's table keeps for it

}  // namespace

Network bert_network(std::string name, std::string description, const BertShape& shape,
                     std::vector<std::string> aliases) {
  const std::int64_t longest = shape.positions % 8 == kPadding ? shape.positions - kPadding : shape.positions;
  Network network;
  network.info = sequence_workload(std::move(name), std::move(description),
                                   std::min<std::int64_t>(longest, 384), Task::squad);
  network.aliases = std::move(aliases);
  network.tasks = {Task::classification, Task::squad};
  if (shape.pooler) network.tasks.push_back(Task::pretraining);
  network.longest_sequence = longest;
  network.build = [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
    return Bert(request, info, shape)
        .build(request.task.value_or(*info.default_task), request.classes.value_or(2));
  };
  return network;
}

std::vector<Network> bert_family() {
  std::vector<Network> list;
  list.push_back(bert_network("bert-base", "BERT-base, uncased", {}, {"bert", "bert-base-uncased"}));
  list.push_back(
      bert_network("bert-large", "BERT-large, uncased", {24, 1024, 16, 4096}, {"bert-large-uncased"}));
  list.push_back(bert_network("roberta-base", "RoBERTa", {12, 768, 12, 3072, 50265, 514, 1}, {"roberta"}));
  list.push_back(bert_network("roberta-large", "RoBERTa, large", {24, 1024, 16, 4096, 50265, 514, 1}));
  list.push_back(bert_network("distilbert", "DistilBERT, half of BERT's layers",
                              {6, 768, 12, 3072, 30522, 512, 0, false},
                              {"distilbert-base", "distilbert-base-uncased"}));
  return list;
}

}  // namespace roofcast
