// Quantisation of a list of reals to small integers, and what it costs.
// Source: Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference", eq. 1: value = scale · (code - zero point).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/units.h"

namespace roofcast {

enum class QuantizationScheme {
  affine,          // [min, max] onto all codes; the zero point is real, both ends are exact
  affine_integer,  // the zero point is a code, as frameworks have it: 0 is exact, the range is widened to
                   // hold it
  symmetric        // zero point 0, codes ±(2^(bits-1) - 1)
};
std::string_view name(QuantizationScheme scheme);

struct Quantized {
  double scale = 1;
  double zero_point = 0;            // the code that stands for 0
  std::vector<std::int64_t> codes;  // two's complement of `bits`
  std::vector<double> values;       // decoded again
  double max_error = 0;             // largest |decoded - original|
  double mean_error = 0;
  Bytes before;  // as FP32
  Bytes after;   // codes alone; scale and zero point come on top, once per list
};

/// Codes by rounding to nearest, ties to even. Example: {0.8342, -1.234, 0.0023, 2.567} in 8 bits, affine,
/// are {11, -128, -45, 127}. Throws std::invalid_argument for an empty list, a value that is not finite or
/// bits outside 2..16.
Quantized quantize(std::span<const double> values, int bits, QuantizationScheme scheme);

}  // namespace roofcast
