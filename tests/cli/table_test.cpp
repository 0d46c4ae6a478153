// Tables as text, Markdown and CSV.
// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <doctest/doctest.h>

#include <sstream>
#include <stdexcept>

using namespace roofcast::cli;

namespace {
const Table kBoards{{{"board", false}, {"W"}}, {{"p4000", "105"}, {"rtx-3060", "-"}}};
}  // namespace

TEST_CASE("a table is aligned, ruled and has no trailing blanks") {
  CHECK(render(kBoards, Format::table) ==
        "board       W\n"
        "--------  ---\n"
        "p4000     105\n"
        "rtx-3060    -\n");
}

TEST_CASE("display width counts code points, not bytes") {
  const Table t{{{"op", false}, {"n"}}, {{"3×3", "1"}, {"abc", "2"}}};
  CHECK(render(t, Format::table) ==
        "op   n\n"
        "---  -\n"
        "3×3  1\n"
        "abc  2\n");
}

TEST_CASE("Markdown aligns numbers right and escapes bars") {
  const Table t{{{"a", false}, {"b"}}, {{"x|y", "1"}}};
  CHECK(render(t, Format::markdown) ==
        "| a | b |\n"
        "|---|---:|\n"
        "| x\\|y | 1 |\n");
}

TEST_CASE("CSV quotes commas, quotes and line breaks as RFC 4180 says") {
  const Table t{{{"a"}, {"b"}}, {{"1,5", "say \"hi\""}, {"two\nlines", "plain"}}};
  CHECK(render(t, Format::csv) == "a,b\n\"1,5\",\"say \"\"hi\"\"\"\n\"two\nlines\",plain\n");
}

TEST_CASE("a table wider than the limit continues below with its first column repeated") {
  const Table t{{{"board", false}, {"one"}, {"two"}}, {{"p4000", "1", "2"}}};
  CHECK(render(t, Format::table, 10) ==
        "board  one\n"
        "-----  ---\n"
        "p4000    1\n"
        "\n"
        "board  two\n"
        "-----  ---\n"
        "p4000    2\n");
}

TEST_CASE("every line of a split table stays within the limit") {
  Table t{{{"name", false}}, {{"x"}}};
  for (int i = 0; i < 40; ++i) {
    t.columns.push_back({"column" + std::to_string(i)});
    t.rows[0].push_back("value");
  }
  std::istringstream lines(render(t, Format::table, 100));
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("a row with a cell too few is a bug, not a crooked table") {
  CHECK_THROWS_AS(render(Table{{{"a"}, {"b"}}, {{"1"}}}, Format::table), std::logic_error);
}
