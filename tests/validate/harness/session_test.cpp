// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/session.h"

#include <doctest/doctest.h>

#include "hwdb/hwdb.h"
#include "tests/validate/harness/fake_bench.h"
#include "tests/validate/scratch.h"
#include "validate/harness/shapes.h"

using namespace roofcast;
using namespace roofcast::harness;
using roofcast::harness::test::FakeBench;
using roofcast::test::Scratch;

namespace {

Plan small_plan() {
  Plan p;
  p.suite = Suite::quick;
  for (const std::int64_t m : {64, 128, 256})
    p.cases.push_back({Section::gemm, OpCase{Gemm{1, m, m, m}, {}}, Load::burst, Seconds(1e-3)});
  p.cases.push_back({Section::memory, MicroCase{Micro::copy, 1 << 20}, Load::burst, Seconds(1e-5)});
  return p;
}

Seconds two_ms(const Case&, const OpCase*) { return Seconds(2e-3); }

SessionHooks hooks(Seconds& clock) {
  SessionHooks h;
  h.now = [&clock] { return clock += Seconds(0.01); };
  return h;
}

RecordFile open(const std::string& path, const FakeBench& bench) {
  return RecordFile(path, identity_records(bench.identity(), "quadro-p4000", "2026-11-25T00:00:00Z"));
}

}  // namespace

TEST_CASE("a session writes medians, with what the sensors said") {
  const Scratch scratch;
  FakeBench bench(two_ms);
  Seconds clock{0};
  const Plan p = small_plan();
  RecordFile file = open(scratch.path("b.csv"), bench);
  const SessionSummary s = run_session(bench, p, "quadro-p4000", file, hooks(clock));
  CHECK(s.measured == 4);
  CHECK(s.failed == 0);
  const auto rows = read_records(scratch.path("b.csv"));
  const Record& gemm = rows[rows.size() - 4];
  CHECK(gemm.subject == "gemm:m=64,n=64,k=64");
  CHECK(std::stod(gemm.value) == doctest::Approx(2.0).epsilon(0.005));
  CHECK(gemm.unit == "ms");
  CHECK(gemm.provider == "fake");
  CHECK(gemm.clock_mhz.value() == doctest::Approx(1480));
  CHECK(gemm.runs >= 7);
  CHECK(rows.back().unit == "GB/s");
}

TEST_CASE("interrupted, a session keeps what is done, run again it measures the rest only") {
  const Scratch scratch;
  FakeBench bench(two_ms);
  Seconds clock{0};
  const Plan p = small_plan();
  SessionHooks h = hooks(clock);
  h.interrupted = [&] { return bench.prepared >= 2; };
  std::size_t last_done = 0;
  h.progress = [&](const Progress& progress) { last_done = progress.done; };
  {
    RecordFile file = open(scratch.path("b.csv"), bench);
    const SessionSummary s = run_session(bench, p, "quadro-p4000", file, h);
    CHECK(s.interrupted);
    CHECK(s.measured == 2);
    CHECK(last_done < p.cases.size());
  }
  FakeBench again(two_ms);
  RecordFile file = open(scratch.path("b.csv"), again);
  const SessionSummary s = run_session(again, p, "quadro-p4000", file, hooks(clock));
  CHECK(s.resumed == 2);
  CHECK(s.measured == 2);
  CHECK(again.prepared == 2);
}

TEST_CASE("what cannot run is a row with its reason, and the session goes on") {
  const Scratch scratch;
  FakeBench bench(two_ms);
  bench.refuses = [](const Case& c) { return c.text() == "gemm:m=128,n=128,k=128"; };
  Seconds clock{0};
  const Plan p = small_plan();
  RecordFile file = open(scratch.path("b.csv"), bench);
  const SessionSummary s = run_session(bench, p, "quadro-p4000", file, hooks(clock));
  CHECK(s.failed == 1);
  CHECK(s.measured == 3);
  CHECK(read_records(scratch.path("b.csv"))[read_records(scratch.path("b.csv")).size() - 3].state ==
        "failed: the fake lacks it");
}

TEST_CASE("run again, what failed before has one row: the newest") {
  const Scratch scratch;
  const std::string path = scratch.path("b.csv");
  FakeBench bench(two_ms);
  Seconds clock{0};
  const Plan p = small_plan();
  const auto run = [&](const SessionHooks& h) {
    RecordFile file = open(path, bench);
    return run_session(bench, p, "quadro-p4000", file, h);
  };
  bench.refuses = [](const Case&) { return true; };
  CHECK(run(hooks(clock)).failed == 4);
  const std::size_t rows = read_records(path).size();
  CHECK(run(hooks(clock)).failed == 4);
  CHECK(read_records(path).size() == rows);
  // One case works now and the next fails again, then Ctrl-C.
  bench.prepared = 0;
  bench.refuses = [](const Case& c) { return c.text() != "gemm:m=64,n=64,k=64"; };
  SessionHooks stopped = hooks(clock);
  stopped.interrupted = [&] { return bench.prepared >= 2; };
  CHECK(run(stopped).interrupted);
  const std::vector<Record> after = read_records(path);
  CHECK(after.size() == rows);
  CHECK(after.back().subject == "gemm:m=128,n=128,k=128");
  CHECK(after[after.size() - 2].state == "ok");
}

TEST_CASE("a replayed step is a row per distinct kernel and one for the step") {
  const Scratch scratch;
  const Gpu gpu = Hwdb::embedded().resolve("quadro-p4000").gpu;
  WorkloadRequest w;
  w.name = "resnet50";
  w.batch = 2;
  const StepCase step = step_case(w, Precision::fp32, gpu);
  Plan p;
  p.cases.push_back({Section::replay, step, Load::burst, Seconds(0.05)});
  FakeBench bench([](const Case&, const OpCase*) { return Seconds(1e-4); });
  Seconds clock{0};
  RecordFile file = open(scratch.path("b.csv"), bench);
  run_session(bench, p, "quadro-p4000", file, hooks(clock));
  const auto rows = read_records(scratch.path("b.csv"));
  CHECK(std::stod(rows.back().value) ==
        doctest::Approx(0.1 * static_cast<double>(step.order.size())).epsilon(0.005));
  std::int64_t counted = 0;
  for (const Record& r : rows) counted += r.step.empty() ? 0 : r.count;
  CHECK(counted == static_cast<std::int64_t>(step.order.size()));
}

TEST_CASE("a held load is judged by its second half") {
  const Scratch scratch;
  Seconds clock{0};
  // The clock falls when the cap bites, after one second.
  FakeBench bench([&clock](const Case&, const OpCase*) { return Seconds(clock.value < 1.2 ? 1e-3 : 2e-3); });
  Plan p;
  p.cases.push_back({Section::gemm, OpCase{Gemm{1, 64, 64, 64}, {}}, Load::sustained, Seconds(1e-3)});
  RecordFile file = open(scratch.path("b.csv"), bench);
  run_session(bench, p, "quadro-p4000", file, hooks(clock));
  CHECK(std::stod(read_records(scratch.path("b.csv")).back().value) == doctest::Approx(2.0).epsilon(0.01));
}
