// Every workload by name, and the checks a request passes before it is built.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "model/workloads/bare_kernel.h"
#include "model/workloads/families.h"
#include "model/workloads/names.h"

namespace roofcast {
namespace {

constexpr std::int64_t kMostPixels = 1 << 14;  // of an image's side
constexpr std::int64_t kLongestSequence = 1 << 20;
constexpr std::int64_t kMostClasses = 1 << 24;

const std::vector<Network>& entries() {
  static const std::vector<Network> all = [] {
    std::vector<Network> list;
    for (const auto family : {resnet_family,       resnet_v2_family,
                              nfnet_family,        regnet_family,
                              vgg_family,          compact_family,
                              densenet_family,     inception_family,
                              xception_family,     mobile_family,
                              efficientnet_family, ghostnet_family,
                              shufflenet_family,   convnext_family,
                              vit_family,          swin_family,
                              mixer_family,        repvgg_family,
                              dual_path_family,    dla_family,
                              hrnet_family,        poolformer_family,
                              cait_family,         crossvit_family,
                              maxvit_family,       tnt_family,
                              levit_family,        yolo_family,
                              darknet_family,      ssd_family,
                              unet_family,         stable_diffusion_family,
                              dcgan_family,        bert_family,
                              gpt2_family,         opt_family,
                              switch_family,       bart_family,
                              speech_family,       clip_family,
                              gnmt_family,         transformer_xl_family,
                              tacotron2_family,    waveglow_family,
                              ncf_family,          mask_rcnn_family,
                              language_family}) {
      for (Network& entry : family()) list.push_back(std::move(entry));
    }
    return list;
  }();
  return all;
}

bool is_called(const Network& entry, const std::string& wanted) {
  if (normalised(entry.info.name) == wanted) return true;
  return std::any_of(entry.aliases.begin(), entry.aliases.end(),
                     [&](const std::string& a) { return normalised(a) == wanted; });
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 60)) out += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return out;
}

[[noreturn]] void unknown(std::string_view name) {
  std::vector<std::string> known;
  for (const Network& entry : entries()) {
    known.push_back(entry.info.name);
    known.insert(known.end(), entry.aliases.begin(), entry.aliases.end());
  }
  std::string hint;
  for (const std::string& near : nearest_names(name, known))
    hint += (hint.empty() ? "; did you mean " : " or ") + near;
  if (!hint.empty()) hint += "?";
  throw UnknownWorkload(fmt::format("unknown workload '{}'{}", printable(name),
                                    hint.empty() ? "; `roofcast workloads` lists them" : hint));
}

const Network& find(std::string_view name) {
  const std::string wanted = normalised(name);
  for (const Network& entry : entries()) {
    if (is_called(entry, wanted)) return entry;
  }
  unknown(name);
}

void require_range(const std::string& name, const char* field, std::optional<std::int64_t> value,
                   std::int64_t most) {
  if (!value || (*value >= 1 && *value <= most)) return;
  throw std::invalid_argument(fmt::format("{}: {} must be from 1 to {}, is {}", name, field, most, *value));
}

void refuse(const std::string& name, const char* field, bool given, const char* instead) {
  if (given) throw std::invalid_argument(fmt::format("{} takes no {}: {}", name, field, instead));
}

