// WaveGlow: sound from a mel spectrogram, by flows whose coupling layers are small WaveNets.
// Source: Prenger et al., "WaveGlow: A Flow-based Generative Network for Speech Synthesis" (2019), 256 channels;
// NVIDIA/DeepLearningExamples, PyTorch/SpeechSynthesis/Tacotron2 (waveglow/model.py), 512. A sequence is one of samples;
// speaking runs the same layers backwards. Weights are normalised in every step, one pass over them, which is left out.
// SPDX-License-Identifier: Apache-2.0
#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"

namespace roofcast {
namespace {

constexpr std::int64_t kGroup = 8, kFlows = 12, kEarlyEvery = 4, kEarly = 2;
constexpr std::int64_t kLayers = 8, kMel = 80, kHop = 256, kUpsampleWidth = 1024;
constexpr std::int64_t kSegment = 8000;  // samples, as it is trained

class WaveGlow : public ImageBuilder {
 public:
  WaveGlow(const WorkloadRequest& request, const WorkloadInfo& info, std::int64_t channels)
      : ImageBuilder(info.name, info.description, request, 1),
        channels_(channels),
        samples_(request.sequence_length.value_or(*info.default_sequence_length)),
        steps_((samples_ + kGroup - 1) / kGroup) {}

  Graph build() {
    set_input(elements(network(), {batch(), samples_}));
    const Feature sound = spectrum();
    Feature x{rearrange("audio.group", kModelInput, count({0, kGroup, 1, steps_})), kGroup, 1, steps_};
    for (std::int64_t k = 0; k < kFlows; ++k) {
      if (k > 0 && k % kEarlyEvery == 0) x = channels("early." + std::to_string(k), x, x.c - kEarly);
      x = flow("flows." + std::to_string(k), x, sound);
    }
    if (training()) at(pointwise("loss", "mulu", count(x), {x.node})).training_only = true;
    return take();
  }

 private:
  /// One filter of a weight-normalised convolution over time: a direction and a length.
  Feature layer(const std::string& name, Feature x, std::int64_t out, std::int64_t taps = 1,
                std::int64_t dilation = 1) {
    Filter f{.out = out, .size = 1, .bias = true, .width = taps, .pad_w = dilation * (taps / 2)};
    f.dilation = dilation;
    Feature y = conv(name, x, f);
    at(y.node).parameters += out;
    return y;
  }

  /// Frames to samples by a transposed convolution, then eight samples of 80 bands side by side.
  Feature spectrum() {
    const std::int64_t frames = (samples_ + kHop - 1) / kHop;
    Conv2d op;  // as seen from the output, whose last samples are cut off
    op.n = batch();
    op.c = op.k = kMel;
    op.w = (frames - 1) * kHop + kUpsampleWidth;
    op.s = kUpsampleWidth;
    op.stride_w = kHop;
    op.pass = Pass::backward_data;
    Node node;
    node.name = "upsample";
    node.op = op;
    node.output_elements = elements(network(), {batch(), kMel, op.w});
    node.parameters = kMel * kMel * kUpsampleWidth + kMel;
    node.needs_input_gradient = false;
    const int y = GraphBuilder::add(std::move(node), {});
    const Feature grouped{0, kMel * kGroup, 1, steps_};
    return {rearrange("spectrum.group", y, count(grouped)), grouped.c, 1, steps_};
  }

  Feature flow(const std::string& name, Feature x, Feature sound) {
    x = conv(name + ".invertible", x, {.out = x.c});
    const Feature half = channels(name + ".half", x, x.c / 2);
    Feature y = wavenet(name + ".wn", half, sound, x.c);
    // The other half times exp(s), plus b; then both side by side.
    y.c = x.c / 2;
    Node couple;
    couple.name = name + ".couple";
    couple.output_elements = count(y);
    couple.op = Pointwise{count(y), 3, 1, 6};
    couple.backward = {Pointwise{count(y), 2, 1, 5}, Pointwise{count(y), 3, 2, 3}};
    couple.composed = {Pointwise{count(y), 1, 1, 4}, Pointwise{count(y), 2, 1, 1},
                       Pointwise{count(y), 2, 1, 1}};
    y.node = GraphBuilder::add(std::move(couple), {y.node, x.node});
    return concat(name + ".cat", {half, y});
  }

  /// Gated layers of growing dilation, each told of the sound; their skips add up.
  Feature wavenet(const std::string& name, Feature half, Feature sound, std::int64_t out) {
    Feature x = layer(name + ".start", half, channels_), skips = x;
    for (std::int64_t i = 0; i < kLayers; ++i) {
      const std::string at = name + "." + std::to_string(i);
      const Feature in = layer(at + ".in", x, 2 * channels_, 3, std::int64_t{1} << i);
      const Feature told = layer(at + ".cond", sound, 2 * channels_);
      Feature gated{0, channels_, 1, steps_};
      const std::int64_t n = count(gated);
      Node gate;  // tanh of one half times sigmoid of the other: a scripted kernel
      gate.name = at + ".gate";
      gate.op = Pointwise{n, 4, 1, 14};
      gate.backward = {Pointwise{n, 3, 2, 16}, Copy{2 * n, 1, 1, false}};
      gate.output_elements = n;
      gated.node = GraphBuilder::add(std::move(gate), {in.node, told.node});
      const bool last = i + 1 == kLayers;
      const Feature both = layer(at + ".res_skip", gated, last ? channels_ : 2 * channels_);
      if (!last) x = {pointwise(at + ".res", "add", n, {both.node, x.node}), channels_, 1, steps_};
      skips = i == 0
                  ? both
                  : Feature{pointwise(at + ".skip", "add", n, {both.node, skips.node}), channels_, 1, steps_};
    }
    skips.c = channels_;
    Feature y = conv(name + ".end", skips, {.out = out, .bias = true});
    return y;
  }

  std::int64_t channels_, samples_, steps_;
};

Network entry(const char* name, const char* description, std::int64_t channels) {
  Network network;
  network.info = sequence_workload(name, description, kSegment, Task::language_model);
  network.info.default_task.reset();
  network.build = [channels](const WorkloadRequest& request, const WorkloadInfo& info) {
    return WaveGlow(request, info, channels).build();
  };
  return network;
}

}  // namespace

std::vector<Network> waveglow_family() {
  return {entry("waveglow", "WaveGlow, 512 channels, segments of 8,000 samples, 268 M", 512),
          entry("waveglow-256", "WaveGlow of the paper, 256 channels, 88 M", 256)};
}

}  // namespace roofcast
