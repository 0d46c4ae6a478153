// SPDX-License-Identifier: Apache-2.0
#include "validate/profiles.h"

#include <doctest/doctest.h>

#include <sstream>

#include "tests/validate/scratch.h"
#include "validate/layout.h"

using namespace roofcast;
using roofcast::test::refusal;

namespace {

std::string refused(const std::string& toml) {
  return refusal([&] { parse_profiles(toml, "p.toml"); });
}

bool known_layout(const std::string& pattern) {
  for (const Layout& layout : layouts()) {
    if (layout_matches(pattern, layout.name)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the built-in profiles name only layouts that exist") {
  const Profiles& p = profiles();
  for (const auto& rule : p.stacks) CHECK(known_layout(rule.layout));
  for (const auto& rule : p.skips) CHECK(known_layout(rule.layout));
  for (const auto& rule : p.filters) CHECK(known_layout(rule.layout));
  for (const auto& bar : p.bars) CHECK(known_layout(bar.layout));
  CHECK(p.bars.size() == 17);
}

TEST_CASE("the zoo knows every workload the profiles name") {
  for (const auto& entry : profiles().workloads) CHECK_NOTHROW(find_workload(entry.workload));
}

TEST_CASE("a file's name of a workload becomes the zoo's, with its task") {
  const WorkloadRequest squad = profiles().workload("bert_large_squad");
  CHECK(squad.name == "bert-large");
  CHECK(squad.task == Task::squad);
  CHECK(profiles().workload("alexnet").name == "alexnet");
}

TEST_CASE("a pattern ends in a star or names one layout") {
  CHECK(layout_matches("nvidia_dle/*", "nvidia_dle/training"));
  CHECK_FALSE(layout_matches("nvidia_dle/*", "timm"));
  CHECK(layout_matches("timm", "timm"));
  CHECK_FALSE(layout_matches("tim", "timm"));
}

TEST_CASE("the first stack rule that holds counts, without one a row ran eager") {
  const Profiles p = parse_profiles(
      "[[stack]]\nlayout='timm'\nwhere='layout=nhwc'\nstack='eager+nhwc'\npcie=3\n"
      "[[stack]]\nlayout='timm'\nwhere='layout=nhwc|nchw'\nstack='ngc-20'\noptimizer='none'\nbatch="
      "32\nprecision='tf32'\n",
      "p.toml");
  CsvReader reader(std::make_unique<std::istringstream>("layout,x\nnhwc,1\nnchw,1\nother,1\n"), "t.csv");
  const StackChooser chooser(p, "timm", reader.header());
  reader.next();
  CHECK(chooser.choose(reader.row()).stack.name == "eager+nhwc");
  CHECK(chooser.choose(reader.row()).stack.channels_last);
  CHECK(chooser.choose(reader.row()).host.pcie == 3);
  reader.next();
  const StackProfile second = chooser.choose(reader.row());
  CHECK(second.stack.name == "ngc-20");
  CHECK_FALSE(second.stack.channels_last);
  CHECK_FALSE(second.host.pcie);
  CHECK(second.optimizer == Optimizer::none);
  CHECK(second.batch == 32);
  CHECK(second.precision == Precision::tf32);
  reader.next();
  CHECK(chooser.choose(reader.row()).stack.name == "eager");
  CHECK(StackChooser(p, "published", reader.header()).choose(reader.row()).stack.name == "eager");
}

TEST_CASE("a profile that cannot be meant is refused with its place") {
  CHECK(refused("[[stack]]\nlayout='timm'\nstack='xla'\ncolour='red'\n").find("p.toml:4") == 0);
  CHECK(refused("[[filter]]\nlayout='timm'\n").find("one of where, except and diagnosis is needed") !=
        std::string::npos);
  CHECK(refused("[[filter]]\nlayout='timm'\nwhere='x'\n").find("p.toml: where: 'x': no comparison") !=
        std::string::npos);
  CHECK(refused("[[stack]]\nlayout='timm'\nstack='xla'\noptimizer='lamb'\n").find("unknown value 'lamb'") !=
        std::string::npos);
  CHECK(refused("[[stack]]\nlayout='timm'\nstack='warp'\n").find("unknown value 'warp'") !=
        std::string::npos);
  CHECK(refused("[[stack]]\nlayout='timm'\nstack='xla'\npcie=7\n").find("p.toml:4") == 0);
  CHECK(refused("[[stack\n").find("p.toml:1") == 0);
}
