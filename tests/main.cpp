// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

int main(int argc, char** argv) {
  // What the user who runs the tests fitted to boards of their own must not show in forecasts.
  ::unsetenv("ROOFCAST_HWDB");
  ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
  return doctest::Context(argc, argv).run();
}
