// Quoted figures against the base: the four boards of the usual buyer's guide and what is wrong with them.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "cli/claim.h"
#include "cli/command.h"
#include "hwdb/input_error.h"
#include "tests/cli/json.h"

using namespace roofcast;
using namespace roofcast::cli;

namespace {

struct Result {
  int code;
  std::string out, err;
};

Result audit(std::vector<std::string> arguments) {
  std::ostringstream out, err;
  Streams streams{out, err};
  arguments.insert(arguments.begin(), "audit");
  const int code = dispatch(arguments, streams);
  return {code, out.str(), err.str()};
}

/// Verdict and exit code of one figure.
std::string verdict(const std::string& board, const std::string& claim) {
  const Result result = audit({board, claim, "--json"});
  CAPTURE(result.err);
  REQUIRE(result.code != kBadInput);
  const auto figure = test::parsed(result.out)["figures"][0];
  CHECK(result.code == (figure["wrong"].get<bool>() ? kAnswerIsNo : kDone));
  return figure["verdict"];
}

std::string why(const std::string& board, const std::string& claim) {
  const auto object = test::parsed(audit({board, claim, "--json"}).out);
  std::string text;
  for (const auto& line : object["figures"][0]["why"]) text += line.get<std::string>() + "\n";
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the P4000 has FP16 at 1/64 rate and DP4A, not 10.6 TFLOPS and 0 TOPS") {
  CHECK(verdict("quadro-p4000", "fp32=5.3TFLOPS") == "ok");
  CHECK(verdict("quadro-p4000", "fp16=10.6TFLOPS") == "wrong rate (x128)");
  CHECK(contains(why("quadro-p4000", "fp16=10.6"), "twice the dense FP32 figure"));
  CHECK(verdict("quadro-p4000", "int8=0TOPS") == "wrong rate (x0)");
  CHECK(verdict("quadro-p4000", "int8=21.2") == "ok");
  CHECK(verdict("quadro-p4000", "tf32=12") == "not supported");
  CHECK(verdict("quadro-p4000", "fp8=0") == "ok");
}

TEST_CASE("the RTX 3060's 101 and 202 are sparse and its TF32 four times too high") {
  CHECK(verdict("rtx-3060-12gb", "fp16=101TFLOPS") == "sparse quoted as dense");
  CHECK(contains(why("rtx-3060-12gb", "fp16=101"), "25.5 TFLOP/s is the dense FP16 figure"));
  CHECK(verdict("rtx-3060-12gb", "int8=202TOPS") == "sparse quoted as dense");
  CHECK(verdict("rtx-3060-12gb", "tf32=50.5") == "wrong rate (x4)");
  CHECK(verdict("rtx-3060-12gb", "fp16=25.5") == "ok");
  CHECK(verdict("rtx-3060-12gb", "fp16:sparse=101.9") == "ok");
  CHECK(verdict("rtx-3060-12gb", "fp16:sparse=25.5") == "dense quoted as sparse");
}

TEST_CASE("a peak with FP16 accumulation is right, and the one frameworks get is named") {
  CHECK(verdict("rtx-3060-12gb", "fp16=51") == "ok");
  CHECK(contains(why("rtx-3060-12gb", "fp16=51"), "frameworks get 25.5 TFLOP/s"));
}

TEST_CASE("the RTX 4060 Ti 16GB: sparse FP8 and INT8, and the TDP of the 8 GB card") {
  CHECK(verdict("rtx-4060-ti-16gb", "fp8=354") == "sparse quoted as dense");
  CHECK(verdict("rtx-4060-ti-16gb", "int8=353") == "sparse quoted as dense");
  CHECK(verdict("rtx-4060-ti-16gb", "tdp=160W") == "wrong (x0.97)");
  CHECK(contains(why("rtx-4060-ti-16gb", "tdp=160W"), "rtx-4060-ti-8gb"));
  CHECK(verdict("rtx-4060-ti-16gb", "bandwidth=288GB/s") == "ok");
  CHECK(verdict("rtx-4060-ti-16gb", "cores=4352") == "ok");
  CHECK(verdict("rtx-4060-ti-16gb", "cores=4864") == "wrong (x1.12)");
  CHECK(verdict("rtx-4060-ti-16gb", "memory=16GB") == "ok");
}

TEST_CASE("the Jetson Orin Nano: half the FP16 rate, sparse INT8, doubled again, and TOPS per watt") {
  CHECK(verdict("jetson-orin-nano-8gb-15w", "fp16=5") == "wrong rate (x0.49)");
  CHECK(contains(why("jetson-orin-nano-8gb-15w", "fp16=5"), "half of the dense FP16 figure"));
  CHECK(verdict("jetson-orin-nano-8gb-15w", "int8=40") == "sparse quoted as dense");
  CHECK(verdict("jetson-orin-nano-8gb-15w", "int8=80") == "wrong rate (x3.9)");
  CHECK(contains(why("jetson-orin-nano-8gb-15w", "int8=80"), "twice the 2:4-sparse INT8 figure"));
  CHECK(verdict("jetson-orin-nano-8gb-15w", "int8/w=2.67") == "sparse quoted as dense");
  CHECK(verdict("jetson-orin-nano-8gb-15w", "int8/w=1.37TOPS/W") == "ok");
}

TEST_CASE("several figures are judged at once, in one argument or many, units apart or not") {
  const Result result = audit({"rtx-3060-12gb fp16=101 TFLOPS tdp=170 W", "int8=202TOPS"});
  CHECK(result.code == kAnswerIsNo);
  CHECK(contains(result.out, "28 SMs × 2048 op/clock × 1.777 GHz"));
  CHECK(contains(result.out, "tdp: ok"));
  CHECK(audit({"quadro-p4000", "fp32=5.3", "tdp=105W"}).code == kDone);
  CHECK(contains(audit({"quadro-p4000", "fp32=5.3", "--format", "csv"}).out, "fp32,5.3 TFLOP/s,5.30,-,ok,"));
}

TEST_CASE("units are read and converted, half a unit of the last digit is the tolerance") {
  CHECK(parse_claim("bandwidth=3.35TB/s").value == doctest::Approx(3350));
  CHECK(parse_claim("fp16=5300GFLOPS").value == doctest::Approx(5.3));
  CHECK(parse_claim("boost=1.48GHz").value == doctest::Approx(1480));
  CHECK(parse_claim("price=$815").value == 815);
  CHECK(parse_claim("FP16=5.30").half_digit == doctest::Approx(0.005));
  CHECK(parse_claim("fp16=2e3").half_digit == doctest::Approx(500));
  CHECK(parse_claim("int8=40").unit == "TOP/s");
}

TEST_CASE("audit refuses what it cannot read with one line and exit code 2") {
  const std::vector<std::vector<std::string>> bad{{},
                                                  {"quadro-p4000"},
                                                  {"fp16=10"},
                                                  {"no-such-board", "fp16=10"},
                                                  {"quadro-p4000", "fp17=10"},
                                                  {"quadro-p4000", "fp16="},
                                                  {"quadro-p4000", "fp16=ten"},
                                                  {"quadro-p4000", "fp16=-1"},
                                                  {"quadro-p4000", "fp16=nan"},
                                                  {"quadro-p4000", "fp16=1e999"},
                                                  {"quadro-p4000", "fp16=10W"},
                                                  {"quadro-p4000", "cores=1792TFLOPS"},
                                                  {"quadro-p4000", "tdp/w=1"},
                                                  {"quadro-p4000", "=1"}};
  for (const auto& arguments : bad) {
    const Result result = audit(arguments);
    CAPTURE(result.err);
    CHECK(result.code == kBadInput);
    CHECK(result.out.empty());
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}
