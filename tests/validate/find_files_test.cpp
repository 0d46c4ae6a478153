// SPDX-License-Identifier: Apache-2.0
#include "validate/find_files.h"

#include <doctest/doctest.h>

#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::test;

TEST_CASE("a folder stands for the CSV files below it, in the order of their paths") {
  const Scratch scratch;
  scratch.write("b/two.csv", "");
  scratch.write("a/one.CSV", "");
  scratch.write("c.csv", "");
  scratch.write("a/readme.md", "");
  const auto found = find_files({scratch.folder()});
  REQUIRE(found.size() == 3);
  CHECK(found[0].path == scratch.path("a/one.CSV"));
  CHECK(found[1].path == scratch.path("b/two.csv"));
  CHECK(found[2].path == scratch.path("c.csv"));
  CHECK_FALSE(found[0].named);
}

TEST_CASE("a file counts once, and as named where it is given itself first") {
  const Scratch scratch;
  const std::string file = scratch.write("a.csv", "");
  const auto found = find_files({file, scratch.folder(), scratch.folder() + "/./a.csv"});
  REQUIRE(found.size() == 1);
  CHECK(found[0].named);
}

TEST_CASE("what is not there is refused") {
  const Scratch scratch;
  CHECK(refusal([&] { find_files({scratch.path("no")}); }) ==
        scratch.path("no") + ": no such file or folder");
  CHECK(refusal([] { find_files({""}); }) == "'': no such file or folder");
  CHECK(refusal([&] { find_files({scratch.folder()}); }) ==
        scratch.folder() + ": no CSV file in this folder");
}
