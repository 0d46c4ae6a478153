// T5, and the Switch transformer: T5 whose every second feed-forward layer is a mixture of experts.
// Source: Fedus et al. (2022); Raffel et al. (2020); Hugging Face transformers 4.38, modeling_switch_transformers.py,
// experts run one after the other. Their configurations' capacity of 64 tokens per sequence is not applied: of 2,048
// tokens it would drop seven eighths, and measured runs take the time of all of them (NeuSight's switchxl4).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "model/workloads/elements.h"
#include "model/workloads/encoders.h"
#include "model/workloads/families.h"
#include "model/workloads/transformer.h"

namespace roofcast {
namespace {

/// Of one stack: the tokens that run through it, behind so many whose keys and values are kept.
struct Run {
  std::int64_t length = 1, past = 0;
};

class T5 : public SequenceBuilder {
 public:
  T5(const WorkloadRequest& request, const WorkloadInfo& info, const T5Shape& shape)
      : SequenceBuilder(request, info),
        shape_(shape),
        texts_(text_pair(request, info)),
        source_(texts_.source) {}

  Graph build() {
    set_input(batch() * (texts_.reads() ? source_ : texts_.target));
    run_ = {source_, 0};
    const int encoded = texts_.reads() ? stack("encoder", false, kModelInput) : kModelInput;
    run_ = {texts_.target, texts_.past};
    int x = stack("decoder", true, encoded);
    const std::int64_t h = shape_.hidden;
    if (texts_.cached) {
      keep(elements("cache", {2 * shape_.decoder_layers, batch(), texts_.kept(), inner_width()}),
           elements("logits", {batch(), shape_.vocabulary}));
      if (texts_.target > 1) {  // only the last is asked for its successor
        run_.length = 1;
        x = rearrange("last_token", x, hidden());
      }
    }
    if (shape_.tied) x = pointwise("lm_scale", "mulu", hidden(), {x});
    const int logits =
        linear("lm_head", x, rows(), h, shape_.vocabulary, {.bias = false, .tied = shape_.tied});
    cross_entropy("loss", placed(logits, WeightPlace::Role::output, h), rows(), shape_.vocabulary);
    return take();
  }

 private:
  std::int64_t inner_width() const { return shape_.heads * shape_.head_dim; }
  std::int64_t rows() const { return elements("tokens", {batch(), run_.length}); }
  std::int64_t hidden() const { return elements("hidden", {rows(), shape_.hidden}); }
  std::int64_t scores_on(std::int64_t keys) const {
    return elements("scores", {batch(), shape_.heads, run_.length, keys});
  }

  int placed(int node, WeightPlace::Role role, std::int64_t row) {
    at(node).place = WeightPlace{role, layer_, shape_.layers + shape_.decoder_layers, row};
    return node;
  }

  int plain(const std::string& name, int x, std::int64_t tokens, std::int64_t in, std::int64_t out,
            WeightPlace::Role role = WeightPlace::Role::other) {
    return placed(linear(name, x, tokens, in, out, {.bias = false}), role, in);
  }

  int stack(const std::string& name, bool decoder, int encoded) {
    int x = embedding(name + ".embed", rows(), shape_.hidden, shape_.vocabulary, decoder && encoded >= 0);
    placed(x, shape_.tied ? WeightPlace::Role::output : WeightPlace::Role::embedding, shape_.hidden);
    x = dropout(name + ".dropout", x, hidden());
    const int bias = relative_bias(name);
    const int cross_mask = decoder ? constant_mask(name + ".cross_mask") : kModelInput;
    for (std::int64_t i = 0; i < (decoder ? shape_.decoder_layers : shape_.layers); ++i, ++layer_) {
      const std::string at = name + "." + std::to_string(i);
      x = attention(at + ".self", x, bias);
      if (decoder) x = attention(at + ".cross", x, cross_mask, encoded);
      x = shape_.experts > 0 && i % 2 == 1 ? sparse(at + ".experts", x) : dense(at + ".dense", x);
    }
    return dropout(name + ".final_dropout", rms_norm(name + ".final_norm", x, rows(), shape_.hidden),
                   hidden());
  }

  // Buckets of relative distance (seven elementwise kernels, queries × keys), a table of one number per head, and the
  // sum with the mask, repeated over the batch.
  int relative_bias(const std::string& name) {
    const std::int64_t keys = run_.past + run_.length;
    const std::int64_t square = elements(name, {run_.length, keys});
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
    return pointwise(name + ".bias_and_mask", "addu", scores_on(keys), {bias});
  }

  int constant_mask(const std::string& name) {
    Node node;
    const std::int64_t count = scores_on(source_);
    node.name = name;
    node.op = Pointwise{count, 1, 1, 1};
    node.output_elements = count;
    node.saves_input = node.needs_input_gradient = false;
    return add(std::move(node), {});
  }

  /// Keys or values of `from`, or of the text where an earlier step read it, or of its own past and x.
  int keys(const std::string& name, int from, bool cross, WeightPlace::Role role) {
    const std::int64_t inner = inner_width();
    if (cross && !texts_.reads()) return kept(name, elements(name, {batch(), source_, inner}));
    const std::int64_t tokens = elements(name, {batch(), cross ? source_ : run_.length});
    const int x = plain(name, from, tokens, shape_.hidden, inner, role);
    if (cross || run_.past == 0) return x;
    return append(name + ".cache", x, elements(name, {batch(), run_.past + run_.length, inner}));
  }

