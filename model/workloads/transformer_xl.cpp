// Transformer-XL: segments that attend to the hidden states of the one before, by relative position.
// Source: Dai et al., "Transformer-XL: Attentive Language Models beyond a Fixed-Length Context" (2019);
// NVIDIA/DeepLearningExamples, PyTorch/LanguageModeling/Transformer-XL (mem_transformer.py, wt103_{base,large}.yaml): the
// memory is as long as the segment, and its positions pass through the query projection too, unused.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/transformer.h"

namespace roofcast {
namespace {

struct XlShape {
  std::int64_t layers, hidden, heads, feed_forward,
      shrinks;  // of later clusters' embeddings, each by so much
};
constexpr std::int64_t kHeadDim = 64;

/// Words of WikiText-103 by frequency, in clusters; those after the first hang below three nodes of the first. Their
/// share of the text by Zipf's law: 103.2 M tokens of 267,735 words that occur three times or more (Merity et al. 2017)
/// have the exponent 1.275.
struct Cluster {
  std::int64_t words;
  double share;
};
constexpr std::array<Cluster, 4> kClusters{{{19997, 1}, {20000, 0.0099}, {160000, 0.0172}, {67738, 0.0024}}};

class TransformerXl : public SequenceBuilder {
 public:
  TransformerXl(const WorkloadRequest& request, const WorkloadInfo& info, const XlShape& shape)
      : SequenceBuilder(request, info),
        s_(shape),
        all_(2 * length()),
        hidden_(elements(info.name, {tokens(), shape.hidden})) {}

  Graph build() {
    int x = dropout("embed.dropout", embed(), hidden_);
    const std::int64_t h = s_.hidden;
    int positions = pointwise("positions.outer", "mulu", elements("positions", {all_, h}), {});
    at(positions).needs_input_gradient = false;
    positions = dropout("positions.dropout", positions, all_ * h);
    for (std::int64_t i = 0; i < s_.layers; ++i) x = layer("layers." + std::to_string(i), x, positions);
    const std::int64_t states = elements("memory", {s_.layers + 1, hidden_});
    keep(states, 0);
    rearrange("memory.update", x, states);  // the states of all layers, for the next segment
    adaptive_softmax(dropout("dropout", x, hidden_));
    return take();
  }

 private:
  std::int64_t width(std::size_t cluster) const {
    std::int64_t w = s_.hidden;
    for (std::size_t i = 0; i < cluster; ++i) w /= s_.shrinks;
    return w;
  }
  std::int64_t rows(const Cluster& c) const {
    const double mean = c.share * static_cast<double>(tokens());
    return std::max<std::int64_t>(1, std::llround(mean));
  }

  /// One table for all words, or one for each cluster and a product that widens it.
  int embed() {
    const std::int64_t h = s_.hidden;
    if (s_.shrinks == 1) {
      std::int64_t words = 0;
      for (const Cluster& c : kClusters) words += c.words;
      return pointwise("embed.scale", "mulu", hidden_, {embedding("embed", tokens(), h, words)});
    }
    std::vector<int> parts;
    for (std::size_t i = 0; i < kClusters.size(); ++i) {
      const std::string at = "embed." + std::to_string(i);
      const std::int64_t n = rows(kClusters[i]);
      const int x = embedding(at, n, width(i), kClusters[i].words);
      parts.push_back(linear(at + ".proj", x, n, width(i), h, {.bias = false}));
    }
    return pointwise("embed.scale", "mulu", hidden_, {joined("embed.scatter", parts, hidden_)});
  }

  /// A learnt vector per head added to every query, the same in all layers.
  int add_bias(const std::string& name, int query, std::int64_t inner, bool owns) {
    const int y = add_broadcast(name, query, elements(name, {tokens(), inner}), kModelInput, inner);
    at(y).parameters = owns ? inner : 0;
    return y;
  }

  int attention(const std::string& name, int x, int positions) {
    const std::int64_t h = s_.hidden, inner = s_.heads * kHeadDim;
    const std::int64_t heads = elements(name, {batch(), s_.heads});
    const std::int64_t seen = elements(name, {batch(), all_}), wide = elements(name, {seen, h});
    const std::int64_t scores = elements(name, {heads, length(), all_});
    const bool first = name.starts_with("layers.0.");
    const int both = joined(name + ".memory", {kept(name + ".kept", wide / 2), x}, wide);
    const int qkv = linear(name + ".qkv", both, seen, h, 3 * inner, {.bias = false});
    split(qkv);
    const int r = linear(name + ".r", positions, all_, h, inner, {.bias = false});
    // einsum wants heads side by side, which thirds of one product are not.
    const int key = rearrange(name + ".key_copy", qkv, elements(name, {seen, inner}));
    const int content = matmul(name + ".scores", add_bias(name + ".content_bias", qkv, inner, first), key,
                               heads, length(), all_, kHeadDim);
    int shifted = matmul(name + ".position_scores", add_bias(name + ".position_bias", qkv, inner, first), r,
                         s_.heads, batch() * length(), all_, kHeadDim);
    shifted = rearrange(name + ".shift", shifted, scores);
    int p = pointwise(name + ".sum", "add", scores, {content, shifted});
    at(p).fusable = false;  // scores are spelled out: no fused attention takes them
    p = pointwise(name + ".scale", "mulu", scores, {p});
    p = pointwise(name + ".mask", "mask", scores, {p});
    p = softmax(name + ".softmax", p, elements(name, {heads, length()}), all_);
    p = dropout(name + ".attention_dropout", p, scores);
    const int value = rearrange(name + ".value_copy", qkv, elements(name, {seen, inner}));
    int y = matmul(name + ".context", p, value, heads, length(), kHeadDim, all_);
    y = rearrange(name + ".merge_heads", y, elements(name, {tokens(), inner}));
    return linear(name + ".o", y, tokens(), inner, h, {.bias = false});
  }

