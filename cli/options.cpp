// Parsing of arguments: one clear line for whatever is wrong with them.
// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ostream>

#include "cli/suggest.h"
#include "hwdb/read_file.h"

namespace roofcast::cli {
namespace {

/// Long options only: no abbreviations (a later option must not change what a script means), and a leading "-"
/// belongs to a negative number.
constexpr int kStyle = po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
                       po::command_line_style::long_allow_next;

std::vector<std::string> option_names(const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return names;
}

/// "-x" is refused here because it would otherwise be taken for a free argument; "-h" means --help.
std::vector<std::string> without_short_options(const std::vector<std::string>& arguments,
                                               const po::options_description& options) {
  std::vector<std::string> result = arguments;
  for (std::string& argument : result) {
    if (argument == "--") break;
    if (argument == "-h") argument = "--help";
    const bool dashed = argument.size() >= 2 && argument[0] == '-' && argument[1] != '-';
    const bool number =
        dashed && (std::isdigit(static_cast<unsigned char>(argument[1])) != 0 || argument[1] == '.');
    if (dashed && !number && argument != "-inf" && argument != "-nan") {
      throw InputError("unknown option " + in_quotes(argument) +
                       did_you_mean("-" + argument, option_names(options)));
    }
  }
  return result;
}

po::options_description without(const po::options_description& options, const std::string& positional) {
  po::options_description shown("Options", 100, 50);
  for (const auto& option : options.options()) {
    if (option->long_name() != positional) shown.add(option);
  }
  return shown;
}

void refuse_option_as_value(const po::parsed_options& parsed) {
  for (const auto& option : parsed.options) {
    for (const std::string& value : option.value) {
      if (!option.string_key.empty() && option.position_key < 0 && value.rfind("--", 0) == 0) {
        throw InputError("option --" + option.string_key + " needs a value, got " + in_quotes(value));
      }
    }
  }
}

}  // namespace

po::options_description common_options() {
  po::options_description options("Options", 100, 50);
  options.add_options()("help", "print this help")("format", po::value<std::string>()->value_name("FORM"),
                                                   "table (default), markdown, csv or json")(
      "json", po::bool_switch(), "short for --format json")(
      "hwdb", po::value<std::string>()->value_name("DIR"), "folder of *.toml that adds or overrides boards");
  return options;
}

std::optional<po::variables_map> parse(const std::vector<std::string>& arguments,
                                       const po::options_description& options, const std::string& positional,
                                       std::string_view usage, std::string_view examples, std::ostream& out) {
  po::positional_options_description free;
  if (!positional.empty()) free.add(positional.c_str(), -1);
  po::variables_map values;
  try {
    const auto parsed = po::command_line_parser(without_short_options(arguments, options))
                            .options(options)
                            .positional(free)
                            .style(kStyle)
                            .run();
    refuse_option_as_value(parsed);
    po::store(parsed, values);
    if (values.count("help") == 0) po::notify(values);
  } catch (const po::unknown_option& e) {
    const std::string name = "--" + e.get_option_name().substr(e.get_option_name().find_first_not_of('-'));
    throw InputError("unknown option " + in_quotes(name) + did_you_mean(name, option_names(options)));
  } catch (const po::too_many_positional_options_error&) {
    throw InputError("takes no free arguments; see --help");
  } catch (const po::multiple_occurrences& e) {
    const std::string name = e.get_option_name();
    if (!positional.empty() && name == "--" + positional)
      throw InputError("takes one " + positional + ", got several");
    throw InputError("option " + in_quotes(name) + " is given more than once");
  } catch (const po::invalid_command_line_syntax& e) {
    throw InputError(e.what());
  }
  if (values.count("help") == 0) return values;
  out << "usage: " << usage << "\n\n" << without(options, positional) << "\nExamples\n" << examples;
  if (!examples.empty() && examples.back() != '\n') out << "\n";
  return std::nullopt;
}

Format output_format(const po::variables_map& values) {
  const bool json = values["json"].as<bool>();
  if (values.count("format") == 0) return json ? Format::json : Format::table;
  const std::string& text = values["format"].as<std::string>();
  if (json && text != "json")
    throw InputError("--json and --format " + in_quotes(text) + " contradict each other");
  if (text == "table") return Format::table;
  if (text == "markdown") return Format::markdown;
  if (text == "csv") return Format::csv;
  if (text == "json") return Format::json;
  throw InputError("unknown --format " + in_quotes(text) + ": table, markdown, csv or json");
}

Hwdb open_hwdb(const po::variables_map& values) {
  Hwdb base = Hwdb::embedded();
  if (const char* folder = std::getenv("ROOFCAST_HWDB"); folder != nullptr && *folder != '\0')
    base.overlay(folder);
  if (const auto folder = given(values, "hwdb")) base.overlay(*folder);
  return base;
}

void add_rows_per_group_option(po::options_description& options, const char* help) {
  options.add_options()("rows-per-group", po::value<std::string>()->value_name("N")->default_value("150"),
                        help);
}

int rows_per_group(const po::variables_map& values) {
  return static_cast<int>(
      parse_integer(values["rows-per-group"].as<std::string>(), "--rows-per-group", 1, 1000000));
}

void add_calibration_option(po::options_description& options) {
  options.add_options()("calibration", po::value<std::string>()->value_name("FILE"),
                        "constants written by `roofcast calibrate` instead of the built-in ones");
}

Calibration open_calibration(const po::variables_map& values) {
  const auto path = given(values, "calibration");
  return path ? parse_calibration(read_text_file(*path), *path) : embedded_calibration();
}

std::vector<std::string> split_list(std::string_view text, std::string_view option) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (part.empty()) throw InputError(fmt::format("{}: an empty entry in the list", option));
    parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::int64_t parse_integer(std::string_view text, std::string_view option, std::int64_t low,
                           std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error == std::errc::invalid_argument || end != text.data() + text.size()) {
    throw InputError(fmt::format("{}: {} is not a whole number", option, in_quotes(text)));
  }
  if (error == std::errc::result_out_of_range || value < low || value > high) {
    throw InputError(fmt::format("{}: {} is outside {} to {}", option, in_quotes(text), low, high));
  }
  return value;
}

double parse_number(std::string_view text, std::string_view option, double low, double high) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error == std::errc::invalid_argument || end != text.data() + text.size() ||
      std::isnan(value)) {
    throw InputError(fmt::format("{}: {} is not a number", option, in_quotes(text)));
  }
  if (error == std::errc::result_out_of_range || value < low || value > high) {
    throw InputError(fmt::format("{}: {} is outside {} to {}", option, in_quotes(text), low, high));
  }
  return value;
}

std::optional<std::string> given(const po::variables_map& values, const std::string& option) {
  if (values.count(option) == 0) return std::nullopt;
  return values[option].as<std::string>();
}

void refuse_word(const std::string& option, const std::string& text, const std::vector<std::string>& words) {
  throw InputError(fmt::format("unknown --{} {}: {}", option, in_quotes(text), one_of(words)));
}

std::optional<Gpu> find_board(const Hwdb& base, const std::string& device) {
  if (device.find('/') != std::string::npos || device.find('\\') != std::string::npos) return std::nullopt;
  if (device.size() > 5 && device.compare(device.size() - 5, 5, ".toml") == 0) return std::nullopt;
  try {
    return base.resolve(device).gpu;
  } catch (const InputError&) {
    return std::nullopt;
  }
}

}  // namespace roofcast::cli
