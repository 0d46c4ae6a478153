// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/run.h"

#include <algorithm>
#include <regex>
#include <sstream>

namespace roofcast::cli::test {

Result run(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  Streams streams{out, err};
  const int code = dispatch(arguments, streams);
  return {code, out.str(), err.str()};
}

std::string replaced(const std::string& text, const char* pattern, const char* with) {
  return std::regex_replace(text, std::regex(pattern), with);
}

std::string substituted(std::string text) {
  text = replaced(text, "\\*", "");  // whether an architecture is extrapolated depends on the calibration too
  text = replaced(text, "\n-[- ]*\n", "\n");
  text = replaced(text, "\n +", " ");
  text = replaced(text, " +", " ");
  text = replaced(text, " [+-][0-9]+ [+-][0-9]+ ", " <range> ");
  text = replaced(text, "([ (:])[0-9]+([.,][0-9]+)*(?![0-9a-z×.-])", "$1#");
  text = replaced(text, "[0-9.]+×\n", "<ratio>\n");
  text = replaced(text, "# (ns|µs|ms|s|min|h|days)(?![a-z])", "<time>");
  text = replaced(text, "# (B|KiB|MiB|GiB|TiB)(?![a-zA-Z/])", "<bytes>");
  text = replaced(text, "# (µ|m|k|M|G)?J", "<energy>");
  text = replaced(text, "\\(kernel time: [^)]*\\)", "(kernel time: ...)");
  return replaced(text, " (compute|DRAM|L2|latency|launch|host) ", " <bound> ");
}

std::size_t widest(const std::string& text) {
  std::istringstream lines(text);
  std::size_t result = 0;
  for (std::string line; std::getline(lines, line);) {
    result =
        std::max(result, static_cast<std::size_t>(std::count_if(
                             line.begin(), line.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; })));
  }
  return result;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool one_line(const std::string& text) {
  return !text.empty() && std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n';
}

}  // namespace roofcast::cli::test
