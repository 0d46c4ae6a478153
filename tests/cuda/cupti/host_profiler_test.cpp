// The names of metrics against CUPTI itself: its host half answers without GPU and driver.
// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/host_profiler.h"

#include <doctest/doctest.h>

#include "validate/harness/cuda/cupti.h"

using namespace roofcast::harness;

namespace {

std::shared_ptr<const HostTable> cupti() {
  const auto table = load_host_profiler();
  if (!table) MESSAGE("skipped: " << table.error());
  return table ? *table : nullptr;
}

}  // namespace

TEST_CASE("every chip has the harness's counters, integrated ones but those of DRAM") {
  const auto table = cupti();
  if (!table) return;
  for (const char* chip : {"TU102", "TU104", "GA100", "GA102", "AD102", "GH100", "GB202"}) {
    CAPTURE(chip);
    const auto names = known_metrics(table, chip, {});
    CHECK(names.size() == all_counters().size());
    HostProfiler host(table, chip, {});
    REQUIRE(host.add(names));
    CuptiImage config = host.config();
    CHECK(host.passes(config) >= 1);
    CHECK(host.passes(config) <= 4);
  }
  CHECK(known_metrics(table, "GA10B", {}).size() == all_counters().size() - 1);
}

TEST_CASE("a refused metric spoils only its own object") {
  const auto table = cupti();
  if (!table) return;
  HostProfiler bad(table, "GH100", {});
  CHECK_FALSE(bad.add({"no__such_metric.sum"}));
  CHECK_THROWS_AS(bad.config(), CounterError);
  CHECK(HostProfiler(table, "GH100", {}).add({"dram__bytes.sum"}));
}

TEST_CASE("a chip that CUPTI does not know is told") {
  const auto table = cupti();
  if (!table) return;
  CHECK_THROWS_WITH_AS(HostProfiler(table, "GP104", {}),
                       "cuptiProfilerHostInitialize: this CUPTI knows no counters of the chip", CounterError);
}
