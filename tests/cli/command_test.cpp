// Dispatch: help, version, unknown names, exit codes, failing outputs.
// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <doctest/doctest.h>

#include <ostream>
#include <sstream>
#include <streambuf>

#include "tests/cli/run.h"

using namespace roofcast::cli;
using namespace roofcast::cli::test;

TEST_CASE("--help lists every command with its one line, --version the version") {
  const Result help = run({"--help"});
  CHECK(help.code == kDone);
  for (const char* command : {"gpus", "gpu", "workloads", "workload", "predict", "compare", "score",
                              "calibrate", "formats", "lint", "audit"}) {
    CHECK(contains(help.out, std::string("\n  ") + command + " "));
  }
  CHECK(help.err.empty());
  CHECK(run({"--version"}).out.rfind("roofcast 0.", 0) == 0);
}

TEST_CASE("every command's help has a usage line and examples, and fits 100 columns") {
  for (const std::string command : {"gpus", "gpu", "workloads", "workload", "predict", "compare", "score",
                                    "calibrate", "formats", "lint", "audit"}) {
    CAPTURE(command);
    const Result help = run({command, "--help"});
    CHECK(help.code == kDone);
    CHECK(help.out.rfind("usage: roofcast " + command, 0) == 0);
    CHECK(contains(help.out, "Examples\n  roofcast " + command));
    CHECK(help.err.empty());
    CHECK(run({"help", command}).out == help.out);
    CHECK(widest(help.out.substr(0, help.out.find("\nExamples\n"))) <=
          100);  // a command line cannot be broken
  }
}

TEST_CASE("no command at all prints the help to stderr and is bad input") {
  const Result r = run({});
  CHECK(r.code == kBadInput);
  CHECK(r.out.empty());
  CHECK(contains(r.err, "usage: roofcast COMMAND"));
}

TEST_CASE("an unknown command suggests the nearest in one line") {
  const Result r = run({"perdict", "resnet50"});
  CHECK(r.code == kBadInput);
  CHECK(r.out.empty());
  CHECK(r.err == "roofcast: unknown command 'perdict'; did you mean 'predict'?\n");
  CHECK(contains(run({"--frobnicate"}).err, "unknown option '--frobnicate'"));
}

TEST_CASE("an unknown option of a command names the command and suggests the nearest") {
  const Result r = run({"predict", "resnet50", "--gpus", "p4000"});
  CHECK(r.code == kBadInput);
  CHECK(r.err == "roofcast predict: unknown option '--gpus'; did you mean '--gpu'?\n");
}

TEST_CASE("a result that cannot be written is bad, with a line") {
  struct Full : std::streambuf {
    int overflow(int) override { return traits_type::eof(); }
    int sync() override { return -1; }
  } full;
  std::ostream out(&full);
  std::ostringstream err;
  Streams streams{out, err};
  CHECK(dispatch({"--version"}, streams) == kBadInput);
  CHECK(err.str() == "roofcast: cannot write the result to standard output\n");
}
