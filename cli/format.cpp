// Prefixes and rounding.
// SPDX-License-Identifier: Apache-2.0
#include "cli/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace roofcast::cli {
namespace {

struct Prefix {
  double scale;
  std::string_view name;
};

constexpr Prefix kTime[] = {{1e-9, "ns"}, {1e-6, "µs"}, {1e-3, "ms"},   {1, "s"},
                            {60, "min"},  {3600, "h"},  {86400, "days"}};
constexpr Prefix kBinary[] = {{1, "B"},        {0x1p10, "KiB"}, {0x1p20, "MiB"},
                              {0x1p30, "GiB"}, {0x1p40, "TiB"}, {0x1p50, "PiB"}};
constexpr Prefix kDecimal[] = {{1, ""},     {1e3, "k"},  {1e6, "M"}, {1e9, "G"},
                               {1e12, "T"}, {1e15, "P"}, {1e18, "E"}};
constexpr Prefix kSmall[] = {{1e-6, "µ"}, {1e-3, "m"}, {1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}};

double rounded(double value, int digits) {
  if (value == 0) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) + 1 - digits);
  return std::round(value / unit) * unit;
}

/// "412 ms": the last prefix whose rounded number is at least one; 999.6 ms is "1.00 s", not "1000 ms".
std::string prefixed(double value, std::span<const Prefix> prefixes, std::string_view unit) {
  if (!std::isfinite(value)) return "-";
  const Prefix* chosen = prefixes.data();
  for (const Prefix& prefix : prefixes) {
    if (rounded(std::abs(value) / prefix.scale, 3) >= 1) chosen = &prefix;
  }
  // Rounding can carry over a step that is not a power of ten: 59.97 s is "60.0 s" and so one minute.
  if (chosen + 1 < prefixes.data() + prefixes.size()) {
    const double next = (chosen + 1)->scale;
    const double carried = rounded(value / chosen->scale, 3) * chosen->scale;
    if (std::abs(carried) >= next * (1 - 1e-12)) {
      value = carried;
      ++chosen;
    }
  }
  return significant(value / chosen->scale) + fmt::format(" {}{}", chosen->name, unit);
}

}  // namespace

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  if (value == 0) return "0";
  const double shown = rounded(value, digits);
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(shown)) + 1e-9));
  return fmt::format("{:.{}f}", shown, std::max(0, digits - 1 - magnitude));
}

std::string text(Seconds value) { return value.value == 0 ? "0 s" : prefixed(value.value, kTime, ""); }
std::string text(Bytes value) { return prefixed(value.value, kBinary, ""); }
std::string text(Flops value) { return prefixed(value.value, kDecimal, "FLOP"); }
std::string text(FlopsPerSecond value) { return prefixed(value.value, kDecimal, "FLOP/s"); }
std::string text(BytesPerSecond value) { return prefixed(value.value, kDecimal, "B/s"); }

std::string text(Hertz value) {
  if (in_megahertz(value) < 1000) return fmt::format("{:.0f} MHz", in_megahertz(value));
  return fmt::format("{:.3f} GHz", in_gigahertz(value));
}

std::string text(Watts value) { return std::isfinite(value.value) ? significant(value.value) + " W" : "-"; }
std::string text(Joules value) { return value.value == 0 ? "0 J" : prefixed(value.value, kSmall, "J"); }

std::string text(Dollars value) {
  if (!std::isfinite(value.value)) return "-";
  return "$" + (std::abs(value.value) >= 1 ? fmt::format("{:.2f}", value.value) : significant(value.value));
}

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string count(double value) {
  std::string result = prefixed(value, kDecimal, "");
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.1f} %", share * 100) : "-";
}

std::string wrapped(std::string_view words, std::size_t width, std::size_t indent, std::size_t start) {
  std::string out;
  std::size_t column = start;
  while (!words.empty()) {
    const std::size_t blank = words.find(' ');
    const std::string_view word = words.substr(0, blank);
    const auto length = static_cast<std::size_t>(
        std::count_if(word.begin(), word.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
    if (!out.empty() && column + 1 + length > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += length;
    words.remove_prefix(blank == std::string_view::npos ? words.size() : blank + 1);
  }
  return out;
}

}  // namespace roofcast::cli
