// Tacotron 2: text to the frames of a mel spectrogram, one after the other, each attending to the text.
// Source: Shen et al., "Natural TTS Synthesis by Conditioning WaveNet on Mel Spectrogram Predictions" (2018);
// NVIDIA/DeepLearningExamples, PyTorch/SpeechSynthesis/Tacotron2 (tacotron2/model.py), whose decoder is a loop of single
// LSTM cells in Python, in training too: every step makes gradients of all its weights and adds them to the others'.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "model/workloads/elements.h"
#include "model/workloads/families.h"
#include "model/workloads/image_builder.h"
#include "model/workloads/recurrent.h"

namespace roofcast {
namespace {

constexpr std::int64_t kSymbols = 148, kEncoder = 512, kDecoder = 1024, kPrenet = 256, kMel = 80;
constexpr std::int64_t kAttention = 128, kLocationFilters = 32, kLocationWidth = 31;

// LJSpeech (Ito and Johnson 2017): 13,100 clips, 1,308,678 characters and 86,117 s in all, the longest 10.1 s; a frame is
// 256 samples at 22,050 Hz. Batches are padded to their longest clip.
constexpr std::int64_t kLongestClip = 870;
constexpr double kSymbolsPerFrame = 1308678.0 / 86117 * 256 / 22050;

class Tacotron2 : public ImageBuilder {
 public:
  Tacotron2(const WorkloadRequest& request, const WorkloadInfo& info)
      : ImageBuilder(info.name, info.description, request, 1),
        frames_(request.sequence_length.value_or(*info.default_sequence_length)),
        text_(std::max<std::int64_t>(1, std::llround(kSymbolsPerFrame * static_cast<double>(frames_)))) {}

  Graph build() {
    set_input(values({text_}));
    memory_ = encode();
    keys_ = linear("decoder.memory_layer", memory_, rows(text_), kEncoder, kAttention, {.bias = false});
    if (!training()) set_repetition(1, frames_);  // what it hears next is what it said
    const std::int64_t steps = training() ? frames_ : 1;
    const int frames = prenet(steps);
    split(frames);
    std::vector<int> mels;
    for (std::int64_t t = 0; t < steps; ++t)
      mels.push_back(step("decoder.step" + std::to_string(t), t, frames));
    set_repetition(1, 1);
    postnet(joined("decoder.mels", mels, values({frames_, kMel})));
    return take();
  }

 private:
  std::int64_t values(std::initializer_list<std::int64_t> each) const {
    std::int64_t n = batch();
    for (const std::int64_t factor : each) n = elements(network(), {n, factor});
    return n;
  }
  std::int64_t rows(std::int64_t length) const { return values({length}); }

  /// Five taps over time, a norm, an activation and dropout.
  Feature layer(const std::string& name, Feature x, std::int64_t out, std::string_view function) {
    Filter filter{.out = out, .size = 1, .bias = true, .width = 5, .pad_w = 2};
    return dropout_image(name + ".dropout", conv_bn(name, x, filter, function));
  }

  int encode() {
    Feature x{embedding("embedding", rows(text_), kEncoder, kSymbols), kEncoder, 1, text_};
    x.node = rearrange("embedding.transpose", x.node, count(x));
    for (int i = 0; i < 3; ++i) x = layer("encoder.conv" + std::to_string(i), x, kEncoder, "relu");
    const int in = rearrange("encoder.transpose", x.node, count(x));
    constexpr std::int64_t kUnits = kEncoder / 2, kGates = 4 * kUnits;
    const auto lstm = [&](const char* name) {
      return recurrent_layer(
          *this, name, in,
          {kLstm, text_, batch(), kEncoder, kUnits, kGates * (kEncoder + 2), kGates * kUnits});
    };
    return joined("encoder.cat", {lstm("encoder.lstm"), lstm("encoder.lstm_reverse")},
                  values({text_, kEncoder}));
  }

  /// Of all frames at once where they are known; its dropout stays on when it speaks.
  int prenet(std::int64_t frames) {
    int x = kModelInput;
    std::int64_t in = kMel;
    for (const char* name : {"decoder.prenet.0", "decoder.prenet.1"}) {
      const std::string at = name;
      x = pointwise(at + ".relu", "relu", values({frames, kPrenet}),
                    {linear(at, x, rows(frames), in, kPrenet, {.bias = false})});
      x = pointwise(at + ".dropout", "mask", values({frames, kPrenet}), {x});
      in = kPrenet;
    }
    return x;
  }

  /// A product of a step; all steps share the weights of the first.
  int product(const std::string& name, std::int64_t t, int x, std::int64_t count, std::int64_t in,
              std::int64_t out, bool bias) {
    const int y = linear(name, x, count, in, out, {.bias = bias});
    if (t > 0) at(y).parameters = 0;
    return y;
  }

