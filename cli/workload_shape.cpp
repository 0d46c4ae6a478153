// Reading of shape options.
// SPDX-License-Identifier: Apache-2.0
#include "cli/workload_shape.h"

#include "cli/suggest.h"
#include "hwdb/input_error.h"

namespace roofcast::cli {
namespace {

// Far above any real one; build() refuses what a network cannot take.
constexpr std::int64_t kLargestImage = 1 << 14;
constexpr std::int64_t kLongestSequence = 1 << 24;
constexpr std::int64_t kLargestDimension = std::int64_t{1} << 32;

}  // namespace

void add_shape_options(po::options_description& options) {
  const auto text = [](const char* value) { return po::value<std::string>()->value_name(value); };
  options.add_options()("task", text("NAME"), "head: classification, squad, pretraining, language-model")(
      "image", text("N"), "image side in pixels, or height and width as 1088x1920")(
      "steps", text("N"), "denoising steps for one image of a diffusion model")(
      "stem", text("STEM"), "first layers of a ResNet: imagenet (default) or cifar")(
      "seq", text("N"), "sequence length; of --phase prefill the prompt's")(
      "context", text("N"), "tokens of each sequence already in the key-value cache of a decoder")(
      "source", text("N"), "tokens that an encoder reads (T5, BART), where they are not as many as --seq")(
      "dim", po::value<std::vector<std::string>>()->composing()->value_name("NAME=N"),
      "size of a named dimension of an ONNX file, the batch apart; may be repeated")(
      "strict", po::bool_switch(), "refuse an ONNX file with operators that have no model");
}

void read_shape_options(const po::variables_map& values, WorkloadRequest& request) {
  const auto task = given_word<Task>(values, "task",
                                     {{"classification", Task::classification},
                                      {"squad", Task::squad},
                                      {"pretraining", Task::pretraining},
                                      {"language-model", Task::language_model}});
  if (task) request.task = task;
  if (const auto stem =
          given_word<Stem>(values, "stem", {{"imagenet", Stem::imagenet}, {"cifar", Stem::cifar}}))
    request.stem = stem;
  if (const auto image = given(values, "image")) {  // 224, or height and width: 1088x1920
    const std::size_t cross = image->find('x');
    request.image_size = parse_integer(image->substr(0, cross), "--image", 1, kLargestImage);
    request.image_width = std::nullopt;
    if (cross != std::string::npos)
      request.image_width = parse_integer(image->substr(cross + 1), "--image", 1, kLargestImage);
  }
  if (const auto steps = given(values, "steps")) request.steps = parse_integer(*steps, "--steps", 1, 1000);
  if (const auto length = given(values, "seq"))
    request.sequence_length = parse_integer(*length, "--seq", 1, kLongestSequence);
  if (const auto context = given(values, "context"))
    request.context = parse_integer(*context, "--context", 0, kLongestSequence);
  if (const auto length = given(values, "source"))
    request.source_length = parse_integer(*length, "--source", 1, kLongestSequence);
  request.strict = values["strict"].as<bool>();
  if (values.count("dim") == 0) return;
  for (const std::string& given_dims : values["dim"].as<std::vector<std::string>>()) {
    for (const std::string& part : split_list(given_dims, "--dim")) {
      const std::size_t equals = part.rfind('=');
      if (equals == std::string::npos || equals == 0)
        throw InputError("--dim: " + in_quotes(part) + " is not NAME=N, as sequence=128");
      const std::string name = part.substr(0, equals);
      const std::int64_t size = parse_integer(part.substr(equals + 1), "--dim " + name, 1, kLargestDimension);
      if (!request.dimensions.emplace(name, size).second)
        throw InputError("--dim: " + name + " is given twice");
    }
  }
}

void set_default_shape(const WorkloadInfo& info, WorkloadRequest& request) {
  request.image_size = info.default_image_size;
  request.sequence_length = info.default_sequence_length;
  request.task = info.default_task;
}

WorkloadRequest default_request(const WorkloadInfo& info) {
  WorkloadRequest request;
  request.name = info.name;
  request.mode = Mode::inference;
  set_default_shape(info, request);
  return request;
}

}  // namespace roofcast::cli
