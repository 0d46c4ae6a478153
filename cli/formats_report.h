// What `roofcast formats` prints: properties, encodings, a decoded pattern, a quantised list.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "cli/table.h"
#include "model/formats/float_format.h"
#include "model/formats/quantize.h"

namespace roofcast::cli {

void print_properties(Format format, std::ostream& out);
void print_value(double value, Format format, std::ostream& out);
void print_decoded(std::uint64_t code, const FloatFormat& f, Format format, std::ostream& out);
/// Each channel with a scale of its own, against one for all.
void print_channels(const std::vector<std::vector<double>>& channels, int bits, QuantizationScheme scheme,
                    Format format, std::ostream& out);
void print_quantized(const std::vector<double>& values, int bits, QuantizationScheme scheme, Format format,
                     std::ostream& out);

}  // namespace roofcast::cli
