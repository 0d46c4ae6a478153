// What can be asked for by name, and the graph it stands for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model/graph/execution.h"
#include "model/graph/graph.h"

namespace roofcast {

struct Network;

/// What a sample is; `tensor`: whatever the inputs of an imported graph are.
enum class Domain { image, sequence, kernel, tensor };

/// The first layers of a ResNet: 7×7 stride 2 and max-pool, or 3×3 stride 1 without pool.
enum class Stem { imagenet, cifar };

/// What a BERT is topped with; `language_model` is a decoder's own head.
enum class Task { classification, squad, pretraining, language_model };
std::string_view name(Task task);

/// Batches above this are refused.
inline constexpr std::int64_t kMostSamples = std::int64_t{1} << 24;

/// A workload and its shape. Absent fields take the workload's default.
struct WorkloadRequest {
  std::string name;  // "resnet50", "bert-large", "gemm:1000x1000x1000"
  Mode mode = Mode::training;
  std::int64_t batch = 1;
  std::optional<std::int64_t> sequence_length;
  std::optional<std::int64_t> image_size;   // pixels: the side, or the height where there is a width
  std::optional<std::int64_t> image_width;  // of images that are not square
  std::optional<std::int64_t> classes;
  std::optional<Stem> stem;
  std::optional<Task> task;
  bool logits_of_every_token =
      false;  // pretraining that does not gather the masked ones (Hugging Face's BERT)
  /// Tokens an encoder reads or has read; absent: as sequence_length, or behind a context the network's usual length.
  std::optional<std::int64_t> source_length;
  std::optional<std::int64_t> context;             // tokens of each sequence already in the key-value cache
  std::map<std::string, std::int64_t> dimensions;  // named dimensions of an imported graph
  std::optional<std::int64_t> steps;               // of denoising, for one image
  bool strict = false;                      // operators of an imported graph without a model are errors
  std::shared_ptr<const Network> imported;  // read from a file; nothing: `name` is in the zoo
};

/// A line of `roofcast workloads`, and the defaults a forecast starts from.
struct WorkloadInfo {
  std::string name;
  std::string description;
  Domain domain = Domain::image;
  std::optional<std::int64_t> default_sequence_length;
  std::optional<std::int64_t> default_image_size;
  std::optional<Task> default_task;
  std::int64_t default_batch = 64;  // 64 for CNNs, 8 for transformers
  Optimizer default_optimizer = Optimizer::sgd_momentum;
  std::vector<std::string> aliases = {};            // other names
  std::optional<Precision> default_precision = {};  // of an imported graph whose tensors are not FP32
  bool trains = true;                               // false: made of parts that are trained apart
};

/// Unknown name; what() suggests the nearest.
struct UnknownWorkload : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

const std::vector<WorkloadInfo>& zoo();

/// The zoo entry or the bare-kernel entry behind a name ("resnet-50", "ResNet50" and "resnet50" are one).
/// Throws UnknownWorkload, or std::invalid_argument for a bare kernel that says no shape (see bare_kernel.h).
WorkloadInfo find_workload(std::string_view name);
/// ... or behind a request, whose network may be imported.
WorkloadInfo find_workload(const WorkloadRequest& request);

/// The forward graph. Throws UnknownWorkload, or std::invalid_argument for a field out of range or one the
/// workload does not take (a sequence length for a CNN).
Graph build(const WorkloadRequest& request);

/// Forward operations and trainable parameters are properties of the graph: Graph::forward_flops(), parameters().

/// Images or sequences in one epoch of a named dataset; nothing for an unknown name.
struct Dataset {
  std::string name;          // "cifar10"
  std::int64_t samples = 0;  // 50,000
  Domain domain = Domain::image;
  std::optional<std::int64_t> image_size;       // what the network is fed by default: 224
  std::optional<std::int64_t> sequence_length;  // 384
  std::int64_t classes = 0;
};
const std::vector<Dataset>& datasets();
std::optional<Dataset> find_dataset(std::string_view name);

}  // namespace roofcast
