// Constants of a model: shape and type always, values of the small ones.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/importers/onnx/proto.h"

namespace roofcast::onnx {

/// A TensorProto. `owner` names it in errors where it has no name of its own. Throws Error where its data contradict
/// its shape.
TensorProto read_tensor(std::string_view bytes, const std::string& owner);

/// A SparseTensorProto, as the dense tensor frameworks make of it.
TensorProto read_sparse_tensor(std::string_view bytes);

}  // namespace roofcast::onnx
