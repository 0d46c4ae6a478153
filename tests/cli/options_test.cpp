// Options, lists and numbers: what is accepted and how the rest is refused.
// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <doctest/doctest.h>

#include <functional>
#include <sstream>

#include "hwdb/input_error.h"

using namespace roofcast;
using namespace roofcast::cli;

namespace {

po::options_description some_options() {
  po::options_description options = common_options();
  options.add_options()("workload", po::value<std::string>(), "")(
      "batch", po::value<std::string>()->value_name("N"), "samples");
  return options;
}

std::optional<po::variables_map> read(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  return parse(arguments, some_options(), "workload", "roofcast test", "  roofcast test\n", out);
}

std::string reason(const std::function<void()>& f) {
  try {
    f();
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("options and one free argument are read in any order") {
  const auto values = read({"--batch", "8", "resnet50", "--format=csv"});
  CHECK((*values)["workload"].as<std::string>() == "resnet50");
  CHECK((*values)["batch"].as<std::string>() == "8");
  CHECK(output_format(*values) == Format::csv);
}

TEST_CASE("an unknown option suggests the nearest") {
  CHECK(reason([] { read({"--bacth", "8"}); }) == "unknown option '--bacth'; did you mean '--batch'?");
}

TEST_CASE("options are not guessed from abbreviations") {
  CHECK(reason([] { read({"--bat", "8"}); }) == "unknown option '--bat'; did you mean '--batch'?");
}

TEST_CASE("short options are refused, negative numbers are values") {
  CHECK(reason([] { read({"-b", "8"}); }).find("unknown option '-b'") == 0);
  CHECK((*read({"--batch", "-1"}))["batch"].as<std::string>() == "-1");
  CHECK((*read({"-1.5"}))["workload"].as<std::string>() == "-1.5");
}

TEST_CASE("an option without its value, given twice or given a second free argument is refused") {
  CHECK(reason([] { read({"--batch"}); }).find("--batch") != std::string::npos);
  CHECK(reason([] { read({"--batch", "--json"}); }).find("--batch") != std::string::npos);
  CHECK(reason([] { read({"--batch", "1", "--batch", "2"}); }).find("more than once") != std::string::npos);
  CHECK(reason([] { read({"resnet50", "bert"}); }) == "takes one workload, got several");
}

TEST_CASE("--help prints usage, options and examples and hides the free argument") {
  std::ostringstream out;
  CHECK(!parse({"--help"}, some_options(), "workload", "roofcast test NAME", "  roofcast test x\n", out));
  CHECK(out.str().find("usage: roofcast test NAME") == 0);
  CHECK(out.str().find("--batch N") != std::string::npos);
  CHECK(out.str().find("--workload") == std::string::npos);
  CHECK(out.str().find("Examples\n  roofcast test x\n") != std::string::npos);
}

TEST_CASE("formats have names, --json contradicts another one") {
  CHECK(output_format(*read({})) == Format::table);
  CHECK(output_format(*read({"--json"})) == Format::json);
  CHECK(output_format(*read({"--json", "--format", "json"})) == Format::json);
  CHECK(reason([] {
          output_format(*read({"--format", "xml"}));
        }) == "unknown --format 'xml': table, markdown, csv or json");
  CHECK(reason([] {
          output_format(*read({"--json", "--format", "csv"}));
        }).find("contradict") != std::string::npos);
}

TEST_CASE("a list is split at commas, blanks dropped, empty parts refused") {
  CHECK(split_list("a, b,c", "--gpus") == std::vector<std::string>{"a", "b", "c"});
  CHECK(reason([] { split_list("a,,b", "--gpus"); }) == "--gpus: an empty entry in the list");
  CHECK(reason([] { split_list("", "--gpus"); }) == "--gpus: an empty entry in the list");
}

TEST_CASE("whole numbers are neither rounded nor clamped") {
  CHECK(parse_integer("64", "--batch", 1, 100) == 64);
  for (const char* text : {"", "x", "1e3", "1.5", "0x10", "8 ", "+8", "1,000"}) {
    CHECK(reason([&] { parse_integer(text, "--batch", 1, 100); }).find("is not a whole number") !=
          std::string::npos);
  }
  for (const char* text : {"0", "-1", "101", "1000000000000", "99999999999999999999999"}) {
    CHECK(reason([&] { parse_integer(text, "--batch", 1, 100); }).find("is outside 1 to 100") !=
          std::string::npos);
  }
}

TEST_CASE("numbers must be finite, in range and nothing else") {
  CHECK(parse_number("0.15", "--electricity", 0, 10) == doctest::Approx(0.15));
  for (const char* text : {"", "cheap", "nan", "0.15$"}) {
    CHECK(reason([&] { parse_number(text, "--electricity", 0, 10); }).find("is not a number") !=
          std::string::npos);
  }
  for (const char* text : {"-1", "11", "inf", "1e999"}) {
    CHECK(reason([&] { parse_number(text, "--electricity", 0, 10); }).find("is outside 0 to 10") !=
          std::string::npos);
  }
}
