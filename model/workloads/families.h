// The families of networks the zoo is made of. One file each; a new network is an entry in one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/workloads/network.h"

namespace roofcast {

std::vector<Network> resnet_family();
std::vector<Network> vgg_family();
std::vector<Network> compact_family();  // SqueezeNet, GoogLeNet, DenseNet
std::vector<Network> mobile_family();   // MobileNetV3, EfficientNet
std::vector<Network> vit_family();
std::vector<Network> bert_family();
std::vector<Network> gpt2_family();
std::vector<Network> opt_family();
std::vector<Network> switch_family();  // and T5
std::vector<Network> speech_family();  // Whisper
std::vector<Network> clip_family();
std::vector<Network> language_family();  // decoders by name

/// A line of the zoo for a network on images.
WorkloadInfo image_workload(std::string name, std::string description);
/// ... for a transformer on sequences.
WorkloadInfo sequence_workload(std::string name, std::string description, std::int64_t sequence_length,
                               Task task);

}  // namespace roofcast
