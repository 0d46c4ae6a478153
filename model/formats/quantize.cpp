// SPDX-License-Identifier: Apache-2.0
#include "model/formats/quantize.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "model/formats/number_format.h"

namespace roofcast {
namespace {

struct Grid {
  double scale;
  double low;  // what the lowest code stands for
  double low_code;
  double high_code;
};

Grid choose_grid(std::span<const double> values, int bits, QuantizationScheme scheme) {
  const auto [low_at, high_at] = std::minmax_element(values.begin(), values.end());
  double low = *low_at;
  double high = *high_at;
  const double high_code = std::ldexp(1.0, bits - 1) - 1;
  const double low_code = scheme == QuantizationScheme::symmetric ? -high_code : -high_code - 1;
  if (scheme == QuantizationScheme::symmetric) {
    high = std::max(std::abs(low), std::abs(high));
    low = -high;
  } else if (scheme == QuantizationScheme::affine_integer) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
  }
  if (!std::isfinite(high - low))
    throw std::invalid_argument("quantisation: the range of the values overflows");
  // Where all values are one no step is needed, and any scale decodes it exactly.
  double scale = (high - low) / (high_code - low_code);
  if (scale == 0) scale = 1;
  if (scheme == QuantizationScheme::affine) return {scale, low, low_code, high_code};
  const double zero_code =
      scheme == QuantizationScheme::symmetric ? 0 : std::nearbyint(low_code - low / scale);
  return {scale, scale * (low_code - zero_code), low_code, high_code};
}

}  // namespace

std::string_view name(QuantizationScheme scheme) {
  switch (scheme) {
    case QuantizationScheme::affine: return "affine";
    case QuantizationScheme::affine_integer: return "affine, integer zero point";
    case QuantizationScheme::symmetric: return "symmetric";
  }
  throw std::logic_error("scheme out of range");
}

Quantized quantize(std::span<const double> values, int bits, QuantizationScheme scheme) {
  if (values.empty()) throw std::invalid_argument("quantisation needs at least one value");
  if (bits < 2 || bits > 16) throw std::invalid_argument("bits: must be 2 to 16, is " + std::to_string(bits));
  for (double v : values) {
    if (!std::isfinite(v)) throw std::invalid_argument("quantisation needs finite values");
  }
  const Grid grid = choose_grid(values, bits, scheme);
  Quantized result;
  result.scale = grid.scale;
  result.zero_point = grid.low_code - grid.low / grid.scale;
  for (double v : values) {
    // Clamping bites only where rounding carries an end of the range one step past the last code.
    const double code = std::clamp(grid.low_code + std::nearbyint((v - grid.low) / grid.scale), grid.low_code,
                                   grid.high_code);
    const double decoded = grid.low + grid.scale * (code - grid.low_code);
    result.codes.push_back(static_cast<std::int64_t>(code));
    result.values.push_back(decoded);
    result.max_error = std::max(result.max_error, std::abs(decoded - v));
    result.mean_error += std::abs(decoded - v) / static_cast<double>(values.size());
  }
  const auto count = static_cast<double>(values.size());
  result.before = storage_size(NumberFormat::fp32) * count;
  result.after = Bytes(std::ceil(count * bits / 8));
  return result;
}

}  // namespace roofcast
