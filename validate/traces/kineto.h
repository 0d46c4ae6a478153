// Chrome traces of the PyTorch profiler (Kineto): kernels, the operators that launched them, their shapes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/units.h"

namespace roofcast {

/// An operator of the framework that launched kernels, with their time on the GPU.
struct TracedOp {
  std::string name;  // "aten::addmm"; "" where no operator is linked to the kernel
  std::vector<std::vector<std::int64_t>> shapes;  // of its inputs; {} for a scalar
  std::vector<std::string> types;                 // "float", "c10::Half"
  std::vector<std::string> values;                // of scalar inputs where recorded: "[2, 2]"
  std::string kernel;                             // the longest
  Seconds time;                                   // of all its kernels
  int kernels = 0;
};

struct KinetoTrace {
  std::string device;  // "NVIDIA A100-SXM4-40GB"
  std::vector<TracedOp> ops;
  std::int64_t without_time = 0;  // kernel events of no duration, left out
};

/// Kernels belong to the operator of their "External id", else to the innermost operator around the runtime call of their
/// correlation id. Throws InputError on what is no such trace.
KinetoTrace parse_kineto(std::string_view json, const std::string& file);

/// The trace as rows of `roofcast measure`, which scoring reads: what no op of the model stands for is a row that failed,
/// with its reason.
std::string kineto_rows(const KinetoTrace& trace);

}  // namespace roofcast
