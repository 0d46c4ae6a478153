// `roofcast formats`: what a number becomes in each format, what a bit pattern stands for, and quantisation.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>

#include "cli/command.h"
#include "cli/formats_report.h"
#include "cli/options.h"
#include "cli/suggest.h"

namespace roofcast::cli {
namespace {

/// FP64 nearest to the text; "inf" and "nan" are values too.
double parse_value(std::string_view text) {
  std::string_view digits = text;
  if (digits.size() > 1 && digits.front() == '+' && digits[1] != '-') digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range)
    throw InputError(in_quotes(text) + " is beyond the range of FP64");
  if (error != std::errc() || end != digits.data() + digits.size())
    throw InputError(in_quotes(text) + " is not a number");
  return value;
}

struct Pattern {
  const FloatFormat* format;
  std::uint64_t code;
};

/// "fp16:0100001001000110", fields set apart by "|", "_" or blanks if one likes; or "fp16:0x4246".
Pattern parse_pattern(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    throw InputError("--decode: " + in_quotes(text) + " is not FORMAT:BITS");
  const FloatFormat* f = find_float_format(text.substr(0, colon));
  if (f == nullptr) {
    std::vector<std::string> names;
    for (const FloatFormat& known : float_formats()) names.emplace_back(known.name);
    throw InputError("--decode: unknown format " + in_quotes(text.substr(0, colon)) + ": " + one_of(names));
  }
  std::string digits;
  for (const char c : text.substr(colon + 1)) {
    if (c != '|' && c != '_' && c != ' ') digits += c;
  }
  const bool hexadecimal = digits.rfind("0x", 0) == 0;
  if (hexadecimal) digits.erase(0, 2);
  if (!hexadecimal && static_cast<int>(digits.size()) != f->bits()) {
    throw InputError(fmt::format("--decode: {} has {} bits, got {}", f->name, f->bits(), digits.size()));
  }
  std::uint64_t code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 2);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw InputError("--decode: " + in_quotes(text.substr(colon + 1)) +
                     (hexadecimal ? " is not a hexadecimal code" : " is not made of 0 and 1"));
  }
  return {f, code};
}

/// "0.1,0.2;3,4" is two channels.
std::vector<std::vector<double>> parse_channels(std::string_view text) {
  std::vector<std::vector<double>> channels;
  while (true) {
    const std::size_t end = text.find(';');
    channels.emplace_back();
    for (const std::string& part : split_list(text.substr(0, end), "--quantize"))
      channels.back().push_back(parse_value(part));
    if (end == std::string_view::npos) return channels;
    text.remove_prefix(end + 1);
  }
}

QuantizationScheme scheme_of(const po::variables_map& given) {
  const std::string zero_point = given.count("zero-point") ? given["zero-point"].as<std::string>() : "real";
  if (zero_point != "real" && zero_point != "integer") {
    throw InputError("unknown --zero-point " + in_quotes(zero_point) + ": real or integer");
  }
  if (!given["symmetric"].as<bool>()) {
    return zero_point == "real" ? QuantizationScheme::affine : QuantizationScheme::affine_integer;
  }
  if (given.count("zero-point"))
    throw InputError("--symmetric has its zero point at 0: leave --zero-point out");
  return QuantizationScheme::symmetric;
}

}  // namespace

int run_formats(const std::vector<std::string>& arguments, Streams& streams) {
  po::options_description options = common_options();
  options.add_options()("value", po::value<std::string>(), "a number; inf and nan are numbers too")(
      "decode", po::value<std::string>()->value_name("FORMAT:BITS"),
      "what a bit pattern stands for, e.g. fp16:0x4248")(
      "quantize", po::value<std::string>()->value_name("V,V,..."),
      "quantise these values to integers; V,V;V,V gives each channel its own scale")(
      "bits", po::value<std::string>()->value_name("N"),
      "with --quantize: 2 to 16 bits per code (default 8)")(
      "symmetric", po::bool_switch(), "with --quantize: zero point 0, codes of equal range on both sides")(
      "zero-point", po::value<std::string>()->value_name("KIND"),
      "with --quantize: real (default, min and max are exact) or integer (0 is exact, as frameworks have "
      "it)");
  const auto given =
      parse(arguments, options, "value", "roofcast formats [NUMBER] [OPTIONS]",
            "  roofcast formats                     range and precision of every format\n"
            "  roofcast formats 3.14                its bits, value and error in every format\n"
            "  roofcast formats --decode fp16:0100001001000110\n"
            "  roofcast formats --quantize 0.8342,-1.234,0.0023,2.567 --bits 8\n"
            "  roofcast formats --quantize '0.01,-0.02,0.015;3.1,-2.2,1.4' --bits 4 --symmetric\n",
            streams.out);
  if (!given) return kDone;
  const Format format = output_format(*given);
  const bool quantizes = given->count("quantize") != 0;
  if (given->count("value") + given->count("decode") + given->count("quantize") > 1) {
    throw InputError("takes one of a number, --decode and --quantize");
  }
  if (!quantizes &&
      (given->count("bits") || (*given)["symmetric"].as<bool>() || given->count("zero-point"))) {
    throw InputError("--bits, --symmetric and --zero-point go with --quantize");
  }
  if (quantizes) {
    const auto channels = parse_channels((*given)["quantize"].as<std::string>());
    const int bits =
        given->count("bits")
            ? static_cast<int>(parse_integer((*given)["bits"].as<std::string>(), "--bits", 2, 16))
            : 8;
    if (channels.size() > 1) {
      print_channels(channels, bits, scheme_of(*given), format, streams.out);
    } else {
      print_quantized(channels.front(), bits, scheme_of(*given), format, streams.out);
    }
  } else if (given->count("decode")) {
    const Pattern pattern = parse_pattern((*given)["decode"].as<std::string>());
    print_decoded(pattern.code, *pattern.format, format, streams.out);
  } else if (given->count("value")) {
    print_value(parse_value((*given)["value"].as<std::string>()), format, streams.out);
  } else {
    print_properties(format, streams.out);
  }
  return kDone;
}

}  // namespace roofcast::cli
