// Runs the binary's commands inside the test program, and makes outputs comparable.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/command.h"

namespace roofcast::cli::test {

struct Result {
  int code;
  std::string out;
  std::string err;
};

Result run(const std::vector<std::string>& arguments);

/// Every match of the regular expression replaced.
std::string replaced(const std::string& text, const char* pattern, const char* with);

/// Predicted values change with every calibration; what is fixed is everything around them. Quantities become "<time>",
/// "<bytes>", "<energy>" ..., other free-standing numbers "#", a bound "<bound>"; wrapped lines are joined, rules
/// dropped and runs of blanks shrink to one.
std::string substituted(std::string text);

/// Widest line in code points.
std::size_t widest(const std::string& text);

bool contains(const std::string& text, const std::string& part);

/// One line, ending in a newline.
bool one_line(const std::string& text);

}  // namespace roofcast::cli::test
