// GNMT as MLPerf trains it: four LSTM layers on either side, attention between the first of the decoder and the rest.
// Source: Wu et al. (2016); NVIDIA/DeepLearningExamples, PyTorch/Translation/GNMT (seq2seq/models): the encoder's first
// layer reads both ways, the decoder attends with its first layer's states alone (so training needs no step by step),
// all later layers read the context beside their input, one table embeds both languages.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/recurrent.h"
#include "model/workloads/transformer.h"

namespace roofcast {
namespace {

constexpr std::int64_t kHidden = 1024, kLayers = 4;
constexpr std::int64_t kVocabulary = 32320;  // 32,317 pieces, padded to a multiple of eight

class Gnmt : public SequenceBuilder {
 public:
  Gnmt(const WorkloadRequest& request, const WorkloadInfo& info)
      : SequenceBuilder(request, info), name_(info.name), queries_(length()) {}

  // Inference translates greedily: the decoder runs word by word, as many words as it read.
  Graph build() {
    const int keys = project("decoder.attention.keys", encode(), tokens());
    if (!training()) {
      queries_ = 1;
      set_repetition(1, length());
    }
    decode(keys);
    return take();
  }

 private:
  /// `in` wide to kHidden over `steps` steps; biases of the input and of the state.
  int lstm(const std::string& name, int x, std::int64_t in, std::int64_t steps) {
    const std::int64_t gates = 4 * kHidden;
    return recurrent_layer(*this, name, x,
                           {kLstm, steps, batch(), in, kHidden, gates * (in + 2), gates * kHidden});
  }

  int side_by_side(const std::string& name, int left, int right, std::int64_t rows) {
    return joined(name, {left, right}, elements(name, {rows, 2, kHidden}));
  }

  int project(const std::string& name, int x, std::int64_t rows) {
    return linear(name, x, rows, kHidden, kHidden, {.bias = false});
  }

  int encode() {
    const std::int64_t hidden = elements(name_, {tokens(), kHidden});
    int x = dropout("encoder.dropout", embedding("embedding", tokens(), kHidden, kVocabulary), hidden);
    const int forward = lstm("encoder.0", x, kHidden, length());
    x = side_by_side("encoder.0.cat", forward, lstm("encoder.0.reverse", x, kHidden, length()), tokens());
    x = dropout("encoder.1.dropout", x, 2 * hidden);
    x = lstm("encoder.1", x, 2 * kHidden, length());
    for (std::int64_t i = 2; i < kLayers; ++i) {
      const std::string at = "encoder." + std::to_string(i);
      const int y = lstm(at, dropout(at + ".dropout", x, hidden), kHidden, length());
      x = pointwise(at + ".add", "add", hidden, {x, y});
    }
    return x;
  }

  /// vᵀ tanh(W q + U k + b) of every pair, v scaled to a learned length (Bahdanau et al. 2015; Salimans and Kingma 2016).
  int attend(int query, int keys) {
    const std::string at = "decoder.attention";
    const std::int64_t asked = batch() * queries_, pairs = elements(at, {asked, length()});
    const std::int64_t wide = elements(at, {pairs, kHidden}), rows = elements(at, {asked, kHidden});
    const int projected = project(at + ".query", query, asked);
    Node sum;
    sum.name = at + ".sum";
    sum.op =
        Pointwise{wide, static_cast<double>(rows + tokens() * kHidden) / static_cast<double>(wide), 1, 1};
    sum.backward = {Reduction{wide, rows}, Reduction{wide, tokens() * kHidden}};
    sum.output_elements = wide;
    sum.saves_input = false;
    sum.fusable = true;
    int x = add(std::move(sum), {projected, keys});
    x = add_broadcast(at + ".bias", x, wide, kModelInput, kHidden);
    this->at(x).parameters = kHidden + 1;  // and the length of v
    x = pointwise(at + ".tanh", "tanh", wide, {x});
    x = linear(at + ".scores", x, pairs, kHidden, 1, {.bias = false});
    x = softmax(at + ".softmax", pointwise(at + ".mask", "mask", pairs, {x}), asked, length());
    return matmul(at + ".context", x, keys, batch(), queries_, kHidden, length());
  }

  void decode(int keys) {
    const std::int64_t rows = elements(name_, {batch(), queries_}), hidden = elements(name_, {rows, kHidden});
    int x = embedding("decoder.embedding", rows, kHidden, kVocabulary, true);
    x = lstm("decoder.0", dropout("decoder.0.dropout", x, hidden), kHidden, queries_);
    const int context = attend(x, keys);
    for (std::int64_t i = 1; i < kLayers; ++i) {
      const std::string at = "decoder." + std::to_string(i);
      const int from = dropout(at + ".dropout", side_by_side(at + ".cat", x, context, rows), 2 * hidden);
      const int y = lstm(at, from, 2 * kHidden, queries_);
      x = i == 1 ? y : pointwise(at + ".add", "add", hidden, {x, y});
    }
    const int logits = linear("classifier", x, rows, kHidden, kVocabulary);
    cross_entropy("loss", logits, rows, kVocabulary);
  }

  std::string name_;
  std::int64_t queries_;  // words of the target that are decoded at once
};

}  // namespace

std::vector<Network> gnmt_family() {
  Network network;
  network.info =
      sequence_workload("gnmt", "GNMT of MLPerf, LSTMs with attention, 161 M", 50, Task::language_model);
  network.aliases = {"gnmt-v2"};
  network.tasks = {Task::language_model};
  network.info.default_batch = 128;
  network.build = [](const WorkloadRequest& request, const WorkloadInfo& info) {
    return Gnmt(request, info).build();
  };
  return {network};
}

}  // namespace roofcast
