// What is wrong with something a user gave us, and where: one line, exit code 2.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace roofcast {

/// what() is "file:line:column: reason"; parts that are unknown (0 or empty) are left out.
struct InputError : std::runtime_error {
  InputError(const std::string& file, int line, int column, const std::string& reason)
      : std::runtime_error(locate(file, line, column) + reason) {}
  explicit InputError(const std::string& reason) : std::runtime_error(reason) {}

 private:
  static std::string locate(const std::string& file, int line, int column) {
    if (file.empty()) return "";
    std::string at = file;
    if (line > 0) at += ":" + std::to_string(line);
    if (line > 0 && column > 0) at += ":" + std::to_string(column);
    return at + ": ";
  }
};

}  // namespace roofcast
