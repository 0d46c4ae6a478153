// What the loader accepts, and what it refuses with which words.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/contents.h"

#include <doctest/doctest.h>

#include <string>

#include "hwdb/hwdb.h"

using namespace roofcast;
using doctest::Approx;

namespace {

const Hwdb& base() {
  static const Hwdb hwdb = Hwdb::embedded();
  return hwdb;
}

Hwdb with(const std::string& text) {
  Hwdb hwdb = base();
  hwdb.add(text, "my.toml");
  return hwdb;
}

std::string refusal(const std::string& text) {
  try {
    with(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

/// A complete board; `line` replaces the line that begins with the same key, or is added.
std::string board(const std::string& line = "") {
  std::string text = R"(slug = "lab-card"
name = "Lab card"
family = "ga10x-geforce"
chip = "GA106"
year = 2021
sm_count = 28
base_clock_mhz = 1320
boost_clock_mhz = 1777
memory_gib = 12
memory_type = "GDDR6"
memory_bus_bits = 192
memory_bandwidth_gbps = 360
l2_mib = 2.25
pcie = "4.0 x16"
tdp_w = 170
sources = ["a data sheet"]
)";
  if (line.empty()) return text;
  const std::string key = line.substr(0, line.find(' ')) + " ";
  const std::size_t at = text.find("\n" + key);
  if (at == std::string::npos) return text + line + "\n";
  return text.replace(at + 1, text.find('\n', at + 1) - at, line + "\n");
}

std::string without(const std::string& key) {
  std::string text = board();
  const std::size_t at = text.find("\n" + key + " ");
  return text.erase(at + 1, text.find('\n', at + 1) - at);
}

}  // namespace

TEST_CASE("a board at the root of a file takes limits and rates from its family") {
  const Hwdb hwdb = with(board());
  const Gpu* gpu = hwdb.find("lab-card");
  REQUIRE(gpu != nullptr);
  CHECK(gpu->cuda_cores() == 3584);
  CHECK(gpu->architecture == "Ampere");
  CHECK(gpu->max_threads_per_sm == 1536);
  CHECK(gpu->rates.size() == base().find("rtx-3060-12gb")->rates.size());
  CHECK_FALSE(gpu->launch_price);
  CHECK_FALSE(gpu->nvlink);
}

TEST_CASE("three changed figures on top of another board make a new one") {
  const Hwdb hwdb = with(
      "inherit = \"rtx-3060-12gb\"\nslug = \"lab-3060\"\nmemory_bandwidth_gbps = 400\ntdp_w = "
      "140\nmemory_gib = 24\n");
  const Gpu* gpu = hwdb.find("lab-3060");
  REQUIRE(gpu != nullptr);
  CHECK(gpu->name == "GeForce RTX 3060 12GB (lab-3060)");
  CHECK(in_gigabytes_per_second(gpu->memory_bandwidth) == Approx(400));
  CHECK(gpu->tdp == Watts(140));
  CHECK(in_gibibytes(gpu->memory) == Approx(24));
  CHECK(gpu->sm_count == 28);
  CHECK(gpu->sources.front() == "other figures as rtx-3060-12gb");
  CHECK(hwdb.gpus().size() == base().gpus().size() + 1);
}

TEST_CASE("an alias may be inherited as well") {
  const Hwdb hwdb = with("inherit = \"rtx-3060\"\nslug = \"x\"\ntdp_w = 140\n");
  CHECK(hwdb.find("x")->sources.front() == "other figures as rtx-3060-12gb");
}

TEST_CASE("a board may inherit its own slug from the base and so correct it") {
  const Hwdb hwdb = with("slug = \"quadro-p4000\"\ninherit = \"quadro-p4000\"\nbase_clock_mhz = 1227\n");
  CHECK(in_megahertz(*hwdb.find("quadro-p4000")->base_clock) == Approx(1227));
  CHECK(hwdb.find("quadro-p4000")->name == "Quadro P4000");
  CHECK(hwdb.gpus().size() == base().gpus().size());
  CHECK(hwdb.resolve("p4000").gpu.base_clock == hwdb.find("quadro-p4000")->base_clock);
}

TEST_CASE("boards of one file may inherit each other in any order") {
  const Hwdb hwdb = with(
      "[[gpu]]\nslug = \"b\"\ninherit = \"a\"\ntdp_w = 50\n[[gpu]]\nslug = \"a\"\ninherit = "
      "\"l4\"\nmemory_gib = 12\n");
  CHECK(hwdb.find("b")->tdp == Watts(50));
  CHECK(in_gibibytes(hwdb.find("b")->memory) == Approx(12));
  CHECK(hwdb.find("b")->chip == "AD104");
}

TEST_CASE("a rate of a board replaces the one of its family") {
  const Hwdb hwdb =
      with(board() + "[tensor_core]\n\"fp16 -> fp32\" = { ops_per_clock_per_sm = 1024, source = \"x\" }\n");
  const Rate* rate =
      find_rate(*hwdb.find("lab-card"), Path::tensor_core, NumberFormat::fp16, NumberFormat::fp32);
  REQUIRE(rate != nullptr);
  CHECK(rate->ops_per_clock_per_sm == 1024);
  CHECK(rate->sparse_multiplier == 1);
}

TEST_CASE("CRLF and a byte order mark are accepted") {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : board()) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(with(text).find("lab-card") != nullptr);
}

TEST_CASE("a missing figure is named") {
  CHECK(refusal(without("boost_clock_mhz")) == "my.toml:1:1: gpu lab-card: boost_clock_mhz is missing");
  CHECK(refusal(without("l2_mib")) == "my.toml:1:1: gpu lab-card: l2_mib is missing");
  CHECK(refusal(without("name")) == "my.toml:1:1: gpu lab-card: name is missing");
  CHECK(refusal(without("sources")) ==
        "my.toml:1:1: gpu lab-card: sources are missing: where do the figures come from?");
  CHECK(refusal(without("family")) ==
        "my.toml:1:1: gpu lab-card: family is missing (or inherit, to start from another board)");
  CHECK(refusal("name = \"x\"\n") == "my.toml:1:1: slug is missing");
  CHECK(refusal("") == "my.toml:1:1: holds no board, family, alias or published peak");
}

TEST_CASE("a figure that cannot be is refused at its line") {
  CHECK(refusal(board("boost_clock_mhz = -5")) ==
        "my.toml:8:19: gpu lab-card: boost_clock_mhz = -5: must be positive");
  CHECK(refusal(board("memory_gib = 0")) == "my.toml:9:14: gpu lab-card: memory_gib = 0: must be positive");
  CHECK(refusal(board("boost_clock_mhz = 1.777")) ==
        "my.toml:8:19: gpu lab-card: boost_clock_mhz = 1.777: outside 50 to 10000 MHz");
  CHECK(refusal(board("tdp_w = nan")) == "my.toml:15:9: gpu lab-card: tdp_w is not a finite number");
  CHECK(refusal(board("tdp_w = inf")) == "my.toml:15:9: gpu lab-card: tdp_w is not a finite number");
  CHECK(refusal(board("sm_count = 28.5")) ==
        "my.toml:6:12: gpu lab-card: sm_count = 28.5: a whole number is needed");
  CHECK(refusal(board("sm_count = \"28\"")) ==
        "my.toml:6:12: gpu lab-card: sm_count: a number is needed, not a text");
  CHECK(refusal(board("chip = 106")) ==
        "my.toml:4:8: gpu lab-card: chip: a text in quotes is needed, not a number");
  CHECK(refusal(board("chip = \"\"")) == "my.toml:4:8: gpu lab-card: chip is empty");
  CHECK(refusal(board("chip = \"a\\u001bb\"")) ==
        "my.toml:4:8: gpu lab-card: chip holds a control character or a line break");
  CHECK(refusal(board("sources = \"x\"")) ==
        "my.toml:16:11: gpu lab-card: sources: a list of texts is needed, not a text");
  CHECK(refusal(board("inline_ecc = 1")) ==
        "my.toml:17:14: gpu lab-card: inline_ecc: true or false is needed, not a number");
}

TEST_CASE("an unknown key is refused with the nearest one") {
  CHECK(refusal(board("boost_clock = 1777")) ==
        "my.toml:17:15: gpu lab-card: unknown key boost_clock: did you mean boost_clock_mhz?");
  CHECK(refusal("[[gpus]]\nslug = \"x\"\n") == "my.toml:1:1: slug is missing");
  CHECK(refusal("[[gpu]]\nslug = \"x\"\n[famlies.a]\n") ==
        "my.toml:3:1: unknown key famlies: did you mean families?");
}

TEST_CASE("figures that contradict each other are refused") {
  CHECK(refusal(board("base_clock_mhz = 1900")) ==
        "my.toml:7:18: gpu lab-card: base_clock_mhz = 1900 is above boost_clock_mhz = 1777");
  CHECK(refusal(board("tensor_peak_clock_mhz = 2000")) ==
        "my.toml:17:25: gpu lab-card: tensor_peak_clock_mhz = 2000 is above boost_clock_mhz = 1777");
  CHECK(refusal(board("application_clock_mhz = 2500")) ==
        "my.toml:17:25: gpu lab-card: application_clock_mhz = 2500 is more than a quarter above "
        "boost_clock_mhz = 1777");
  CHECK(refusal(board("memory_bandwidth_gbps = 2880")) ==
        "my.toml:12:25: gpu lab-card: memory_bandwidth_gbps = 2880 over 192 bits is 120 Gbit/s per pin; "
        "GDDR6 ships with "
        "up to 20");
  CHECK(refusal(board("l2_mib = 16384")) ==
        "my.toml:13:10: gpu lab-card: l2_mib = 16384 is not below memory_gib = 12");
  CHECK(refusal(board("fp32_lanes_per_sm = 64")) ==
        "my.toml:17:21: gpu lab-card: fp32_lanes_per_sm = 64 makes 128 operations per clock, but the rate of "
        "fp32 -> fp32 "
        "is 256");
  CHECK(refusal(board("tensor_cores_per_sm = 0")) ==
        "my.toml:1:1: gpu lab-card: tensor_core_generation is given, but tensor_cores_per_sm is 0");
  CHECK(refusal("slug = \"x\"\ninherit = \"quadro-p4000\"\ntensor_cores_per_sm = 4\n") ==
        "my.toml:3:23: gpu x: tensor_cores_per_sm is given, but tensor_core_generation is missing");
  CHECK(refusal("slug = \"x\"\ninherit = \"quadro-p4000\"\ntensor_cores_per_sm = 4\ntensor_core_generation = "
                "1\n") == "my.toml:3:23: gpu x: there are tensor cores, but no tensor_core rate above 0");
  CHECK(refusal(board("pcie = \"x16\"")) ==
        "my.toml:14:8: gpu lab-card: pcie = \"x16\": \"integrated\" or one like \"4.0 x16\" is needed");
}

TEST_CASE("rates are refused when they cannot be") {
  const auto rate = [](const std::string& entry) {
    return refusal(board() + "[tensor_core]\n" + entry + "\n");
  };
  CHECK(rate("\"fp16 -> fp32\" = { ops_per_clock_per_sm = 512, sparse_multiplier = 3 }") ==
        "my.toml:18:68: gpu lab-card: tensor_core fp16 -> fp32: sparse_multiplier = 3: outside 1 to 2");
  CHECK(rate("\"fp16 -> fp32\" = { ops_per_clock_per_sm = 512, sparse_multiplier = 1.5 }") ==
        "my.toml:18:68: gpu lab-card: tensor_core fp16 -> fp32: sparse_multiplier = 1.5: must be 1 or 2");
  CHECK(rate("\"fp16 -> fp32\" = { sparse_multiplier = 2 }") ==
        "my.toml:18:18: gpu lab-card: tensor_core fp16 -> fp32: ops_per_clock_per_sm is missing");
  CHECK(rate("\"fp17 -> fp32\" = { ops_per_clock_per_sm = 512 }") ==
        "my.toml:18:18: gpu lab-card: tensor_core: unknown number format fp17");
  CHECK(
      rate("fp16 = { ops_per_clock_per_sm = 512 }") ==
      "my.toml:18:8: gpu lab-card: tensor_core: fp16: a pair of formats such as \"fp16 -> fp32\" is needed");
  CHECK(refusal(board() +
                "[cuda_core]\n\"fp16 -> fp16\" = { ops_per_clock_per_sm = 256, sparse_multiplier = 2 }\n") ==
        "my.toml:17:1: gpu lab-card: cuda_core fp16 -> fp16: 2:4 sparsity belongs to tensor cores");
}

TEST_CASE("inheritance that leads nowhere is refused") {
  CHECK(refusal("slug = \"x\"\ninherit = \"rtx-3061\"\n") ==
        "my.toml:2:11: gpu x: inherit = \"rtx-3061\": unknown board: did you mean rtx-3070, rtx-3090 or "
        "rtx-4060?");
  CHECK(refusal("slug = \"x\"\ninherit = \"x\"\n") == "my.toml:2:11: gpu x: the board inherits itself");
  CHECK(refusal("[[gpu]]\nslug = \"a\"\ninherit = \"b\"\n[[gpu]]\nslug = \"b\"\ninherit = \"a\"\n") ==
        "my.toml:6:11: gpu b: inherit = \"a\" goes in a circle");
  std::string chain;
  for (int i = 0; i < 100; ++i) {
    chain += "[[gpu]]\nslug = \"a" + std::to_string(i) + "\"\ninherit = \"a" + std::to_string(i + 1) + "\"\n";
  }
  CHECK(refusal(chain).find("inherit: a chain of more than 32 boards") != std::string::npos);
}

TEST_CASE("names are refused when they are taken, unknown or unfit") {
  CHECK(refusal("[[gpu]]\nslug = \"a\"\ninherit = \"l4\"\n[[gpu]]\nslug = \"a\"\ninherit = \"t4\"\n") ==
        "my.toml:5:8: gpu a: slug = \"a\" is given twice, first in my.toml");
  CHECK(refusal(board("slug = \"Lab card\"")).find("slug") != std::string::npos);
  CHECK(refusal("slug = \"a,b\"\ninherit = \"l4\"\n") ==
        "my.toml:1:8: slug: lower-case letters, digits, '-' and '.' make a name, at most 64 of them");
  CHECK(refusal(board("family = \"ga10x\"")) ==
        "my.toml:3:10: gpu lab-card: family = \"ga10x\": unknown family: did you mean ga10x-geforce, "
        "ga10x-pro or ga100?");
  CHECK(refusal("[aliases]\nmine = \"rtx-3061\"\n") ==
        "my.toml:2:8: aliases: mine: unknown board rtx-3061: did you mean rtx-3070, rtx-3090 or rtx-4060?");
}

TEST_CASE("a syntax error is located") {
  CHECK(refusal("slug = \"x\"\ntdp_w = = 3\n").find("my.toml:2:9: ") == 0);
  CHECK(refusal("slug = \"x\nname = 1\n").find("my.toml:1:") == 0);
  CHECK(refusal("slug = \"x\"\nslug = \"y\"\n").find("my.toml:2:") == 0);
}

TEST_CASE("a claimed peak that contradicts the computed one asks whether it is the sparse figure") {
  const std::string claim =
      "[claims.tensor_core]\n\"fp16 -> fp32\" = { dense_tflops = 50.9, source = \"a list\" }\n";
  CHECK(refusal(board() + claim) ==
        "my.toml:18:18: lab-card: tensor_core fp16 -> fp32: says dense 50.9 TFLOP/s, but 28 SMs × 512 "
        "op/clock × 1.777 GHz "
        "= 25.5 TFLOP/s: is it the sparse figure?");
  Hwdb hwdb = base();
  hwdb.add(board() + claim, "my.toml", Contradictions::keep);
  CHECK(hwdb.published_peaks().size() == 1);
  CHECK(with(board() + "[claims.tensor_core]\n\"fp16 -> fp32\" = { dense_tflops = 25.5, source = \"x\" }\n")
            .published_peaks()
            .size() == 1);
  CHECK(refusal(board() +
                "[claims.tensor_core]\n\"int8 -> int32\" = { dense_tflops = 102, source = \"x\" }\n") ==
        "my.toml:18:36: lab-card: tensor_core int8 -> int32: unknown key dense_tflops: did you mean "
        "dense_tops?");
}

TEST_CASE("a refused layer leaves the base as it was") {
  Hwdb hwdb = base();
  CHECK_THROWS_AS(hwdb.add(board() + "oops = 1\n", "my.toml"), InputError);
  CHECK(hwdb.gpus().size() == base().gpus().size());
}