  int lstm_cell(const std::string& name, std::int64_t t, int x, int& state, std::int64_t in) {
    const std::int64_t gates = 4 * kDecoder, units = values({kDecoder});
    const int from_input = product(name + ".input", t, x, batch(), in, gates, false);
    const int from_state = product(name + ".hidden", t, state, batch(), kDecoder, gates, false);
    if (t == 0) at(from_input).parameters += 2 * gates;
    Node cell;
    cell.name = name + ".cell";
    cell.op = Pointwise{units, 9, 2, kLstm.flops};
    cell.backward = {Pointwise{units, 8, 5, kLstm.flops}};
    cell.output_elements = units;
    cell.saved_elements = training() ? 4 * units : 0;
    cell.saves_input = false;
    cell.saves_output = true;
    state = add(std::move(cell), {from_input, from_state});
    return dropout(name + ".dropout", state, units);
  }

  /// vᵀ tanh(W query + U memory + location(weights so far)): the context. Source: Chorowski et al. (2015).
  int attend(const std::string& name, std::int64_t t, int query) {
    const std::int64_t seen = rows(text_), wide = values({text_, kAttention});
    const int asked = product(name + ".query", t, query, batch(), kDecoder, kAttention, false);
    Feature where{joined(name + ".weights_cat", {weights_, sum_}, 2 * seen), 2, 1, text_};
    where = conv(name + ".location_conv", where,
                 {.out = kLocationFilters, .size = 1, .width = kLocationWidth, .pad_w = kLocationWidth / 2});
    if (t > 0) at(where.node).parameters = 0;
    const int transposed = rearrange(name + ".location_transpose", where.node, count(where));
    const int located =
        product(name + ".location_dense", t, transposed, seen, kLocationFilters, kAttention, false);
    int x = pointwise(name + ".add_1", "add", wide, {located, asked});
    x = pointwise(name + ".add_2", "add", wide, {x, keys_});
    x = pointwise(name + ".tanh", "tanh", wide, {x});
    x = product(name + ".v", t, x, seen, kAttention, 1, false);
    weights_ = softmax(name + ".softmax", pointwise(name + ".mask", "mask", seen, {x}), batch(), text_);
    sum_ = pointwise(name + ".sum", "add", seen, {sum_, weights_});
    return matmul(name + ".context", weights_, memory_, batch(), 1, kEncoder, text_);
  }

  int step(const std::string& name, std::int64_t t, int frames) {
    const std::int64_t both = kDecoder + kEncoder;
    int x = joined(name + ".cat_1", {frames, context_}, values({kPrenet + kEncoder}));
    x = lstm_cell(name + ".attention_rnn", t, x, attention_state_, kPrenet + kEncoder);
    context_ = attend(name + ".attention", t, x);
    x = joined(name + ".cat_2", {x, context_}, values({both}));
    x = lstm_cell(name + ".decoder_rnn", t, x, decoder_state_, both);
    x = joined(name + ".cat_3", {x, context_}, values({both}));
    const int mel = product(name + ".projection", t, x, batch(), both, kMel, true);
    product(name + ".gate", t, x, batch(), both, 1, true);
    return mel;
  }

  void postnet(int mels) {
    Feature x{rearrange("postnet.transpose", mels, values({frames_, kMel})), kMel, 1, frames_};
    const Feature before = x;
    for (int i = 0; i < 4; ++i) x = layer("postnet." + std::to_string(i), x, kEncoder, "tanh");
    x = ImageBuilder::add("postnet.add", layer("postnet.4", x, kMel, ""), before);
    for (const auto& [what, from] : {std::pair{"loss.mel", before}, {"loss.postnet", x}})
      if (training()) at(pointwise(what, "mulu", count(from), {from.node})).training_only = true;
  }

  std::int64_t frames_, text_;
  int memory_ = kModelInput, keys_ = kModelInput;  // the text, and its keys
  int context_ = kModelInput, weights_ = kModelInput, sum_ = kModelInput;
  int attention_state_ = kModelInput, decoder_state_ = kModelInput;
};

}  // namespace

std::vector<Network> tacotron2_family() {
  Network network;
  network.info = sequence_workload("tacotron2", "Tacotron 2, text to a mel spectrogram, 28 M", kLongestClip,
                                   Task::language_model);
  network.info.default_task.reset();
  network.info.default_batch = 48;
  network.longest_sequence = 2000;  // max_decoder_steps
  network.build = [](const WorkloadRequest& request, const WorkloadInfo& info) {
    return Tacotron2(request, info).build();
  };
  return {network};
}

}  // namespace roofcast
