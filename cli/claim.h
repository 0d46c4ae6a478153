// A figure quoted for a board, as "fp16=101TFLOPS" says it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/formats/number_format.h"

namespace roofcast::cli {

/// What is claimed. Values are in the unit people quote: TFLOP/s or TOP/s, GB/s, W, GiB, MHz, $, or a count.
struct Claim {
  std::string figure;                  // as typed: "fp16", "int8/w", "bandwidth"
  std::optional<NumberFormat> format;  // a peak rate of this type, else one of the other figures
  bool per_watt = false;               // "int8/w": the rate over the board's TDP
  bool sparse = false;                 // "fp16:sparse": said to be the 2:4 figure
  double value = 0;
  double half_digit = 0;  // half a unit of the last digit quoted: 0.05 for "5.3"
  std::string unit;       // "TFLOP/s"
};

/// FIGURE=VALUE[UNIT] with FIGURE one of fp64 ... int4 (with ":sparse", "/w"), bandwidth, tdp, memory, cores,
/// tensor-cores, boost, price. Throws InputError.
Claim parse_claim(std::string_view text);

}  // namespace roofcast::cli
