// SPDX-License-Identifier: Apache-2.0
#include "model/formats/float_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace roofcast {
namespace {

constexpr std::array<FloatFormat, 10> kFormats{{
    {"fp64", 11, 52, Specials::ieee},
    {"fp32", 8, 23, Specials::ieee},
    {"tf32", 8, 10, Specials::ieee},
    {"bf16", 8, 7, Specials::ieee},
    {"fp16", 5, 10, Specials::ieee},
    {"fp8-e4m3", 4, 3, Specials::nan_only},
    {"fp8-e5m2", 5, 2, Specials::ieee},
    {"fp6-e3m2", 3, 2, Specials::none},
    {"fp6-e2m3", 2, 3, Specials::none},
    {"fp4-e2m1", 2, 1, Specials::none},
}};

constexpr std::uint64_t ones(int bits) { return (std::uint64_t{1} << bits) - 1; }

/// Codes of positive numbers grow with the number, so the largest finite one has a code of its own.
std::uint64_t max_code(const FloatFormat& f) {
  const std::uint64_t all = ones(f.exponent_bits + f.mantissa_bits);
  switch (f.specials) {
    case Specials::ieee: return all - ones(f.mantissa_bits) - 1;
    case Specials::nan_only: return all - 1;
    case Specials::none: return all;
  }
  throw std::logic_error("specials out of range");
}

/// Code of a quiet NaN: all ones in E4M3, the top mantissa bit in IEEE formats.
std::uint64_t nan_code(const FloatFormat& f) {
  if (f.specials == Specials::nan_only) return ones(f.exponent_bits + f.mantissa_bits);
  return (ones(f.exponent_bits) << f.mantissa_bits) | (std::uint64_t{1} << (f.mantissa_bits - 1));
}

std::uint64_t overflow_code(const FloatFormat& f) {
  switch (f.specials) {
    case Specials::ieee: return ones(f.exponent_bits) << f.mantissa_bits;
    case Specials::nan_only: return nan_code(f);
    case Specials::none: return max_code(f);
  }
  throw std::logic_error("specials out of range");
}

std::uint64_t sign_bit(bool negative, const FloatFormat& f) {
  return static_cast<std::uint64_t>(negative) << (f.exponent_bits + f.mantissa_bits);
}

}  // namespace

int FloatFormat::max_exponent() const {
  return static_cast<int>(ones(exponent_bits)) - bias() - (specials == Specials::ieee ? 1 : 0);
}
double FloatFormat::max() const { return decode(max_code(*this), *this); }
double FloatFormat::min_normal() const { return std::ldexp(1.0, min_exponent()); }
double FloatFormat::min_subnormal() const { return std::ldexp(1.0, min_exponent() - mantissa_bits); }
double FloatFormat::epsilon() const { return std::ldexp(1.0, -mantissa_bits); }
double FloatFormat::decimal_digits() const { return (mantissa_bits + 1) * std::log10(2.0); }

std::span<const FloatFormat> float_formats() { return kFormats; }

const FloatFormat* find_float_format(std::string_view name) {
  for (const FloatFormat& f : kFormats) {
    if (f.name == name) return &f;
  }
  return nullptr;
}

std::string_view name(Rounding rounding) {
  switch (rounding) {
    case Rounding::exact: return "exact";
    case Rounding::rounded: return "rounded";
    case Rounding::underflow: return "underflow";
    case Rounding::overflow: return "overflow";
  }
  throw std::logic_error("rounding out of range");
}

std::optional<Encoded> encode(double value, const FloatFormat& f) {
  const std::uint64_t sign = sign_bit(std::signbit(value), f);
  if (std::isnan(value)) {
    if (f.specials == Specials::none) return std::nullopt;
    return Encoded{sign | nan_code(f), Rounding::exact};
  }
  const double magnitude = std::abs(value);
  if (std::isinf(magnitude)) {
    return Encoded{sign | overflow_code(f),
                   f.specials == Specials::ieee ? Rounding::exact : Rounding::overflow};
  }
  if (magnitude == 0) return Encoded{sign, Rounding::exact};

  // In units of the last place the value is below 2^53, so the scaling is exact and nearbyint alone rounds
  // (ties to even). Below the smallest normal the unit stops shrinking: these are the subnormals.
  const int exponent = std::max(std::ilogb(magnitude), f.min_exponent());
  const double units = std::ldexp(magnitude, f.mantissa_bits - exponent);
  const double rounded = std::nearbyint(units);
  const auto field = static_cast<std::uint64_t>(exponent - f.min_exponent());  // exponent field less one
  // A normal's hidden one, and a mantissa rounded up to two, both carry into the exponent field.
  const std::uint64_t code = (field << f.mantissa_bits) + static_cast<std::uint64_t>(rounded);
  if (code > max_code(f)) return Encoded{sign | overflow_code(f), Rounding::overflow};
  if (rounded == 0) return Encoded{sign, Rounding::underflow};
  return Encoded{sign | code, rounded == units ? Rounding::exact : Rounding::rounded};
}

double decode(std::uint64_t code, const FloatFormat& f) {
  if (f.bits() < 64 && code > ones(f.bits())) {
    throw std::invalid_argument(std::string(f.name) + ": the code has more than " + std::to_string(f.bits()) +
                                " bits");
  }
  const bool negative = (code >> (f.bits() - 1)) & 1;
  const std::uint64_t magnitude = code & ones(f.bits() - 1);
  const std::uint64_t mantissa = code & ones(f.mantissa_bits);
  const int exponent = static_cast<int>(magnitude >> f.mantissa_bits);
  double value;
  if (magnitude > max_code(f)) {
    const bool infinite = f.specials == Specials::ieee && mantissa == 0;
    value = infinite ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<double>(mantissa), f.min_exponent() - f.mantissa_bits);
  } else {
    const auto significand = static_cast<double>(mantissa + (std::uint64_t{1} << f.mantissa_bits));
    value = std::ldexp(significand, exponent - f.bias() - f.mantissa_bits);
  }
  return negative ? -value : value;
}

std::string bit_string(std::uint64_t code, const FloatFormat& f, std::string_view separator) {
  std::string text;
  for (int bit = f.bits() - 1; bit >= 0; --bit) {
    text += (code >> bit) & 1 ? '1' : '0';
    if (bit == f.bits() - 1 || (bit == f.mantissa_bits && bit > 0)) text += separator;
  }
  return text;
}

std::optional<std::string> integer_bit_string(std::int64_t value, int bits) {
  if (bits < 2 || bits > 64) throw std::invalid_argument("an integer format has 2 to 64 bits");
  const std::int64_t high = static_cast<std::int64_t>(ones(bits - 1));
  if (value > high || value < -high - 1) return std::nullopt;
  std::string text;
  for (int bit = bits - 1; bit >= 0; --bit)
    text += (static_cast<std::uint64_t>(value) >> bit) & 1 ? '1' : '0';
  return text;
}

}  // namespace roofcast
