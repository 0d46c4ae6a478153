// Files that are not what they should be.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/read_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "hwdb/input_error.h"

using namespace roofcast;

namespace {

// Tests run side by side, each in a process of its own.
const std::filesystem::path kFile =
    std::filesystem::temp_directory_path() / ("roofcast-read-file-" + std::to_string(::getpid()) + ".txt");

std::string refusal(const std::filesystem::path& path, std::size_t limit = 1 << 20) {
  try {
    read_text_file(path, limit);
  } catch (const InputError& error) {
    return error.what();
  }
  return "read";
}

void write(const std::string& text) { std::ofstream(kFile, std::ios::binary) << text; }

}  // namespace

TEST_CASE("a text file is read whole, up to the limit") {
  write("line\r\n");
  CHECK(read_text_file(kFile) == "line\r\n");
  write(std::string(1 << 20, 'x'));
  CHECK(refusal(kFile) == "read");
  write(std::string((1 << 20) + 1, 'x'));
  CHECK(refusal(kFile) == kFile.string() + ": is larger than 1 MiB");
  std::filesystem::remove(kFile);
}

TEST_CASE("folders, devices, binaries and files that are not there are refused") {
  CHECK(refusal(std::filesystem::temp_directory_path()).find(": is a folder, not a file") !=
        std::string::npos);
  CHECK(refusal("/dev/null") == "/dev/null: is not a regular file");
  CHECK(refusal("/no/such/file") == "/no/such/file: no such file");
  write(std::string("a\0b", 3));
  CHECK(refusal(kFile) == kFile.string() + ": is a binary file, not a text");
  std::filesystem::remove(kFile);
}
