// A network from the config.json that Hugging Face keeps beside a model's weights.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/workloads/network.h"

namespace roofcast {

/// The network a config describes; weights are not needed. `origin` (a path) names it and starts every message.
/// Throws std::invalid_argument for text that is no JSON object, an unknown `model_type` (the message lists the known
/// ones) and a field that is missing, out of range or contradicts another.
Network import_huggingface(std::string_view json, const std::string& origin);

/// "llama", "bert" ...: every `model_type` that is understood.
const std::vector<std::string>& huggingface_types();

}  // namespace roofcast
