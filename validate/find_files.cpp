// SPDX-License-Identifier: Apache-2.0
#include "validate/find_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "hwdb/input_error.h"

namespace roofcast {
namespace {

namespace fs = std::filesystem;

bool is_csv(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(c | 0x20); });
  return extension == ".csv";
}

std::vector<std::string> csv_below(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    std::error_code ignored;  // a dangling link is not a folder; opening it says what is wrong
    if (is_csv(at->path()) && !fs::is_directory(at->path(), ignored)) files.push_back(at->path().string());
  }
  if (error) throw InputError(folder.string() + ": cannot be listed: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<FoundFile> find_files(const std::vector<std::string>& paths) {
  std::vector<FoundFile> found;
  std::set<fs::path> seen;
  const auto add = [&](const std::string& path, bool named) {
    std::error_code error;
    const fs::path key = fs::weakly_canonical(path, error);
    if (seen.insert(error ? fs::path(path) : key).second) found.push_back({path, named});
  };
  for (const std::string& path : paths) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (path.empty() || !fs::exists(status))
      throw InputError((path.empty() ? "''" : path) + ": no such file or folder");
    if (!fs::is_directory(status)) {
      add(path, true);
      continue;
    }
    const std::vector<std::string> files = csv_below(path);
    if (files.empty()) throw InputError(path + ": no CSV file in this folder");
    for (const std::string& file : files) add(file, false);
  }
  return found;
}

}  // namespace roofcast
