// What the tests of this room share: files in a folder of their own, a board, and what an exception says.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include "hwdb/input_error.h"
#include "model/gpu/gpu.h"

namespace roofcast::test {

/// A folder that is gone with the object.
class Scratch {
 public:
  Scratch() {
    static std::atomic<int> next{0};
    folder_ = std::filesystem::temp_directory_path() /
              ("roofcast-test-" + std::to_string(::getpid()) + "-" + std::to_string(next++));
    std::filesystem::create_directories(folder_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string folder() const { return folder_.string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return path(name);
  }

 private:
  std::filesystem::path folder_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The text of the InputError that `action` throws; "(nothing thrown)" otherwise.
inline std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& e) {
    return e.what();
  }
  return "(nothing thrown)";
}

/// "tesla-p4" and "v100" are known here, nothing else.
inline std::optional<Gpu> two_boards(const std::string& device) {
  Gpu gpu;
  if (device == "tesla-p4") {
    gpu.slug = "tesla-p4";
    gpu.chip = "GP104";
    gpu.architecture = "Pascal";
    return gpu;
  }
  if (device == "v100") {
    gpu.slug = "v100-sxm2-16gb";
    gpu.chip = "GV100";
    gpu.architecture = "Volta";
    return gpu;
  }
  return std::nullopt;
}

}  // namespace roofcast::test
