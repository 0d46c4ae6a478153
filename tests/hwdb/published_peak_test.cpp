// When a published peak agrees with a computed one, and what is said when it does not.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/published_peak.h"

#include <doctest/doctest.h>

#include <set>

#include "hwdb/hwdb.h"

using namespace roofcast;

namespace {

const Hwdb& base() {
  static const Hwdb hwdb = [] {
    Hwdb all = Hwdb::embedded();
    all.add_published_peaks();
    return all;
  }();
  return hwdb;
}

PublishedPeak claim(const char* slug, double dense) {
  PublishedPeak peak;
  peak.slug = slug;
  peak.path = Path::tensor_core;
  peak.input = NumberFormat::fp16;
  peak.accumulate = NumberFormat::fp32;
  peak.dense = teraflops(dense);
  return peak;
}

std::string explanation(const PublishedPeak& peak) {
  const Gpu& gpu = *base().find(peak.slug);
  return explain(gpu, peak, compare(gpu, peak).front());
}

}  // namespace

TEST_CASE("figures agree within 2 % or half a unit of the last published digit") {
  CHECK(agrees(teraflops(125), teraflops(125.34)));
  CHECK(agrees(teraflops(100), teraflops(102)));
  CHECK_FALSE(agrees(teraflops(100), teraflops(102.1)));
  CHECK(agrees(teraflops(0.08), teraflops(0.08288)));  // half a unit is 0.005
  CHECK_FALSE(agrees(teraflops(0.08), teraflops(0.0851)));
  CHECK(agrees(teraflops(20), teraflops(20.48)));  // half a unit is 0.5
  CHECK_FALSE(agrees(teraflops(20), teraflops(20.51)));
  CHECK_FALSE(agrees(teraflops(6.5), teraflops(6.66)));
}

TEST_CASE("a sparse figure given as dense is recognised") {
  CHECK(explanation(claim("l4", 242)) ==
        "says dense 242 TFLOP/s, but 58 SMs × 1024 op/clock × 2.040 GHz = 121 TFLOP/s: is it the sparse "
        "figure?");
  CHECK(explanation(claim("l4", 150)) ==
        "says dense 150 TFLOP/s, but 58 SMs × 1024 op/clock × 2.040 GHz = 121 TFLOP/s");
  CHECK(explanation(claim("quadro-p4000", 10.6)) ==
        "says dense 10.6 TFLOP/s, but the board has no tensor_core rate for fp16 -> fp32");
}

TEST_CASE("an exception turns a contradiction into an explained difference") {
  PublishedPeak peak = claim("l4", 242);
  const Gpu& gpu = *base().find("l4");
  CHECK(compare(gpu, peak).front().verdict == PeakVerdict::contradicts);
  peak.exception = "a reason";
  CHECK(compare(gpu, peak).front().verdict == PeakVerdict::explained);
  peak.dense = teraflops(121);
  CHECK(compare(gpu, peak).front().verdict == PeakVerdict::agrees);
}

TEST_CASE("a claim made at another clock is compared at that clock") {
  PublishedPeak peak = claim("l4", 60.6);
  peak.clock = megahertz(1020);
  CHECK(compare(*base().find("l4"), peak).front().verdict == PeakVerdict::agrees);
}

TEST_CASE(
    "no published peak of the base contradicts the computed one, and exceptions are needed where they "
    "stand") {
  std::set<std::string> explained;
  std::size_t compared = 0;
  for (const PublishedPeak& peak : base().published_peaks()) {
    CAPTURE(peak.slug);
    bool differs = false;
    for (const PeakComparison& comparison : compare(*base().find(peak.slug), peak)) {
      ++compared;
      CHECK(comparison.verdict != PeakVerdict::contradicts);
      differs = differs || comparison.verdict == PeakVerdict::explained;
    }
    CHECK(differs == !peak.exception.empty());
    if (differs) explained.insert(peak.slug);
    CHECK_FALSE(peak.source.empty());
  }
  CHECK(compared >= 200);
  CHECK(explained == std::set<std::string>{"jetson-xavier-nx-8gb", "jetson-orin-nano-8gb-15w"});
}
