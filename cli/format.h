// Quantities as people read them: three significant digits and the fitting prefix. The only place that rounds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/units.h"

namespace roofcast::cli {

/// Three significant digits without an exponent: 0.00123, 1.23, 12.3, 123, 1234. Non-finite is "-".
std::string significant(double value, int digits = 3);

std::string text(Seconds value);         // "3.42 µs", "412 ms", "5.37 min", "2.10 days"
std::string text(Bytes value);           // "11.2 GiB"; powers of 1024
std::string text(Flops value);           // "8.18 GFLOP"
std::string text(FlopsPerSecond value);  // "5.30 TFLOP/s"
std::string text(BytesPerSecond value);  // "243 GB/s"; powers of 1000
std::string text(Hertz value);           // "1.480 GHz", "625 MHz"
std::string text(Watts value);           // "105 W"
std::string text(Joules value);          // "33.8 kJ"
std::string text(Dollars value);         // "$12.34", "$0.00123"

/// 25,557,032.
std::string grouped(std::int64_t value);
/// "25.6 M".
std::string count(double value);
/// A share of one as "12.3 %".
std::string percent(double share);

/// Breaks `words` into lines of at most `width` columns, of which the first `start` are taken on the first line; later
/// lines are indented by `indent` blanks. A word longer than a line stands alone.
std::string wrapped(std::string_view words, std::size_t width, std::size_t indent, std::size_t start = 0);

}  // namespace roofcast::cli
