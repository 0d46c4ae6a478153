// Kernels under NVTX ranges named by PyTorch: nsys stats --report nvtx_kern_sum --format csv of a program that ran under
// torch.autograd.profiler.emit_nvtx(record_shapes=True). A kernel stands under each of the ranges around its launch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "validate/csv.h"
#include "validate/traces/kineto.h"

namespace roofcast {

inline constexpr std::string_view kNvtxLayout = "nsight/nvtx";

/// ":aten::mm, op_id = 42, sizes = [[16, 32], [32, 64]]" as PyTorch writes it (torch/csrc/profiler/util.cpp, getNvtxStr): name
/// and shapes, the latter empty where they are not there or cannot be read.
TracedOp parse_nvtx_range(std::string_view text);

/// The report as rows of `roofcast measure`, each on its line of the report: operators that launch kernels themselves with
/// the mean time of theirs, all other rows as failed with their reason. Throws InputError on cells that cannot be true.
std::string nvtx_rows(CsvReader& report);

}  // namespace roofcast
