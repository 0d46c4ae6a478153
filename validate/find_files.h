// The CSV files behind paths a user gave.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace roofcast {

struct FoundFile {
  std::string path;
  bool named = false;  // given itself, not found in a folder
};

/// Files as they are, folders as the *.csv below them, sorted by path; each file once. Throws InputError on what does
/// not exist or cannot be listed, and on a folder without any CSV.
std::vector<FoundFile> find_files(const std::vector<std::string>& paths);

}  // namespace roofcast
