// Operations per clock per SM as TOML writes them: "fp16 -> fp32" = { ops_per_clock_per_sm = 512, ... }.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hwdb/toml_table.h"
#include "model/gpu/gpu.h"

namespace roofcast {

/// The two formats of a key such as "fp16 -> fp32": what goes in and what it is accumulated in.
std::pair<NumberFormat, NumberFormat> read_formats(const TomlTable& table, std::string_view key);

/// The tables [cuda_core] and [tensor_core] of `owner`, where present. `source` holds for rates that name none.
std::vector<Rate> read_rates(const TomlTable& owner, const std::string& source);

/// Replaces the rates of the same path and formats and appends the others.
void override_rates(std::vector<Rate>& rates, const std::vector<Rate>& with);

}  // namespace roofcast
