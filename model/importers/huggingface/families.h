// One reader for each group of model types.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "model/importers/huggingface/config.h"
#include "model/workloads/network.h"

namespace roofcast::huggingface {

struct Family {
  std::string_view type;  // of the field model_type
  Network (*read)(const Config&, const std::string& description);
};
std::span<const Family> decoder_families();
std::span<const Family> encoder_families();

}  // namespace roofcast::huggingface