  int attention(const std::string& name, int x, int bias, std::optional<int> memory = {}) {
    const std::int64_t h = shape_.hidden, inner = inner_width();
    const Scores shape{batch() * shape_.heads, run_.length, memory ? source_ : run_.past + run_.length,
                       shape_.head_dim};
    const int y = rms_norm(name + ".norm", x, rows(), h);
    const int from = memory.value_or(y);
    const Heads heads{plain(name + ".q", y, rows(), h, inner),
                      keys(name + ".k", from, memory.has_value(), WeightPlace::Role::other),
                      keys(name + ".v", from, memory.has_value(), WeightPlace::Role::value)};
    int p = scores(name, heads, shape);
    p = pointwise(name + ".add_bias", "add", shape.count(), {p, bias});
    p = softmax(name + ".softmax", p, shape.batch_heads * shape.rows, shape.cols);
    p = dropout(name + ".dropout", p, shape.count());
    const int out = plain(name + ".o", context(name, p, heads.value, shape, elements(name, {rows(), inner})),
                          rows(), inner, h);
    return pointwise(name + ".add", "add", hidden(), {x, dropout(name + ".out_dropout", out, hidden())});
  }

  int feed_forward(const std::string& name, int x, std::int64_t tokens) {
    const std::int64_t wide = elements(name, {tokens, shape_.feed_forward});
    int y = plain(name + ".wi", x, tokens, shape_.hidden, shape_.feed_forward);
    if (shape_.gated) {  // T5 1.1 and later
      const int up = plain(name + ".wi_1", x, tokens, shape_.hidden, shape_.feed_forward);
      y = pointwise(name + ".mul", "mul", wide, {pointwise(name + ".gelu", "gelu", wide, {y}), up});
    } else {
      y = pointwise(name + ".relu", "relu", wide, {y});
    }
    y = dropout(name + ".dropout", y, wide);
    return plain(name + ".wo", y, tokens, shape_.feed_forward, shape_.hidden, WeightPlace::Role::down);
  }

  int dense(const std::string& name, int x) {
    const int y = feed_forward(name, rms_norm(name + ".norm", x, rows(), shape_.hidden), rows());
    return pointwise(name + ".add", "add", hidden(), {x, dropout(name + ".out_dropout", y, hidden())});
  }

  // Router, then each expert on its even share of the tokens: gather, feed-forward, scatter.
  int sparse(const std::string& name, int x) {
    const std::int64_t visited = std::min(shape_.experts, rows());
    const std::int64_t share = (rows() + visited - 1) / visited;
    const std::int64_t gathered = elements(name, {share, shape_.hidden});
    const std::int64_t choices = elements(name, {rows(), shape_.experts});
    const int y = rms_norm(name + ".norm", x, rows(), shape_.hidden);
    int route = linear(name + ".router", y, rows(), shape_.hidden, shape_.experts, {.bias = false});
    route = softmax(name + ".router.softmax", route, rows(), shape_.experts);
    route = pointwise(name + ".router.capacity", "mulu", choices, {route});
    std::vector<int> parts;
    for (std::int64_t e = 0; e < visited; ++e) {
      const std::string at = name + "." + std::to_string(e);
      const int in = rearrange(at + ".gather", y, gathered);
      parts.push_back(rearrange(at + ".scatter", feed_forward(at, in, share), gathered));
    }
    Node combine;  // experts' rows put into one tensor of all tokens
    combine.name = name + ".combine";
    combine.op = Copy{hidden(), 1, 1, false};
    combine.backward = {Copy{hidden(), 1, 1, false}};
    combine.output_elements = hidden();
    combine.saves_input = false;
    const int combined = add(std::move(combine), parts);
    const int weighted = pointwise(name + ".weight", "mulu", hidden(), {combined, route});
    return pointwise(name + ".add", "add", hidden(), {x, dropout(name + ".out_dropout", weighted, hidden())});
  }

  T5Shape shape_;
  TextPair texts_;
  std::int64_t source_, layer_ = 0;
  Run run_;  // of the stack being built
};

/// One of every expert is visited, so that all are counted.
Graph whole(WorkloadRequest request, const WorkloadInfo& info, const T5Shape& shape) {
  request.context.reset();
  request.sequence_length = request.source_length = std::max<std::int64_t>(1, shape.experts);
  return T5(request, info, shape).build();
}

}  // namespace

Network t5_network(std::string name, std::string description, const T5Shape& shape,
                   std::vector<std::string> aliases) {
  Network network;
  network.info = sequence_workload(std::move(name), std::move(description), 512, Task::language_model);
  network.aliases = std::move(aliases);
  network.tasks = {Task::language_model};
  network.build = [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
    Graph graph = T5(request, info, shape).build();
    if (request.context)
      add_idle_weights(graph, whole(request, info, shape),
                       WeightPlace{WeightPlace::Role::other, 0, 1, shape.hidden});
    return graph;
  };
  network.takes_context = true;
  network.encodes_prompt = true;
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
