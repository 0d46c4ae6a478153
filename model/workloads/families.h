// The families of networks the zoo is made of. One file each; a new network is an entry in one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/graph/graph.h"
#include "model/workloads/workload.h"

namespace roofcast {

struct ZooEntry {
  WorkloadInfo info;
  std::vector<std::string> aliases;   // other names, spelling apart
  bool takes_stem = false;            // 3×3 stem for small images
  std::vector<Task> tasks;            // heads it can wear; empty: none to choose
  std::int64_t longest_sequence = 0;  // position table; 0: images, or no limit
  Graph (*build)(const WorkloadRequest&, const WorkloadInfo&) = nullptr;
};

std::vector<ZooEntry> resnet_family();
std::vector<ZooEntry> vgg_family();
std::vector<ZooEntry> compact_family();  // SqueezeNet, GoogLeNet, DenseNet
std::vector<ZooEntry> mobile_family();   // MobileNetV3, EfficientNet
std::vector<ZooEntry> vit_family();
std::vector<ZooEntry> bert_family();
std::vector<ZooEntry> gpt2_family();
std::vector<ZooEntry> opt_family();
std::vector<ZooEntry> switch_family();

/// A line of the zoo for a network on images.
WorkloadInfo image_workload(std::string name, std::string description);
/// ... for a transformer on sequences.
WorkloadInfo sequence_workload(std::string name, std::string description, std::int64_t sequence_length,
                               Task task);

}  // namespace roofcast
