// Nearest names and how a user's text is quoted.
// SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <doctest/doctest.h>

#include <string>

using namespace roofcast::cli;

TEST_CASE("the nearest name is suggested, a far one is not") {
  CHECK(did_you_mean("predcit", {"gpus", "predict"}) == "; did you mean 'predict'?");
  CHECK(did_you_mean("xyzzy", {"gpus", "predict"}).empty());
  CHECK(did_you_mean("anything", {}).empty());
}

TEST_CASE("an abbreviation suggests the whole word") {
  CHECK(did_you_mean("--prec", {"--precision"}) == "; did you mean '--precision'?");
}

TEST_CASE("a megabyte of typing is quoted short and suggests nothing") {
  const std::string huge(1 << 20, 'x');
  CHECK(did_you_mean(huge, {"predict"}).empty());
  CHECK(in_quotes(huge).size() < 80);
}

TEST_CASE("control characters do not reach the terminal and UTF-8 is not cut in half") {
  CHECK(in_quotes("a\nb\x1b[31m") == "'a?b?[31m'");
  std::string accents;
  for (int i = 0; i < 100; ++i) accents += "é";
  const std::string quoted = in_quotes("x" + accents);
  CHECK(quoted.substr(quoted.size() - 4) == "…'");
}

TEST_CASE("a list of choices reads as a sentence") {
  CHECK(one_of({"a"}) == "a");
  CHECK(one_of({"a", "b", "c"}) == "a, b or c");
}
