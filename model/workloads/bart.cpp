// BART and mBART: an encoder of one text, a decoder of another that attends to it.
// Source: Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training" (2020); Liu et al., "Multilingual Denoising
// Pre-training for Neural Machine Translation" (2020); transformers 4.46, modeling_{bart,mbart}.py.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/tower.h"

namespace roofcast {
namespace {

class Bart : public Tower {
 public:
  Bart(const WorkloadRequest& request, const WorkloadInfo& info, const BartShape& shape)
      : Tower(request, info), s_(shape), texts_(text_pair(request, info)) {}

  Graph build() {
    set_input(elements("tokens", {batch(), texts_.reads() ? texts_.source : texts_.target}));
    const Sequence source = texts_.reads() ? run("encoder", texts_.source, s_.encoder)
                                           : Sequence{kModelInput, batch(), texts_.source};
    Sequence y = run("decoder", texts_.target, s_.decoder, source);
    const std::int64_t h = s_.decoder.hidden;
    if (texts_.cached) {
      keep(elements("cache", {2 * s_.decoder.layers, batch(), texts_.kept(), h}),
           elements("logits", {batch(), s_.vocabulary}));
      if (texts_.target > 1) {  // only the last is asked for its successor
        y.length = 1;
        y.node = rearrange("last_token", y.node, count(y, h));
      }
    }
    const int logits = linear("lm_head", y.node, tokens(y), h, s_.vocabulary, {.bias = false, .tied = true});
    cross_entropy("loss", logits, tokens(y), s_.vocabulary);
    return take();
  }

 private:
  /// Both share one table of tokens, which the first to run owns.
  Sequence run(const std::string& name, std::int64_t length, const TowerShape& shape,
               std::optional<Sequence> source = {}) {
    const bool decodes = source.has_value();
    Sequence x{kModelInput, batch(), length};
    x.node =
        embedding(name + ".embed_tokens", tokens(x), shape.hidden, s_.vocabulary, decodes && texts_.reads());
    x = positions(name + ".embed_positions", x, shape.hidden, s_.positions + 2);
    x = norm(name + ".norm_embedding", x, shape.hidden);
    x = stack(name + ".layers", x, shape, decodes, true, source,
              decodes ? Past{texts_.past, !texts_.reads()} : Past{});
    return shape.norm_after ? x : norm(name + ".layer_norm", x, shape.hidden);
  }

  BartShape s_;
  TextPair texts_;
};

Graph whole(WorkloadRequest request, const WorkloadInfo& info, const BartShape& shape) {
  request.context.reset();
  request.sequence_length = request.source_length = 1;
  return Bart(request, info, shape).build();
}

BartShape sized(std::int64_t layers, std::int64_t hidden) {
  const TowerShape tower{layers, hidden, hidden / 64, 4 * hidden, Activation::gelu, true};
  return {tower, tower};
}

}  // namespace

Network bart_network(std::string name, std::string description, const BartShape& shape) {
  Network network;
  network.info = sequence_workload(std::move(name), std::move(description),
                                   std::min<std::int64_t>(shape.positions, 512), Task::language_model);
  network.tasks = {Task::language_model};
  network.longest_sequence = shape.positions;
  network.takes_context = true;
  network.encodes_prompt = true;
  network.build = [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
    Graph graph = Bart(request, info, shape).build();
    if (request.context) add_idle_weights(graph, whole(request, info, shape));
    return graph;
  };
  return network;
}

std::vector<Network> bart_family() {
  return {bart_network("bart-base", "BART, 139 M", sized(6, 768)),
          bart_network("bart-large", "BART, 406 M", sized(12, 1024))};
}

}  // namespace roofcast
