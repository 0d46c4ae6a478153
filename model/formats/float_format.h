// Floating-point formats bit by bit: layout, range, encoding with round-to-nearest-even, decoding.
// Sources: IEEE 754-2019 §3; OCP 8-bit Floating Point rev. 1.0; OCP Microscaling Formats (MX) rev. 1.0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace roofcast {

/// What the all-ones exponent encodes, and thereby what becomes of a value that is too large.
enum class Specials {
  ieee,      // infinities and NaNs; too large becomes infinity
  nan_only,  // E4M3: all ones is NaN, the rest of that exponent are numbers; too large becomes NaN
  none       // FP6, FP4: every code is a number; too large becomes the largest one
};

/// sign | exponent | mantissa, most significant bit first.
struct FloatFormat {
  std::string_view name;  // "fp16"
  int exponent_bits = 0;  // 5
  int mantissa_bits = 0;  // 10, without the hidden one
  Specials specials = Specials::ieee;

  int bits() const { return 1 + exponent_bits + mantissa_bits; }  // 19 for TF32, which is stored in 32
  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  int max_exponent() const;                        // of two, of the largest finite value: 15 for FP16
  int min_exponent() const { return 1 - bias(); }  // of the smallest normal value: -14 for FP16
  double max() const;                              // 65504 for FP16
  double min_normal() const;                       // 6.10e-5
  double min_subnormal() const;                    // 5.96e-8
  double epsilon() const;                          // distance from 1 to the next value: 9.77e-4
  double decimal_digits() const;                   // (mantissa bits + 1) · log10 2: 3.31
};

/// fp64, fp32, tf32, bf16, fp16, fp8-e4m3, fp8-e5m2, fp6-e3m2, fp6-e2m3, fp4-e2m1.
std::span<const FloatFormat> float_formats();
const FloatFormat* find_float_format(std::string_view name);  // nullptr where unknown

enum class Rounding { exact, rounded, underflow, overflow };
std::string_view name(Rounding rounding);

struct Encoded {
  std::uint64_t code = 0;
  Rounding rounding = Rounding::exact;
};

/// `value` to the nearest code, ties to even, subnormals kept. An infinity counts as overflow where the
/// format has none. Nothing for a NaN in a format without one. Example: 3.14 in fp16 is 0x4248.
std::optional<Encoded> encode(double value, const FloatFormat& format);

/// Exact: every format here is a subset of FP64. Throws std::invalid_argument for a code wider than the
/// format.
double decode(std::uint64_t code, const FloatFormat& format);

/// "0 10000 1001001000": sign, exponent, mantissa set apart by `separator`.
std::string bit_string(std::uint64_t code, const FloatFormat& format, std::string_view separator = " ");

/// Two's complement of `value` in `bits` bits, nothing where it does not fit. -42 in 8 bits is "11010110".
std::optional<std::string> integer_bit_string(std::int64_t value, int bits);

}  // namespace roofcast
