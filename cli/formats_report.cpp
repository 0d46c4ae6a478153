// Tables and JSON of number formats.
// SPDX-License-Identifier: Apache-2.0
#include "cli/formats_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "cli/json_text.h"

namespace roofcast::cli {
namespace {

using nlohmann::json;

struct IntegerFormat {
  std::string_view name;
  int bits;
  bool negative = true;  // two's complement
  double min() const { return negative ? -std::ldexp(1.0, bits - 1) : 0; }
  double max() const { return std::ldexp(1.0, negative ? bits - 1 : bits) - 1; }
  /// A spare leading bit takes the sign an unsigned value has not got.
  std::string code(double whole) const {
    const std::string bits_of =
        *integer_bit_string(static_cast<std::int64_t>(whole), negative ? bits : bits + 1);
    return negative ? bits_of : bits_of.substr(1);
  }
};
constexpr IntegerFormat kIntegers[] = {{"int8", 8}, {"uint8", 8, false}, {"int4", 4}};

std::string_view too_large_becomes(const FloatFormat& f) {
  switch (f.specials) {
    case Specials::ieee: return "infinity";
    case Specials::nan_only: return "NaN";
    case Specials::none: return "max";
  }
  throw std::logic_error("specials out of range");
}

std::string print_error(double error) { return std::isnan(error) ? "-" : fmt::format("{:.2g}", error); }

/// JSON has no infinity or NaN: they are null, and "kind" says which.
json finite_or_null(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

std::string_view kind_of(double value, const FloatFormat& f) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return "infinity";
  if (value == 0) return "zero";
  return std::abs(value) < f.min_normal() ? "subnormal" : "normal";
}

void emit(const Table& table, const json& object, Format format, std::ostream& out) {
  out << (format == Format::json ? json_text(object) : render(table, format));
}

/// For a terminal of 80 columns: fields alone, since the plain code is the same digits, and FP64's on two lines.
Table narrowed(const Table& table) {
  constexpr std::size_t kFields = 34;  // FP32's
  Table narrow{{{"Format", false}, {"Sign|exponent|mantissa", false}, {"Value"}, {"Error"}}, {}};
  for (const auto& row : table.rows) {
    const std::string& fields = row[2] == "-" ? row[1] : row[2];  // an integer has none
    narrow.rows.push_back({row[0], fields.substr(0, kFields), row[3], row[4]});
    if (fields.size() > kFields) narrow.rows.push_back({"", fields.substr(kFields), "", ""});
  }
  return narrow;
}

/// The same of the table of properties: bits are the exponent's, the mantissa's and one.
Table narrowed_properties(const Table& table) {
  Table narrow{{{"Format", false},
                {"E+M"},
                {"Max"},
                {"Min norm"},
                {"Min subn."},
                {"Epsilon"},
                {"Dig."},
                {"Overflow", false}},
               {}};
  for (const auto& row : table.rows) {
    const std::string fields = row[2] == "-" ? "-" : row[2] + "+" + row[3];
    narrow.rows.push_back({row[0], fields, row[4], row[5], row[6], row[7], row[8], row[9]});
  }
  return narrow;
}

}  // namespace

void print_properties(Format format, std::ostream& out) {
  Table table{{{"Format", false},
               {"Bits"},
               {"Exp"},
               {"Man"},
               {"Max"},
               {"Min normal"},
               {"Min subn."},
               {"Epsilon"},
               {"Digits"},
               {"Too large becomes", false}},
              {}};
  json list = json::array();
  for (const FloatFormat& f : float_formats()) {
    table.rows.push_back({std::string(f.name), std::to_string(f.bits()), std::to_string(f.exponent_bits),
                          std::to_string(f.mantissa_bits), fmt::format("{:.5g}", f.max()),
                          fmt::format("{:.3g}", f.min_normal()), fmt::format("{:.3g}", f.min_subnormal()),
                          fmt::format("{:.3g}", f.epsilon()), fmt::format("{:.1f}", f.decimal_digits()),
                          std::string(too_large_becomes(f))});
    list.push_back({{"format", f.name},
                    {"bits", f.bits()},
                    {"exponent_bits", f.exponent_bits},
                    {"mantissa_bits", f.mantissa_bits},
                    {"max", f.max()},
                    {"min_normal", f.min_normal()},
                    {"min_subnormal", f.min_subnormal()},
                    {"epsilon", f.epsilon()},
                    {"decimal_digits", f.decimal_digits()},
                    {"too_large_becomes", too_large_becomes(f)}});
  }
  for (const IntegerFormat& i : kIntegers) {
    table.rows.push_back({std::string(i.name), std::to_string(i.bits), "-", "-", fmt::format("{}", i.max()),
                          "1", "-", "1", "-", "no code"});
    list.push_back({{"format", i.name}, {"bits", i.bits}, {"min", i.min()}, {"max", i.max()}});
  }
  emit(format == Format::table ? narrowed_properties(table) : table,
       {{"schema_version", 1}, {"formats", list}}, format, out);
}

void print_value(double value, Format format, std::ostream& out) {
  Table table{{{"Format", false}, {"Bits", false}, {"Sign|exponent|mantissa", false}, {"Value"}, {"Error"}},
              {}};
  json list = json::array();
  const auto add_unencodable = [&](std::string_view name, int bits, std::string_view why) {
    table.rows.push_back({std::string(name), "-", "-", "-", std::string(why)});
    list.push_back({{"format", name}, {"bits", bits}, {"code", nullptr}, {"rounding", why}});
  };
  for (const FloatFormat& f : float_formats()) {
    const auto encoded = encode(value, f);
    if (!encoded) {
      add_unencodable(f.name, f.bits(), "no NaN");
      continue;
    }
    const double decoded = decode(encoded->code, f);
    const bool lost = encoded->rounding == Rounding::overflow || encoded->rounding == Rounding::underflow;
    const double error = decoded == value ? 0 : std::abs(decoded - value);
    table.rows.push_back({std::string(f.name), bit_string(encoded->code, f, ""),
                          bit_string(encoded->code, f, "|"), fmt::format("{:.9g}", decoded),
                          lost ? std::string(name(encoded->rounding)) : print_error(error)});
    list.push_back({{"format", f.name},
                    {"bits", f.bits()},
                    {"code", bit_string(encoded->code, f, "")},
                    {"fields", bit_string(encoded->code, f, "|")},
                    {"value", finite_or_null(decoded)},
                    {"kind", kind_of(decoded, f)},
                    {"error", finite_or_null(error)},
                    {"relative_error", finite_or_null(value == 0 ? error : error / std::abs(value))},
                    {"rounding", name(encoded->rounding)}});
  }
  for (const IntegerFormat& i : kIntegers) {
    const double whole = std::nearbyint(value);
    if (!(whole >= i.min() && whole <= i.max())) {
      add_unencodable(i.name, i.bits, "out of range");
      continue;
    }
    const std::string code = i.code(whole);
    const double error = std::abs(whole - value);
    table.rows.push_back(
        {std::string(i.name), code, "-", fmt::format("{:.9g}", whole + 0.0), print_error(error)});
    list.push_back({{"format", i.name},
                    {"bits", i.bits},
                    {"code", code},
                    {"value", whole + 0.0},
                    {"error", error},
                    {"rounding", name(error == 0 ? Rounding::exact : Rounding::rounded)}});
  }
  emit(format == Format::table ? narrowed(table) : table,
       {{"schema_version", 1}, {"value", finite_or_null(value)}, {"encodings", list}}, format, out);
}

void print_decoded(std::uint64_t code, const FloatFormat& f, Format format, std::ostream& out) {
  const double value = decode(code, f);
  const Table table{{{"Format", false}, {"Sign|exponent|mantissa", false}, {"Value"}, {"Kind", false}},
                    {{std::string(f.name), bit_string(code, f, "|"), fmt::format("{}", value),
                      std::string(kind_of(value, f))}}};
  emit(table,
       {{"schema_version", 1},
        {"format", f.name},
        {"code", bit_string(code, f, "")},
        {"value", finite_or_null(value)},
        {"kind", kind_of(value, f)}},
       format, out);
}

void print_channels(const std::vector<std::vector<double>>& channels, int bits, QuantizationScheme scheme,
                    Format format, std::ostream& out) {
  std::vector<double> all;
  for (const auto& channel : channels) all.insert(all.end(), channel.begin(), channel.end());
  const Quantized together = quantize(all, bits, scheme);
  Table table{{{"Channel"}, {"Scale"}, {"Zero point"}, {"Codes", false}, {"Max error"}}, {}};
  json list = json::array();
  double worst = 0, sum = 0;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const Quantized q = quantize(channels[i], bits, scheme);
    worst = std::max(worst, q.max_error);
    sum += q.mean_error * static_cast<double>(channels[i].size());
    table.rows.push_back({std::to_string(i), fmt::format("{:.6g}", q.scale),
                          fmt::format("{:.6g}", q.zero_point), fmt::format("{}", fmt::join(q.codes, ",")),
                          print_error(q.max_error)});
    list.push_back({{"scale", q.scale},
                    {"zero_point", q.zero_point},
                    {"values", channels[i]},
                    {"codes", q.codes},
                    {"decoded", q.values},
                    {"max_error", q.max_error},
                    {"mean_error", q.mean_error}});
  }
  // A scale is FP32; a zero point, where there is one, as wide.
  const Bytes parameters(static_cast<double>(channels.size()) *
                         (scheme == QuantizationScheme::symmetric ? 4 : 8));
  const double mean = sum / static_cast<double>(all.size());
  if (format == Format::table || format == Format::markdown) {
    out << fmt::format("{} bits, {}, a scale per channel\n", bits, name(scheme))
        << fmt::format("error: max {:.3g}, mean {:.3g}; with one scale for all: max {:.3g}, mean {:.3g}\n",
                       worst, mean, together.max_error, together.mean_error)
        << fmt::format("{:.0f} bytes as fp32 -> {:.0f} bytes of codes and {:.0f} of scales{}\n\n",
                       together.before.value, together.after.value, parameters.value,
                       scheme == QuantizationScheme::symmetric ? "" : " and zero points");
  }
  emit(table,
       {{"schema_version", 1},
        {"bits", bits},
        {"scheme", name(scheme)},
        {"channels", list},
        {"max_error", worst},
        {"mean_error", mean},
        {"max_error_one_scale", together.max_error},
        {"mean_error_one_scale", together.mean_error},
        {"bytes_before", together.before.value},
        {"bytes_after", together.after.value},
        {"bytes_scales", parameters.value}},
       format, out);
}

