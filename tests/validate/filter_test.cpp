// SPDX-License-Identifier: Apache-2.0
#include "validate/filter.h"

#include <doctest/doctest.h>

#include <sstream>

#include "tests/validate/scratch.h"

using namespace roofcast;
using roofcast::test::refusal;

namespace {

/// Whether the row "device=p4, gpus=2, latency_ms=0.5, note=" passes.
bool keeps(const std::string& filter, MissingColumn missing = MissingColumn::passes) {
  CsvReader reader(std::make_unique<std::istringstream>("device,gpus,latency_ms,note\np4,2,0.5,\n"), "t.csv");
  reader.next();
  const RowFacts facts{.layout = "neusight/gemm",
                       .kind = "linear",
                       .device = "p4",
                       .slug = "tesla-p4",
                       .chip = "GP104",
                       .architecture = "Pascal",
                       .measured_ms = 0.5};
  return BoundFilter(Filter::parse(filter, "--where"), reader.header(), missing).keeps(reader.row(), facts);
}

std::string refused(const std::string& filter) {
  return refusal([&] { Filter::parse(filter, "--where"); });
}

}  // namespace

TEST_CASE("the empty filter keeps every row") { CHECK(keeps("")); }

TEST_CASE("each comparison holds for its own side only") {
  CHECK(keeps("gpus=2"));
  CHECK_FALSE(keeps("gpus=1"));
  CHECK(keeps("gpus!=1"));
  CHECK_FALSE(keeps("gpus!=2"));
  CHECK(keeps("latency_ms>=0.5"));
  CHECK_FALSE(keeps("latency_ms>0.5"));
  CHECK(keeps("latency_ms<=0.5"));
  CHECK_FALSE(keeps("latency_ms<0.5"));
  CHECK(keeps("latency_ms>0.2"));
}

TEST_CASE("numbers compare as numbers, words as words") {
  CHECK(keeps("gpus=2.0"));
  CHECK(keeps("latency_ms=5e-1"));
  CHECK_FALSE(keeps("device=P4"));
}

TEST_CASE("a comma means and, a bar means or") {
  CHECK(keeps("gpus=1|2, latency_ms>=0.2"));
  CHECK_FALSE(keeps("gpus=1|2,latency_ms>=0.6"));
  CHECK(keeps("gpus!=3|4"));
  CHECK_FALSE(keeps("gpus!=2|4"));
}

TEST_CASE("device is the file's name or the board's slug") {
  CHECK(keeps("device=p4"));
  CHECK(keeps("device=tesla-p4"));
  CHECK_FALSE(keeps("device=tesla-t4"));
  CHECK_FALSE(keeps("device!=tesla-p4"));
  CHECK(keeps("device!=tesla-t4"));
}

TEST_CASE("every row has layout, kind, slug, chip, architecture and measured_ms") {
  CHECK(keeps(
      "layout=neusight/gemm,kind=linear,slug=tesla-p4,chip=GP104,architecture=Pascal,measured_ms<=0.5"));
  CHECK_FALSE(keeps("chip=GV100"));
}

TEST_CASE("a condition on a column the file lacks does not apply, or fails where that is asked for") {
  CHECK(keeps("confidence=high"));
  CHECK_FALSE(keeps("confidence=high", MissingColumn::fails));
}

TEST_CASE("an empty cell satisfies no order, and only the empty value") {
  CHECK_FALSE(keeps("note>=0"));
  CHECK_FALSE(keeps("note<0"));
  CHECK(keeps("note="));
  CHECK(keeps("note!=x"));
}

TEST_CASE("a filter that cannot be meant is refused") {
  CHECK(refused("gpus") == "--where: 'gpus': no comparison; write COLUMN=VALUE, with = != >= <= > or <");
  CHECK(refused("=1") == "--where: '=1': no column before the comparison");
  CHECK(refused("gpus=1,") == "--where: an empty condition in 'gpus=1,'");
  CHECK(refused("gpus=1,,x=2") == "--where: an empty condition in 'gpus=1,,x=2'");
  CHECK(refused("x>=fast") == "--where: 'x>=fast': a number is needed after >=");
  CHECK(refused("x>nan") == "--where: 'x>nan': a number is needed after >");
  CHECK(refused("x<1|2") == "--where: 'x<1|2': several values go with = and != only");
  CHECK(refused("x==1") == "--where: 'x==1': a second comparison in the value");
  CHECK(refused("x!1") == "--where: 'x!1': unknown comparison; = != >= <= > and < are known");
}
