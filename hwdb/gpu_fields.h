// The figures of a GPU as keys of a TOML table: which there are, in which units, which are needed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hwdb/toml_table.h"
#include "model/gpu/gpu.h"

namespace roofcast {

/// Sets every figure that `table` gives and returns the keys it read.
std::set<std::string_view> read_fields(Gpu& gpu, const TomlTable& table);

/// Fails on the first figure that is needed and in none of `given`.
void require_fields(const TomlTable& table, const std::set<std::string_view>& given);

/// Every key of a figure; those a family may set for its boards come first.
std::vector<std::string_view> field_keys();
std::vector<std::string_view> family_field_keys();

}  // namespace roofcast
