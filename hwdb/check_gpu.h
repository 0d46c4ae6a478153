// Figures that contradict each other are refused when they are read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hwdb/toml_table.h"
#include "model/gpu/gpu.h"

namespace roofcast {

/// Throws InputError at the offending key of `table`, else at the table.
void check_gpu(const Gpu& gpu, const TomlTable& table);

}  // namespace roofcast
