// Whisper: two convolutions over a spectrogram, an encoder, a decoder with attention to it.
// Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2023); transformers 4.46,
// modeling_whisper.py.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/tower.h"

namespace roofcast {
namespace {

class Whisper : public Tower {
 public:
  Whisper(const WorkloadRequest& request, const WorkloadInfo& info, const WhisperShape& shape)
      : Tower(request, info),
        w_(shape),
        length_(request.sequence_length.value_or(*info.default_sequence_length)),
        context_(request.context) {}

  /// Without a context the whole of it, every token with logits; with one of 0 tokens the pass that hears the sound and
  /// reads the prompt; behind more of them a step of the decoder alone.
  Graph build() {
    const Past past{context_.value_or(0), context_.value_or(0) > 0};
    const Sequence sound = past.memory ? Sequence{kModelInput, batch(), w_.source_positions} : encode();
    Sequence text{kModelInput, batch(), length_};
    text.node = embedding("decoder.embed_tokens", tokens(text), w_.decoder.hidden, w_.vocabulary);
    text = positions("decoder.embed_positions", text, w_.decoder.hidden, w_.positions);
    text = stack("decoder.layers", text, w_.decoder, true, false, sound, past);
    text = norm("decoder.layer_norm", text, w_.decoder.hidden);
    if (context_) {
      const std::int64_t words = in_blocks(past.positions + length_);
      keep(
          elements("cache", {2 * w_.decoder.layers, batch(), words + w_.source_positions, w_.decoder.hidden}),
          elements("logits", {batch(), w_.vocabulary}));
      if (length_ > 1) {
        text.length = 1;
        text.node = rearrange("last_token", text.node, count(text, w_.decoder.hidden));
      }
    }
    const int logits = linear("proj_out", text.node, tokens(text), w_.decoder.hidden, w_.vocabulary,
                              {.bias = false, .tied = true});
    cross_entropy("loss", logits, tokens(text), w_.vocabulary);
    return take();
  }

 private:
  Sequence encode() {
    const std::int64_t h = w_.encoder.hidden;
    set_input(elements("spectrogram", {batch(), w_.mel_bins, 2 * w_.source_positions}));
    Sequence sound =
        convolution("encoder.conv1", {kModelInput, batch(), 2 * w_.source_positions}, w_.mel_bins);
    sound.length = w_.source_positions;
    sound =
        positions("encoder.embed_positions", convolution("encoder.conv2", sound, h), h, w_.source_positions);
    return norm("encoder.layer_norm", stack("encoder.layers", sound, w_.encoder, false, false), h);
  }

  // Three taps over time: y.length positions come out, of stride 1 or 2.
  Sequence convolution(const std::string& name, Sequence y, std::int64_t channels) {
    const std::int64_t h = w_.encoder.hidden;
    const std::int64_t in = y.node == kModelInput ? y.length : 2 * y.length;
    Node node;
    node.name = name;
    node.op = Conv2d{.n = batch(),
                     .c = channels,
                     .h = 1,
                     .w = in,
                     .k = h,
                     .r = 1,
                     .s = 3,
                     .pad_w = 1,
                     .stride_w = in / y.length};
    node.output_elements = count(y, h);
    node.parameters = elements(name, {h, channels, 3}) + h;
    node.needs_input_gradient = y.node != kModelInput;
    y.node = activate(name + ".gelu", add(std::move(node), {y.node}), count(y, h), Activation::gelu);
    return y;
  }

  WhisperShape w_;
  std::int64_t length_;
  std::optional<std::int64_t> context_;
};

WhisperShape sized(std::int64_t layers, std::int64_t hidden) {
  const TowerShape tower{layers, hidden, hidden / 64, 4 * hidden, Activation::gelu};
  return {tower, tower};
}

}  // namespace

Network whisper_network(std::string name, std::string description, const WhisperShape& shape) {
  Network network;
  network.info = sequence_workload(std::move(name), std::move(description),
                                   std::min<std::int64_t>(shape.positions, 128), Task::language_model);
  network.tasks = {Task::language_model};
  network.longest_sequence = shape.positions;
  network.build = [shape](const WorkloadRequest& request, const WorkloadInfo& info) {
    Graph graph = Whisper(request, info, shape).build();
    if (request.context.value_or(0) > 0) {
      WorkloadRequest whole = request;
      whole.context.reset();
      add_idle_weights(graph, Whisper(whole, info, shape).build());
    }
    return graph;
  };
  network.takes_context = true;
  return network;
}

std::vector<Network> speech_family() {
  std::vector<Network> list;
  list.push_back(whisper_network("whisper-tiny", "Whisper, 30 s of sound, 38 M", sized(4, 384)));
  list.push_back(whisper_network("whisper-base", "Whisper, 73 M", sized(6, 512)));
  list.push_back(whisper_network("whisper-small", "Whisper, 242 M", sized(12, 768)));
  list.push_back(whisper_network("whisper-medium", "Whisper, 764 M", sized(24, 1024)));
  WhisperShape large = sized(32, 1280);
  list.push_back(whisper_network("whisper-large", "Whisper, 1.5 G", large));
  large.mel_bins = 128;
  large.vocabulary = 51866;
  list.push_back(whisper_network("whisper-large-v3", "Whisper, 128 bands, 1.5 G", large));
  large.decoder.layers = 4;
  list.push_back(whisper_network("whisper-turbo", "Whisper, 4 decoder layers, 809 M", large));
  return list;
}

}  // namespace roofcast
