// The families of networks the zoo is made of. One file each; a new network is an entry in one of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/workloads/network.h"

namespace roofcast {

std::vector<Network> resnet_family();
std::vector<Network> vgg_family();
std::vector<Network> resnet_v2_family();
std::vector<Network> nfnet_family();
std::vector<Network> regnet_family();
std::vector<Network> compact_family();  // SqueezeNet, GoogLeNet
std::vector<Network> densenet_family();
std::vector<Network> inception_family();
std::vector<Network> xception_family();
std::vector<Network> mobile_family();  // MobileNet 1-3, MnasNet
std::vector<Network> efficientnet_family();
std::vector<Network> ghostnet_family();
std::vector<Network> shufflenet_family();
std::vector<Network> convnext_family();
std::vector<Network> vit_family();
std::vector<Network> swin_family();
std::vector<Network> mixer_family();
std::vector<Network> repvgg_family();
std::vector<Network> dual_path_family();
std::vector<Network> dla_family();
std::vector<Network> hrnet_family();
std::vector<Network> poolformer_family();
std::vector<Network> cait_family();
std::vector<Network> crossvit_family();
std::vector<Network> maxvit_family();  // and CoAtNet
std::vector<Network> tnt_family();
std::vector<Network> levit_family();
std::vector<Network> yolo_family();     // 5, 8, 11
std::vector<Network> darknet_family();  // YOLOv3, YOLOv4
std::vector<Network> ssd_family();
std::vector<Network> mask_rcnn_family();
std::vector<Network> unet_family();
std::vector<Network> stable_diffusion_family();
std::vector<Network> dcgan_family();
std::vector<Network> bert_family();
std::vector<Network> gpt2_family();
std::vector<Network> opt_family();
std::vector<Network> switch_family();  // and T5
std::vector<Network> bart_family();
std::vector<Network> speech_family();  // Whisper
std::vector<Network> clip_family();
std::vector<Network> gnmt_family();
std::vector<Network> transformer_xl_family();
std::vector<Network> tacotron2_family();
std::vector<Network> waveglow_family();
std::vector<Network> ncf_family();
std::vector<Network> language_family();  // decoders by name

/// A line of the zoo for a network on square images of `size` pixels.
WorkloadInfo image_workload(std::string name, std::string description, std::int64_t size = 224);
/// A network on images, with what else it is called.
Network image_network(std::string name, std::string description, std::vector<std::string> aliases,
                      std::int64_t size, BuildNetwork build);
/// ... for a transformer on sequences.
WorkloadInfo sequence_workload(std::string name, std::string description, std::int64_t sequence_length,
                               Task task);

}  // namespace roofcast
