// ONNX models as workloads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/importers/onnx/reader.h"
#include "model/workloads/network.h"

namespace roofcast {

/// Reads a model from its bytes, which are not needed afterwards; weights are never looked at, so a memory map serves.
/// `name` is what the network is called in answers and errors ("resnet50.onnx"). Operator sets 7 to 21; unknown
/// operators are counted as memory traffic and listed in Graph::remarks. Throws onnx::Error.
std::shared_ptr<const Network> import_onnx(std::string_view bytes, const std::string& name);

}  // namespace roofcast
