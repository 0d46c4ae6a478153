// `roofcast formats` as a user sees it.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/json.h"
#include "tests/cli/run.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;
using nlohmann::json;

namespace {

Result formats(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "formats");
  return run(arguments);
}

nlohmann::json json_of(std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const Result result = formats(arguments);
  REQUIRE(result.code == kDone);
  return parsed(result.out);
}

const nlohmann::json& encoding(const nlohmann::json& object, const std::string& format) {
  for (const auto& e : object["encodings"]) {
    if (e["format"] == format) return e;
  }
  throw std::out_of_range(format);
}

}  // namespace

TEST_CASE("formats prints the bits of a number in every format within 100 columns") {
  const Result result = formats({"3.14159265"});
  CHECK(result.code == kDone);
  CHECK(contains(result.out, "0|10000000|10010010000111111011011"));
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
  CHECK(contains(formats({"3.14"}).out, "0|10000|1001001000"));
  CHECK(contains(formats({"3.14", "--format", "csv"}).out, "fp16,0100001001001000,"));
}

TEST_CASE("formats prints JSON with code, value, error and rounding") {
  const nlohmann::json object = json_of({"3.14"});
  CHECK(object["schema_version"] == 1);
  const nlohmann::json& fp16 = encoding(object, "fp16");
  CHECK(fp16["code"] == "0100001001001000");
  CHECK(fp16["fields"] == "0|10000|1001001000");
  CHECK(fp16["value"] == 3.140625);
  CHECK(fp16["error"].get<double>() == doctest::Approx(0.000625));
  CHECK(fp16["rounding"] == "rounded");
}

TEST_CASE("formats prints CSV and Markdown from the same rows") {
  CHECK(contains(formats({"-42", "--format", "csv"}).out, "int8,11010110,-,-42,0\n"));
  CHECK(contains(formats({"-42", "--format", "markdown"}).out, "| int8 | 11010110 | - | -42 | 0 |"));
}

TEST_CASE("a value beyond a format says so instead of a number") {
  const nlohmann::json object = json_of({"1e6"});
  CHECK(encoding(object, "fp16")["rounding"] == "overflow");
  CHECK(encoding(object, "fp16")["value"].is_null());
  CHECK(encoding(object, "fp4-e2m1")["value"] == 6);
  CHECK(encoding(object, "int8")["code"].is_null());
  CHECK(contains(formats({"1e6"}).out, "out of range"));
}

TEST_CASE("NaN and infinity are values that some formats cannot hold") {
  const nlohmann::json object = json_of({"nan"});
  CHECK(encoding(object, "fp8-e4m3")["code"] == "01111111");
  CHECK(encoding(object, "fp4-e2m1")["rounding"] == "no NaN");
  CHECK(encoding(json_of({"-inf"}), "fp16")["code"] == "1111110000000000");
}

TEST_CASE("formats without a number lists range and precision") {
  const nlohmann::json object = json_of({});
  CHECK(object["formats"].size() == 13);
  CHECK(contains(formats({}).out, "65504"));
}

TEST_CASE("formats decodes a bit pattern in binary or hexadecimal") {
  CHECK(json_of({"--decode", "fp16:0100001001000110"})["value"] == 3.13671875);
  CHECK(json_of({"--decode", "fp16:0|10000|1001000110"})["value"] == 3.13671875);
  CHECK(json_of({"--decode", "fp32:0x40490FDB"})["value"] == 3.1415927410125732);
  CHECK(json_of({"--decode", "fp16:0x7c00"})["kind"] == "infinity");
}

TEST_CASE("formats quantises a list and counts bytes before and after") {
  const Result result = formats({"--quantize", "0.8342,-1.234,0.0023,2.567", "--bits", "8"});
  CHECK(result.code == kDone);
  CHECK(contains(result.out, "codes [11,-128,-45,127]"));
  CHECK(contains(result.out, "16 bytes as fp32 -> 4 bytes"));
  const nlohmann::json object = json_of({"--quantize", "0.8342,-1.234,0.0023,2.567"});
  CHECK(object["codes"] == nlohmann::json({11, -128, -45, 127}));
  CHECK(object["bytes_before"] == 16);
  CHECK(object["bytes_after"] == 4);
  CHECK(json_of({"--quantize", "-1.234,2.567", "--symmetric"})["codes"] == nlohmann::json({-61, 127}));
  CHECK(json_of({"--quantize", "-1.234,2.567", "--zero-point", "integer"})["zero_point"] == -45);
}

TEST_CASE("formats refuses what it cannot read with one line and exit code 2") {
  const std::vector<std::vector<std::string>> bad{
      {"abc"},
      {""},
      {"1e999"},
      {"3.14x"},
      {"1", "2"},
      {"--quantize", ""},
      {"--quantize", "1,,2"},
      {"--quantize", "1,nan"},
      {"--quantize", "1,2", "--bits", "1"},
      {"--quantize", "1,2", "--bits", "99999999999999999999"},
      {"--quantize", "1,2", "--symmetric", "--zero-point", "real"},
      {"--quantize", "1,2", "--zero-point", "imaginary"},
      {"3.14", "--bits", "8"},
      {"3.14", "--quantize", "1"},
      {"--decode", "fp16"},
      {"--decode", "fp17:0"},
      {"--decode", "fp16:01"},
      {"--decode", "fp16:0100001001000112"},
      {"--decode", "fp16:0x12345"},
      {"3.14", "--format", "yaml"}};
  for (const auto& arguments : bad) {
    const Result result = formats(arguments);
    CAPTURE(result.err);
    CHECK(result.code == kBadInput);
    CHECK(result.out.empty());
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}

TEST_CASE("a scale per channel keeps the small channel's values, one for all loses them") {
  const Result r = run(
      {"formats", "--quantize", "0.012,-0.02,0.015;3.1,-2.2,1.4", "--bits", "4", "--symmetric", "--json"});
  CHECK(r.code == kDone);
  const json j = parsed(r.out);
  REQUIRE(j["channels"].size() == 2);
  CHECK(j["channels"][0]["codes"] == json({4, -7, 5}));  // 0.012 / (0.02 / 7) = 4.2
  CHECK(j["channels"][0]["max_error"].get<double>() < 0.0015);
  CHECK(j["max_error"].get<double>() <= j["max_error_one_scale"].get<double>());
  CHECK(j["bytes_after"] == 3);
  CHECK(j["bytes_scales"] == 8);
  CHECK(widest(run({"formats", "--quantize", "1,2;3,4"}).out) <= 80);
  CHECK(run({"formats", "--quantize", "1,2;"}).code == kBadInput);
}

TEST_CASE("what a format cannot hold says overflow or underflow, unsigned integers hold no negative value") {
  CHECK(contains(run({"formats", "1e6"}).out, "overflow"));
  CHECK(contains(run({"formats", "1e-12"}).out, "underflow"));
  CHECK(contains(run({"formats", "200"}).out, "11001000"));
  const json j = parsed(run({"formats", "-1", "--json"}).out);
  for (const json& e : j["encodings"]) {
    if (e["format"] == "uint8") CHECK(e["code"].is_null());
    if (e["format"] == "int4") CHECK(e["code"] == "1111");
  }
}

TEST_CASE("every view of a number fits 80 columns") {
  for (const char* value : {"3.14", "-1e-300", "1e300", "inf", "nan", "-0.333333333333"})
    CHECK(widest(run({"formats", value}).out) <= 80);
  CHECK(widest(run({"formats"}).out) <= 80);
}
