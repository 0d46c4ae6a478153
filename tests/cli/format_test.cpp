// Quantities as text.
// SPDX-License-Identifier: Apache-2.0
#include "cli/format.h"

#include <doctest/doctest.h>

#include <limits>

using namespace roofcast;
using namespace roofcast::cli;

TEST_CASE("numbers keep three significant digits and never an exponent") {
  CHECK(significant(0) == "0");
  CHECK(significant(1.2345) == "1.23");
  CHECK(significant(12.345) == "12.3");
  CHECK(significant(123.45) == "123");
  CHECK(significant(1234.5) == "1230");
  CHECK(significant(0.00123456) == "0.00123");
  CHECK(significant(9.999) == "10.0");
  CHECK(significant(-4.567) == "-4.57");
  CHECK(significant(std::numeric_limits<double>::infinity()) == "-");
}

TEST_CASE("durations go from nanoseconds to days") {
  CHECK(text(Seconds(5e-9)) == "5.00 ns");
  CHECK(text(microseconds(3.42)) == "3.42 µs");
  CHECK(text(milliseconds(412)) == "412 ms");
  CHECK(text(Seconds(1.5)) == "1.50 s");
  CHECK(text(Seconds(322)) == "5.37 min");
  CHECK(text(Seconds(7200)) == "2.00 h");
  CHECK(text(Seconds(86400 * 2.1)) == "2.10 days");
  CHECK(text(Seconds(0)) == "0 s");
}

TEST_CASE("a duration that rounds up to the next unit takes it") {
  CHECK(text(microseconds(999.6)) == "1.00 ms");
  CHECK(text(Seconds(59.97)) == "1.00 min");
  CHECK(text(Seconds(3599)) == "1.00 h");
  CHECK(text(Seconds(59.9)) == "59.9 s");
}

TEST_CASE("memory uses powers of 1024, rates powers of 1000") {
  CHECK(text(gibibytes(11.2)) == "11.2 GiB");
  CHECK(text(mebibytes(97.5)) == "97.5 MiB");
  CHECK(text(gigabytes_per_second(243.3)) == "243 GB/s");
  CHECK(text(teraflops(5.304)) == "5.30 TFLOP/s");
  CHECK(text(Flops(8.18e9)) == "8.18 GFLOP");
}

TEST_CASE("clocks, watts, joules and dollars") {
  CHECK(text(gigahertz(1.48)) == "1.480 GHz");
  CHECK(text(megahertz(625)) == "625 MHz");
  CHECK(text(Watts(105)) == "105 W");
  CHECK(text(Joules(33800)) == "33.8 kJ");
  CHECK(text(Joules(0.0021)) == "2.10 mJ");
  CHECK(text(Dollars(12.345)) == "$12.35");
  CHECK(text(Dollars(0.00123)) == "$0.00123");
}

TEST_CASE("counts are grouped by thousands or shortened") {
  CHECK(grouped(25557032) == "25,557,032");
  CHECK(grouped(999) == "999");
  CHECK(grouped(-1234) == "-1,234");
  CHECK(count(25557032) == "25.6 M");
  CHECK(count(64) == "64.0");
}

TEST_CASE("text is wrapped at blanks and indented") {
  CHECK(wrapped("one two three", 8, 2) == "one two\n  three");
  CHECK(wrapped("one two", 8, 2, 4) == "one\n  two");
  CHECK(wrapped("", 8, 2).empty());
}