void check(const WorkloadRequest& request, const Network& entry) {
  const std::string& name = entry.info.name;
  const bool image = entry.info.domain == Domain::image;
  require_range(name, "batch", request.batch, kMostSamples);
  if (image) {
    refuse(name, "sequence length", request.sequence_length.has_value(), "it works on images");
    require_range(name, "image size", request.image_size, kMostPixels);
    require_range(name, "image width", request.image_width, kMostPixels);
    if (request.image_width && !request.image_size)
      throw std::invalid_argument(name + ": an image has a width only beside a height");
  } else if (entry.info.domain == Domain::tensor) {
    refuse(name, "sequence length", request.sequence_length.has_value(), "its file names its dimensions");
    refuse(name, "image size", request.image_size.has_value(), "its file names its dimensions");
  } else {
    refuse(name, "image size", request.image_size.has_value(), "it works on sequences");
    require_range(name, "sequence length", request.sequence_length,
                  entry.longest_sequence > 0 ? entry.longest_sequence : kLongestSequence);
  }
  refuse(name, "image width", !image && request.image_width.has_value(), "it has no images of its own");
  refuse(name, "number of steps", request.steps.has_value() && !entry.takes_steps,
         "it makes nothing in several steps");
  require_range(name, "number of steps", request.steps, 1000);
  refuse(name, "stem", request.stem.has_value() && !entry.takes_stem, "only ResNets have a choice of stem");
  require_range(name, "number of classes", request.classes, kMostClasses);
  refuse(name, "context", request.context.has_value() && !entry.takes_context, "it keeps no key-value cache");
  refuse(name, "source length", request.source_length.has_value() && !entry.encodes_prompt,
         "it has no encoder of text beside its decoder");
  require_range(name, "source length", request.source_length,
                entry.longest_sequence > 0 ? entry.longest_sequence : kLongestSequence);
  refuse(name, "named dimension", !request.dimensions.empty() && !entry.takes_dimensions,
         "only imported graphs have them");
  refuse(name, "--strict", request.strict && !entry.takes_dimensions,
         "only imported graphs have unknown operators");
  if (request.context) {
    if (*request.context < 0) throw std::invalid_argument(name + ": context must not be negative");
    require_range(name, "context with the new tokens",
                  *request.context + request.sequence_length.value_or(*entry.info.default_sequence_length),
                  entry.longest_sequence > 0 ? entry.longest_sequence : kLongestSequence);
    if (request.mode == Mode::training)
      throw std::invalid_argument(name + " takes a context in inference only");
  }
  if (!request.task) return;
  if (std::find(entry.tasks.begin(), entry.tasks.end(), *request.task) == entry.tasks.end()) {
    std::string known;
    for (const Task task : entry.tasks)
      known += (known.empty() ? "" : ", ") + std::string(roofcast::name(task));
    throw std::invalid_argument(fmt::format("{} has no task {}{}", name, roofcast::name(*request.task),
                                            known.empty() ? "" : "; it has " + known));
  }
}

void check_bare(const WorkloadRequest& request) {
  const bool shaped = request.sequence_length || request.image_size || request.image_width || request.steps ||
                      request.classes || request.stem || request.task || request.context ||
                      request.source_length || !request.dimensions.empty();
  if (shaped || request.batch != 1) {
    throw std::invalid_argument(
        fmt::format("{}: a bare kernel's name says its whole shape; no batch or other field applies",
                    printable(request.name)));
  }
}

}  // namespace

std::string_view name(Task task) {
  switch (task) {
    case Task::classification: return "classification";
    case Task::squad: return "squad";
    case Task::pretraining: return "pretraining";
    case Task::language_model: return "language-model";
  }
  return "?";
}

WorkloadInfo image_workload(std::string name, std::string description, std::int64_t size) {
  WorkloadInfo info;
  info.name = std::move(name);
  info.description = std::move(description);
  info.default_image_size = size;
  return info;
}

Network image_network(std::string name, std::string description, std::vector<std::string> aliases,
                      std::int64_t size, BuildNetwork build) {
  return {image_workload(std::move(name), std::move(description), size),
          std::move(aliases),
          false,
          {},
          0,
          std::move(build)};
}

WorkloadInfo sequence_workload(std::string name, std::string description, std::int64_t sequence_length,
                               Task task) {
  WorkloadInfo info;
  info.name = std::move(name);
  info.description = std::move(description);
  info.domain = Domain::sequence;
  info.default_sequence_length = sequence_length;
  info.default_task = task;
  info.default_batch = 8;
  info.default_optimizer = Optimizer::adam;
  return info;
}

const std::vector<WorkloadInfo>& zoo() {
  static const std::vector<WorkloadInfo> all = [] {
    std::vector<WorkloadInfo> infos;
    for (const Network& entry : entries()) {
      infos.push_back(entry.info);
      infos.back().aliases = entry.aliases;
    }
    return infos;
  }();
  return all;
}

const Network& find_network_of(std::string_view name) { return find(name); }

WorkloadInfo find_workload(std::string_view name) {
  if (!is_bare_kernel(name)) return find(name).info;
  WorkloadInfo info;
  info.name = std::string(name);
  info.description = bare_kernel_graph(name).description;
  info.domain = Domain::kernel;
  info.default_batch = 1;
  info.default_optimizer = Optimizer::none;
  return info;
}

WorkloadInfo find_workload(const WorkloadRequest& request) {
  return request.imported ? request.imported->info : find_workload(request.name);
}

Graph build(const WorkloadRequest& request) {
  if (request.imported) {
    check(request, *request.imported);
    return request.imported->build(request, request.imported->info);
  }
  if (is_bare_kernel(request.name)) {
    check_bare(request);
    return bare_kernel_graph(request.name);
  }
  const Network& entry = find(request.name);
  check(request, entry);
  return entry.build(request, entry.info);
}

}  // namespace roofcast