  int residual(const std::string& name, int x, int y) {
    y = pointwise(name + ".add", "add", hidden_, {x, dropout(name + ".dropout", y, hidden_)});
    return layer_norm(name + ".norm", y, tokens(), s_.hidden);
  }

  int layer(const std::string& name, int x, int positions) {
    const std::int64_t f = s_.feed_forward, wide = elements(name, {tokens(), f});
    x = residual(name + ".attn", x, attention(name + ".attn", x, positions));
    int y = pointwise(name + ".ff.relu", "relu", wide, {linear(name + ".ff.0", x, tokens(), s_.hidden, f)});
    y = linear(name + ".ff.3", dropout(name + ".ff.inner_dropout", y, wide), tokens(), f, s_.hidden);
    return residual(name + ".ff", x, y);
  }

  /// Every token is judged among the first cluster and the nodes of the others, those of a later one also within it.
  /// Source: Grave et al., "Efficient softmax approximation for GPUs" (2017).
  void adaptive_softmax(int x) {
    const std::int64_t h = s_.hidden, tails = std::ssize(kClusters) - 1;
    for (std::size_t i = 0; i < kClusters.size(); ++i) {
      const std::string at = "softmax." + std::to_string(i);
      const std::int64_t n = i == 0 ? tokens() : rows(kClusters[i]), w = width(i);
      const std::int64_t words = kClusters[i].words + (i == 0 ? tails : 0);
      int y = i == 0 ? x : rearrange(at + ".select", x, elements(at, {n, h}));
      if (s_.shrinks > 1) y = linear(at + ".proj", y, n, h, w, {.bias = false, .tied = i > 0});
      y = linear(at + ".logits", y, n, w, words, {.tied = true});
      if (i == 0) this->at(y).parameters += tails * w;
      if (s_.shrinks == 1) slice(y, words * w);
      cross_entropy(at + ".loss", y, n, words);
      if (training()) pick(at + ".pick", y, n);
    }
  }

  /// Rows of one table as a weight: their gradient is put into zeros as large as the table and added to it.
  void slice(int logits, std::int64_t rows_of_it) {
    std::int64_t table = 0;
    for (const Cluster& c : kClusters) table += c.words * s_.hidden;
    at(logits).backward = {Pointwise{table, 0, 1, 1}, Pointwise{rows_of_it, 1, 1, 1},
                           Pointwise{std::max<std::int64_t>(1, table - rows_of_it), 2, 1, 1}};
  }

  /// Of a cluster's words the first cluster's log-probabilities are taken out, and their gradients put back into zeros.
  void pick(const std::string& name, int from, std::int64_t n) {
    const std::int64_t nodes = kClusters[0].words + std::ssize(kClusters) - 1;
    const std::int64_t part = elements(name, {n, nodes}), all = elements(name, {tokens(), nodes});
    Node node;
    node.name = name;
    node.op = Copy{part, 1, 1, false};
    node.backward = {Pointwise{all, 0, 1, 1}, Pointwise{part, 2, 1, 1}, Pointwise{all, 2, 1, 1}};
    node.output_elements = part;
    node.saves_input = false;
    node.training_only = true;
    cross_entropy(name + ".loss", add(std::move(node), {from}), 1, n);
  }

  XlShape s_;
  std::int64_t all_, hidden_;  // positions that are attended to: memory and segment
};

Network entry(const char* name, const char* description, std::int64_t length, const XlShape& shape) {
  Network network;
  network.info = sequence_workload(name, description, length, Task::language_model);
  network.tasks = {Task::language_model};
  network.info.default_batch = 16;
  network.build = [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
    return TransformerXl(request, info, shape).build();
  };
  return network;
}

}  // namespace

std::vector<Network> transformer_xl_family() {
  return {entry("transformerxl-base", "Transformer-XL, 16 layers, segments of 192, 192 M", 192,
                {16, 512, 8, 2048, 1}),
          entry("transformerxl-large", "Transformer-XL, 18 layers, segments of 384, 285 M", 384,
                {18, 1024, 16, 4096, 4})};
}

}  // namespace roofcast
