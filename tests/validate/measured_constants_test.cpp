// SPDX-License-Identifier: Apache-2.0
#include "validate/measured_constants.h"

#include <doctest/doctest.h>

#include "hwdb/hwdb.h"
#include "model/kernels/launch.h"
#include "tests/validate/scratch.h"
#include "validate/board_calibration.h"
#include "validate/harness/record.h"

using namespace roofcast;
using roofcast::test::refusal;
using roofcast::test::Scratch;

namespace {

std::string row(const std::string& section, const std::string& subject, const std::string& value,
                const std::string& unit, const std::string& state = "ok") {
  harness::Record r;
  r.device = "quadro-p4000";
  r.section = section;
  r.subject = subject;
  r.value = value;
  r.unit = unit;
  r.state = state;
  return harness::record_line(r);
}
std::string launches(const std::string& micro, const std::string& value) {
  return row("launch", micro, value, "us");
}
std::string copied(const std::string& micro, const std::string& value) {
  return row("memory", micro, value, "GB/s");
}

struct Set {
  Calibration calibration = embedded_calibration();
  std::vector<MeasuredConstant> list;
  const MeasuredConstant& of(Constant id) const {
    for (const MeasuredConstant& m : list) {
      if (m.id == id) return m;
    }
    FAIL("the constant is not listed");
    return list.front();
  }
};

/// What a board.csv of these rows sets on a P4000, whose link is 3.0 x16: 15.76 GB/s.
Set set_by(const std::string& rows) {
  const Scratch scratch;
  const BoardLookup boards = [](const std::string& device) -> std::optional<Gpu> {
    return Hwdb::embedded().resolve(device).gpu;
  };
  Gpu gpu;
  const BoardRows read = read_board(scratch.write("b.csv", harness::record_header() + rows), boards, gpu);
  CHECK(read.samples.empty());
  Set set;
  set.list = set_measured_constants(read.figures, gpu, set.calibration);
  return set;
}

}  // namespace

TEST_CASE("gaps between kernels are what queued empty kernels take beyond their own time") {
  const std::string own = launches("launch_empty:launches=1", "1.2");
  const Set set = set_by(
      own + launches("launch_queued:launches=500", "2.15") + launches("launch_queued:launches=500", "2.25") +
      launches("launch_queued:launches=500", "9") + launches("launch_graph:launches=100", "1.75") +
      launches("launch_latency:launches=1", "12") + launches("launch_rate:launches=1000", "3.5"));
  REQUIRE(set.list.size() == 2);
  const MeasuredConstant& gap = set.of(Constant::launch_gap_us);
  CHECK(gap.rows == 3);
  CHECK(gap.before == embedded_calibration()[Constant::launch_gap_us]);
  CHECK(gap.after == doctest::Approx(2.25 - 1.2));  // of the median
  CHECK(gap.refused.empty());
  CHECK(set.calibration[Constant::launch_gap_us] == gap.after);
  CHECK(set.calibration[Constant::launch_replay_us] == doctest::Approx(1.75 - 1.2));
  CHECK(set.calibration.fitted[static_cast<std::size_t>(Constant::launch_gap_us)]);
  // The driver's launch alone is no framework's.
  CHECK(set.calibration[Constant::launch_dispatch_us] ==
        embedded_calibration()[Constant::launch_dispatch_us]);
}

TEST_CASE("the host's link is the largest pinned copy up over the bandwidth forecasts start from") {
  const std::string copies =
      copied("h2d_pinned:bytes=65536", "4") + copied("h2d_pinned:bytes=134217728", "12.6") +
      copied("h2d_pageable:bytes=134217728", "6") + copied("d2h_pinned:bytes=134217728", "13.1");
  const Set set = set_by(copies);
  REQUIRE(set.list.size() == 1);
  CHECK(set.list[0].id == Constant::host_link);
  CHECK(set.list[0].rows == 1);
  CHECK(set.calibration[Constant::host_link] == doctest::Approx(12.6 / 15.76));
  // In a slot of the second generation, as --host pcie=2 will say.
  const std::string slow = row("board", "pcie", "2.0 x16", "") + copied("h2d_pinned:bytes=134217728", "6.4");
  CHECK(set_by(slow).calibration[Constant::host_link] == doctest::Approx(6.4 / 8.0));
  CHECK(set_by(row("board", "pcie", "4.0 x16", "") + copies).calibration[Constant::host_link] ==
        doctest::Approx(12.6 / 15.76));
}

TEST_CASE("a measured constant that cannot be is left as it was, with the reason") {
  const auto refused = [](const std::string& rows, Constant id) {
    const Set set = set_by(rows);
    CHECK(set.calibration[id] == embedded_calibration()[id]);
    CHECK(set.of(id).after == set.of(id).before);
    return set.of(id).refused;
  };
  const std::string own = launches("launch_empty:launches=1", "1.5"),
                    queued = launches("launch_queued:launches=500", "11");
  CHECK(refused(own + queued, Constant::launch_gap_us) == "9.5 is outside 0.2 to 8");
  CHECK(refused(own + launches("launch_graph:launches=100", "1.45"), Constant::launch_replay_us) ==
        "-0.05 is outside 0.1 to 4");
  CHECK(refused(queued, Constant::launch_gap_us) == "there is no row launch_empty to subtract");
  CHECK(refused(row("board", "timing", "CUDA events (no CUPTI)", "") + own + queued,
                Constant::launch_gap_us) == "without CUPTI an empty kernel's own time is not known");
  CHECK(refused(copied("h2d_pinned:bytes=134217728", "31"), Constant::host_link) ==
        "1.97 is outside 0.2 to 1");
  CHECK(refused(row("board", "pcie", "0.0 x0", "") + copied("h2d_pinned:bytes=134217728", "12"),
                Constant::host_link) == "a link of '0.0 x0' is none");
  // A failed row holds no figure, one that is no number is refused.
  CHECK(set_by(row("launch", "launch_queued:launches=500", "", "", "failed: lost")).list.empty());
  CHECK(refusal([] { set_by(launches("launch_queued:launches=500", "fast")); }).find("b.csv:2:") !=
        std::string::npos);
}

TEST_CASE("PCIe links are read as boards name theirs") {
  CHECK(pcie_link("3.0 x16")->generation == 3);
  CHECK(pcie_link("3.0 x16")->lanes == 16);
  CHECK_FALSE(pcie_link("integrated"));
  CHECK_FALSE(pcie_link("fast x16"));
  CHECK_FALSE(pcie_link(""));
}
