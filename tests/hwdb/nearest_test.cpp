// Which names are near a mistyped one.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/nearest.h"

#include <doctest/doctest.h>

using namespace roofcast;

TEST_CASE("distance counts insertions, deletions, substitutions and swaps of neighbours") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("rtx-3061", "rtx-3060") == 1);
  CHECK(edit_distance("rtx-3006", "rtx-3060") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest come first, among equals the one that begins alike, and far ones are left out") {
  constexpr std::string_view known[] = {"rtx-4060", "rtx-3060", "quadro-p4000", "rtx-3070"};
  CHECK(nearest("rtx-3061", known) == std::vector<std::string>{"rtx-3060", "rtx-3070", "rtx-4060"});
  CHECK(nearest("rtx-3061", known, 1) == std::vector<std::string>{"rtx-3060"});
  CHECK(nearest("xyzzy", known).empty());
}

TEST_CASE("the question reads as a sentence") {
  constexpr std::string_view known[] = {"rtx-3060", "rtx-3070"};
  CHECK(did_you_mean("rtx-3061", known) == ": did you mean rtx-3060 or rtx-3070?");
  CHECK(did_you_mean("xyzzy", known).empty());
}

TEST_CASE("a very long text is no mistyped name") {
  constexpr std::string_view known[] = {"rtx-3060"};
  CHECK(nearest(std::string(1 << 20, 'x'), known).empty());
}