void print_quantized(const std::vector<double>& values, int bits, QuantizationScheme scheme, Format format,
                     std::ostream& out) {
  const Quantized q = quantize(values, bits, scheme);
  Table table{{{"Value"}, {"Code"}, {"Bits", false}, {"Decoded"}, {"Error"}}, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    table.rows.push_back({fmt::format("{:.9g}", values[i]), std::to_string(q.codes[i]),
                          *integer_bit_string(q.codes[i], bits), fmt::format("{:.6g}", q.values[i]),
                          print_error(std::abs(q.values[i] - values[i]))});
  }
  if (format == Format::table || format == Format::markdown) {
    out << fmt::format("codes [{}]\n", fmt::join(q.codes, ","))
        << fmt::format("{} bits, {}: scale {:.6g}, zero point {:.6g}\n", bits, name(scheme), q.scale,
                       q.zero_point)
        << fmt::format("error: max {:.3g}, mean {:.3g}\n", q.max_error, q.mean_error)
        << fmt::format(
               "{:.0f} bytes as fp32 -> {:.0f} bytes ({:.3g}x less; scale and zero point come once on "
               "top)\n\n",
               q.before.value, q.after.value, q.before / q.after);
  }
  emit(table,
       {{"schema_version", 1},
        {"bits", bits},
        {"scheme", name(scheme)},
        {"scale", q.scale},
        {"zero_point", q.zero_point},
        {"values", values},
        {"codes", q.codes},
        {"decoded", q.values},
        {"max_error", q.max_error},
        {"mean_error", q.mean_error},
        {"bytes_before", q.before.value},
        {"bytes_after", q.after.value}},
       format, out);
}

}  // namespace roofcast::cli
