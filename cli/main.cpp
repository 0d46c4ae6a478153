// The roofcast binary.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write with a message, not a silent death
  if (::fcntl(STDOUT_FILENO, F_GETFD) == -1) {  // else the first file opened would become standard output
    std::cerr << "roofcast: standard output is closed\n";
    return roofcast::cli::kBadInput;
  }
  std::ios::sync_with_stdio(false);
  roofcast::cli::Streams streams{std::cout, std::cerr};
  return roofcast::cli::dispatch({argv + (argc > 0 ? 1 : 0), argv + argc}, streams);
}
