// Reading of quoted figures.
// SPDX-License-Identifier: Apache-2.0
#include "cli/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "cli/fact.h"
#include "cli/suggest.h"
#include "hwdb/input_error.h"

namespace roofcast::cli {
namespace {

constexpr std::array kRateUnits{
    Unit{"tflops", 1},   Unit{"tflop/s", 1},     Unit{"tops", 1},       Unit{"top/s", 1},
    Unit{"tf", 1},       Unit{"gflops", 1e-3},   Unit{"gflop/s", 1e-3}, Unit{"gops", 1e-3},
    Unit{"gop/s", 1e-3}, Unit{"pflops", 1e3},    Unit{"pflop/s", 1e3},  Unit{"pops", 1e3},
    Unit{"pop/s", 1e3},  Unit{"tflops/w", 1},    Unit{"tops/w", 1},     Unit{"tflop/s/w", 1},
    Unit{"top/s/w", 1},  Unit{"gflops/w", 1e-3}, Unit{"gops/w", 1e-3}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool drop_suffix(std::string& text, std::string_view suffix) {
  if (!std::string_view(text).ends_with(suffix)) return false;
  text.erase(text.size() - suffix.size());
  return true;
}

/// Half a unit of the last digit of "5.30" is 0.005, of "2e3" 500.
double half_digit(std::string_view digits) {
  const std::size_t e = digits.find_first_of("eE");
  const std::size_t point = digits.substr(0, e).find('.');
  const auto decimals = point == std::string_view::npos ? 0 : digits.substr(0, e).size() - point - 1;
  int exponent = 0;
  if (e != std::string_view::npos) {
    const std::size_t from = e + (digits[e + 1] == '+' ? 2 : 1);
    std::from_chars(digits.data() + from, digits.data() + digits.size(), exponent);
  }
  return 0.5 * std::pow(10.0, exponent - static_cast<int>(decimals));
}

}  // namespace

Claim parse_claim(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    throw InputError(in_quotes(text) + " is not FIGURE=VALUE, e.g. fp16=101TFLOPS");
  Claim claim;
  claim.figure = lower(text.substr(0, equals));
  std::string base = claim.figure;
  claim.per_watt = drop_suffix(base, "/w");
  claim.sparse = drop_suffix(base, ":sparse");
  const Fact* fact = find_fact(base);
  claim.format = parse_number_format(base);
  const bool decorated = claim.per_watt || claim.sparse;
  if (!claim.format && (fact == nullptr || decorated)) {
    std::vector<std::string> known{"fp64", "fp32", "tf32", "bf16", "fp16",
                                   "fp8",  "fp6",  "fp4",  "int8", "int4"};
    for (const Fact& f : facts()) known.emplace_back(f.name);
    throw InputError(decorated && fact != nullptr
                         ? in_quotes(claim.figure) + ": only peak rates are sparse or per watt"
                         : "unknown figure " + in_quotes(claim.figure) + ": " + one_of(known));
  }
  claim.unit = claim.format ? std::string(is_integer(*claim.format) ? "TOP/s" : "TFLOP/s") +
                                  (claim.per_watt ? "/W" : "")
                            : std::string(fact->unit);

  std::string digits(text.substr(equals + 1));
  const bool dollars = digits.rfind('$', 0) == 0;  // the only unit that is written first
  if (dollars) digits = digits.substr(1) + "$";
  const char* begin = digits.data();
  const auto [end, error] = std::from_chars(begin, begin + digits.size(), claim.value);
  if (error != std::errc() || !std::isfinite(claim.value) || claim.value < 0) {
    throw InputError(
        fmt::format("{}: {} is not a number of 0 or more", claim.figure, in_quotes(text.substr(equals + 1))));
  }
  claim.half_digit = half_digit({begin, static_cast<std::size_t>(end - begin)});
  const std::string unit = lower({end, static_cast<std::size_t>(begin + digits.size() - end)});
  if (unit.empty()) return claim;
  const std::span<const Unit> units = claim.format ? std::span<const Unit>(kRateUnits) : fact->units;
  const auto at = std::find_if(units.begin(), units.end(), [&](const Unit& u) {
    return u.spelling == unit && (!claim.format || claim.per_watt == u.spelling.ends_with("/w"));
  });
  if (at == units.end()) {
    throw InputError(claim.unit.empty()
                         ? fmt::format("{} has no unit, got {}", claim.figure, in_quotes(unit))
                         : fmt::format("{} is in {}, got {}", claim.figure, claim.unit, in_quotes(unit)));
  }
  claim.value *= at->factor;
  claim.half_digit *= at->factor;
  return claim;
}

}  // namespace roofcast::cli
