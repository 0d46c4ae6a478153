// SPDX-License-Identifier: Apache-2.0
#include "validate/board_calibration.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "hwdb/hwdb.h"
#include "model/kernels/estimate.h"
#include "tests/validate/harness/fake_bench.h"
#include "tests/validate/scratch.h"
#include "validate/harness/plan.h"
#include "validate/harness/session.h"

using namespace roofcast;
using roofcast::test::refusal;
using roofcast::test::Scratch;

namespace {

Gpu p4000() { return Hwdb::embedded().resolve("quadro-p4000").gpu; }

std::optional<Gpu> lookup(const std::string& device) {
  if (device != "quadro-p4000" && device != "tesla-t4") return std::nullopt;
  return Hwdb::embedded().resolve(device).gpu;
}

/// The quick suite as if measured on a P4000 whose constants are `truth`.
std::string measured(const Scratch& scratch, const Calibration& truth) {
  const Gpu gpu = p4000();
  const auto time = [&](const harness::Case& c, const harness::OpCase* o) {
    if (o == nullptr) return Seconds(1e-3);
    Kernel k;
    k.op = o->op;
    k.numerics = o->numerics;
    k.channels_last = o->channels_last;
    const Estimate e = estimate(k, gpu, truth);
    const bool burst =
        c.load == harness::Load::burst && !std::holds_alternative<harness::StepCase>(c.subject);
    return burst ? e.waterfall.traffic : e.waterfall.clock;
  };
  harness::test::FakeBench bench(time);
  Seconds clock{0};
  harness::SessionHooks hooks;
  hooks.now = [&] { return clock += Seconds(0.05); };
  const std::string path = scratch.path("board.csv");
  harness::RecordFile file(path,
                           harness::identity_records(bench.identity(), gpu.slug, "2026-11-25T00:00:00Z"));
  run_session(bench, harness::plan(harness::Suite::quick, gpu, embedded_calibration()), gpu.slug, file,
              hooks);
  return path;
}

}  // namespace

TEST_CASE("a board's own rows give back the constants that made them, and predict shapes held back") {
  const Scratch scratch;
  const Calibration start = embedded_calibration();
  Calibration truth = start;
  truth[Constant::memory_gddr_pascal] = 0.74;
  truth[Constant::gemm_issue] = 0.78;
  truth[Constant::rowwise_efficiency] *= 0.8;
  truth[Constant::conv_implicit] = 0.6;
  Gpu gpu;
  const BoardRows rows = read_board(measured(scratch, truth), lookup, gpu);
  CHECK(gpu.slug == "quadro-p4000");
  REQUIRE(rows.samples.size() > 150);
  const BoardCalibration fit = calibrate_board(rows, gpu, start);
  CHECK(fit.calibration[Constant::memory_gddr_pascal] == doctest::Approx(0.74).epsilon(0.03));
  CHECK(fit.calibration[Constant::gemm_issue] == doctest::Approx(0.78).epsilon(0.05));
  CHECK(fit.calibration[Constant::memory_hbm] == start[Constant::memory_hbm]);  // the board has none
  CHECK(fit.kernels.rows > 40);
  CHECK(fit.kernels.before_pct > 8);
  CHECK(fit.kernels.after_pct < 3);
  CHECK(fit.steps.rows == 1);
  CHECK(fit.steps.after_pct < 3);
  CHECK(fit.calibration.kernel_residuals.at(KernelKind::conv).high < 1.1);
}

TEST_CASE("a third of the shapes is held back, the same in every format") {
  Sample s;
  int held = 0;
  for (int i = 1; i <= 600; ++i) {
    s.observation.subject = KernelCase{Gemm{1, 8 * i, 64, 64}, Numerics{}, Timing::recorded_burst};
    const bool first = held_back(s);
    held += first ? 1 : 0;
    std::get<KernelCase>(s.observation.subject).numerics =
        Numerics{NumberFormat::fp16, NumberFormat::fp16, NumberFormat::fp32, Path::tensor_core};
    CHECK(held_back(s) == first);
  }
  CHECK(held > 150);
  CHECK(held < 250);
}

TEST_CASE("every stage finds rows to fit in the full plan, and rows held back from it") {
  const Gpu gpu = Hwdb::embedded().resolve("h200-sxm").gpu;
  std::map<std::string_view, std::pair<int, int>> rows;  // by stage: fitted, held back
  for (const harness::Case& c : harness::plan(harness::Suite::full, gpu, embedded_calibration()).cases) {
    const auto* op = std::get_if<harness::OpCase>(&c.subject);
    if (op == nullptr) continue;
    Sample s;
    s.gpu = &gpu;
    const bool burst = c.load == harness::Load::burst;
    s.observation.subject = KernelCase{.op = op->op,
                                       .numerics = op->numerics,
                                       .timing = burst ? Timing::recorded_burst : Timing::recorded,
                                       .channels_last = op->channels_last};
    for (const Stage& stage : board_stages()) {
      if (stage.uses(s)) ++(held_back(s) ? rows[stage.name].second : rows[stage.name].first);
    }
  }
  for (const Stage& stage : board_stages()) {
    CAPTURE(stage.name);
    CHECK(rows[stage.name].first > 0);
    CHECK(rows[stage.name].second > 0);
  }
}

TEST_CASE("rows of the harness's own convolution calibrate nothing") {
  const Scratch scratch;
  harness::Record r;
  r.device = "quadro-p4000";
  r.section = "conv";
  r.subject = "conv:n=32,c=64,h=56,w=56,k=64,r=3,s=3,pad_h=1,pad_w=1";
  r.numerics = "fp32/fp32/fp32/cuda_core";
  r.load = "burst";
  r.value = "5";
  r.unit = "ms";
  r.state = "ok";
  const auto samples_of = [&](const std::string& provider) {
    r.provider = provider;
    const std::string path = scratch.write("b.csv", harness::record_header() + harness::record_line(r));
    Gpu gpu;
    return read_board(path, lookup, gpu).samples.size();
  };
  CHECK(samples_of("cuDNN 9.1") == 1);
  CHECK(samples_of("roofcast implicit GEMM") == 0);
}

TEST_CASE("a file of two boards, of an unknown one or of another layout is refused") {
  const Scratch scratch;
  harness::Record r;
  r.section = "board";
  r.subject = "name";
  r.value = "x";
  r.state = "ok";
  const auto line = [&](const char* device) {
    r.device = device;
    return harness::record_line(r);
  };
  Gpu gpu;
  const auto refused = [&](const std::string& text) {
    const std::string path = scratch.write("b.csv", text);
    const std::string what = refusal([&] { read_board(path, lookup, gpu); });
    return what.substr(std::min(what.size(), path.size()));
  };
  CHECK(refused(harness::record_header() + line("quadro-p4000") + line("tesla-t4")) ==
        ":3: rows of two boards, quadro-p4000 and tesla-t4: a calibration is of one");
  CHECK(refused(harness::record_header() + line("gtx-9999")) == ":2: unknown board gtx-9999");
  CHECK(refused("op,device,batch,m,n,k,latency_ms\nlinear,quadro-p4000,1,2,3,4,5\n") ==
        ":1: not a file of roofcast measure");
}
