// Bounded reading of text files.
// SPDX-License-Identifier: Apache-2.0
#include "hwdb/read_file.h"

#include <fmt/format.h>

#include <fstream>

#include "hwdb/input_error.h"

namespace roofcast {

std::string read_text_file(const std::filesystem::path& path, std::size_t limit) {
  const std::string name = path.string();
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw InputError(name + ": no such file");
  if (std::filesystem::is_directory(status)) throw InputError(name + ": is a folder, not a file");
  if (!std::filesystem::is_regular_file(status)) throw InputError(name + ": is not a regular file");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(name + ": cannot be opened");
  std::string text(limit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) throw InputError(name + ": cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > limit) throw InputError(fmt::format("{}: is larger than {} MiB", name, limit >> 20));
  if (text.find('\0') != std::string::npos) throw InputError(name + ": is a binary file, not a text");
  return text;
}

}  // namespace roofcast
