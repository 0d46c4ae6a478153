// A file that appears whole or not at all: written beside its place, then renamed into it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace roofcast {

/// Usage: OutputFile out("rows.csv"); out.stream() << ...; out.commit();
/// Without commit() nothing is left behind. Existing devices and pipes are written in place.
class OutputFile {
 public:
  /// Throws InputError when the place cannot be written.
  explicit OutputFile(std::filesystem::path path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& stream() { return stream_; }
  /// Throws InputError when anything could not be written.
  void commit();

 private:
  std::filesystem::path path_, temporary_;  // equal where the file is written in place
  std::ofstream stream_;
  bool committed_ = false;
};

}  // namespace roofcast
