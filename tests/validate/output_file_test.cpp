// SPDX-License-Identifier: Apache-2.0
#include "validate/output_file.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::test;

namespace {

std::ptrdiff_t files_in(const std::string& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

}  // namespace

TEST_CASE("a committed file holds what was written, and nothing else is left") {
  const Scratch scratch;
  OutputFile out(scratch.path("rows.csv"));
  out.stream() << "a,b\n";
  out.commit();
  CHECK(read_file(scratch.path("rows.csv")) == "a,b\n");
  CHECK(files_in(scratch.folder()) == 1);
}

TEST_CASE("without commit an older file stays as it was") {
  const Scratch scratch;
  scratch.write("rows.csv", "old");
  {
    OutputFile out(scratch.path("rows.csv"));
    out.stream() << "new";
  }
  CHECK(read_file(scratch.path("rows.csv")) == "old");
  CHECK(files_in(scratch.folder()) == 1);
}

TEST_CASE("a link keeps pointing to the file that is written") {
  const Scratch scratch;
  scratch.write("target.csv", "old");
  std::filesystem::create_symlink(scratch.path("target.csv"), scratch.path("link.csv"));
  OutputFile out(scratch.path("link.csv"));
  out.stream() << "new";
  out.commit();
  CHECK(std::filesystem::is_symlink(scratch.path("link.csv")));
  CHECK(read_file(scratch.path("target.csv")) == "new");
}

TEST_CASE("what cannot be written is refused") {
  const Scratch scratch;
  CHECK(refusal([&] { OutputFile(scratch.folder()); }) ==
        scratch.folder() + ": is a folder, not a file to write");
  CHECK(refusal([&] { OutputFile(scratch.path("no/rows.csv")); }) ==
        scratch.path("no/rows.csv") + ": cannot be written: No such file or directory");
  CHECK(refusal([] { OutputFile(""); }) == "the name of the output file is empty");
}

TEST_CASE("a full device is an error at commit") {
  if (!std::filesystem::exists("/dev/full")) return;
  OutputFile out("/dev/full");
  out.stream() << "a,b\n";
  CHECK(refusal([&] { out.commit(); }) == "/dev/full: cannot be written: No space left on device");
  CHECK(std::filesystem::is_character_file("/dev/full"));
}
