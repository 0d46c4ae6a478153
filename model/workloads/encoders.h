// Networks with an encoder: BERT and its like, T5, vision transformers, CLIP and Whisper, each from its shape.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/workloads/decoder.h"
#include "model/workloads/network.h"

namespace roofcast {

/// BERT, RoBERTa (one token type) and DistilBERT (none, and no pooler).
struct BertShape {
  std::int64_t layers = 12, hidden = 768, heads = 12, feed_forward = 3072, vocabulary = 30522;
  std::int64_t positions = 512;  // rows of the table; RoBERTa's first two are padding's
  std::int64_t token_types = 2;
  bool pooler = true;
};
Network bert_network(std::string name, std::string description, const BertShape& shape,
                     std::vector<std::string> aliases = {});

/// T5; with experts every second feed-forward layer is sparse (Switch).
struct T5Shape {
  std::int64_t layers = 12, decoder_layers = 12, hidden = 768, heads = 12, head_dim = 64, feed_forward = 3072;
  std::int64_t vocabulary = 32128, buckets = 32;
  bool gated = false;  // T5 1.1: GELU and a gate
  bool tied = true;
  std::int64_t experts = 0;
};
Network t5_network(std::string name, std::string description, const T5Shape& shape,
                   std::vector<std::string> aliases = {});

/// A stack of layers with biases.
struct TowerShape {
  std::int64_t layers = 12, hidden = 768, heads = 12, feed_forward = 3072;
  Activation activation = Activation::gelu;
  bool norm_after = false;  // norms follow the sums (BART)
};

struct VisionShape {
  TowerShape tower;
  std::int64_t image = 224, patch = 16, channels = 3, classes = 1000;
};
/// A vision transformer of Hugging Face: class token, head on it.
Network vision_network(std::string name, std::string description, const VisionShape& shape);

/// Pairs of an image and a text, projected to one space.
struct ClipShape {
  VisionShape vision;
  TowerShape text{12, 512, 8, 2048, Activation::quick_gelu};
  std::int64_t vocabulary = 49408, positions = 77, projection = 512;
};
Network clip_network(std::string name, std::string description, const ClipShape& shape,
                     std::vector<std::string> aliases = {});

/// BART; mBART has its norms first and one after either stack.
struct BartShape {
  TowerShape encoder, decoder;
  std::int64_t vocabulary = 50265, positions = 1024;  // the tables have two rows more
};
Network bart_network(std::string name, std::string description, const BartShape& shape);

/// 30 seconds of sound into 1,500 positions, and a decoder that attends to them.
struct WhisperShape {
  TowerShape encoder, decoder;
  std::int64_t vocabulary = 51865, mel_bins = 80, source_positions = 1500, positions = 448;
};
Network whisper_network(std::string name, std::string description, const WhisperShape& shape);

}  // namespace roofcast
