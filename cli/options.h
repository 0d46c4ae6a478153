// Options every command shares, over Boost.Program_options.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/table.h"
#include "hwdb/hwdb.h"

namespace roofcast::cli {

namespace po = boost::program_options;

/// --help, --format table|markdown|csv|json, --json, --hwdb DIR.
po::options_description common_options();

/// Parses; when --help was given prints usage, options and `examples` to `out` and returns nothing.
/// `positional` names the option that takes free arguments ("" for none). Throws InputError on unknown options,
/// with the nearest known one suggested. Options are long ones only, so "-1.5" is a free argument.
std::optional<po::variables_map> parse(const std::vector<std::string>& arguments,
                                       const po::options_description& options, const std::string& positional,
                                       std::string_view usage, std::string_view examples, std::ostream& out);

/// Throws InputError on an unknown format.
Format output_format(const po::variables_map& values);

/// The embedded base overlaid by $ROOFCAST_HWDB and then --hwdb.
Hwdb open_hwdb(const po::variables_map& values);

/// Adds --calibration FILE, which open_calibration reads.
void add_calibration_option(po::options_description& options);

/// --rows-per-group of what fits constants, and its value.
void add_rows_per_group_option(po::options_description& options, const char* help);
int rows_per_group(const po::variables_map& values);
/// The embedded calibration, or the one of --calibration FILE.
Calibration open_calibration(const po::variables_map& values);

/// "a, b,c" -> {"a","b","c"}; empty parts are an InputError naming `option`.
std::vector<std::string> split_list(std::string_view text, std::string_view option);

/// A whole decimal number in [low, high]; InputError naming `option` otherwise. No rounding, no clamping.
std::int64_t parse_integer(std::string_view text, std::string_view option, std::int64_t low,
                           std::int64_t high);
double parse_number(std::string_view text, std::string_view option, double low, double high);

/// The text given for an option, if any.
std::optional<std::string> given(const po::variables_map& values, const std::string& option);

/// "a, b or c" of an InputError, for an option that takes one of a few words.
[[noreturn]] void refuse_word(const std::string& option, const std::string& text,
                              const std::vector<std::string>& words);

/// One of a few words; InputError with the list otherwise.
template <class T>
std::optional<T> given_word(const po::variables_map& values, const std::string& option,
                            const std::vector<std::pair<std::string, T>>& words) {
  const auto text = given(values, option);
  if (!text) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [word, value] : words) {
    if (*text == word) return value;
    names.push_back(word);
  }
  refuse_word(option, *text, names);
}

/// The board a measurement's device name stands for: one of the base, never a file; nothing where it is unknown.
std::optional<Gpu> find_board(const Hwdb& base, const std::string& device);

}  // namespace roofcast::cli
