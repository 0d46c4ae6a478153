// Number formats as hardware names them: how many bits they take and how they are spelled.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "model/units.h"

namespace roofcast {

/// Element types of operands and accumulators. `tf32` is an arithmetic mode of 32-bit storage.
enum class NumberFormat { fp64, fp32, tf32, bf16, fp16, fp8, fp6, fp4, int32, int8, int4 };

/// Spelling used in files and on the command line, e.g. "fp16".
std::string_view name(NumberFormat format);

/// The format spelled `text`, or nothing. Example: parse_number_format("bf16").
std::optional<NumberFormat> parse_number_format(std::string_view text);

/// Bytes one stored element takes: 4 for fp32 and tf32, 0.5 for fp4 and int4.
Bytes storage_size(NumberFormat format);

/// True for int32, int8 and int4, whose rates are quoted in TOPS.
bool is_integer(NumberFormat format);

}  // namespace roofcast
