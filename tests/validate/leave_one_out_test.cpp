// SPDX-License-Identifier: Apache-2.0
#include "validate/leave_one_out.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <mutex>
#include <set>

#include "hwdb/hwdb.h"

using namespace roofcast;
using doctest::Approx;

namespace {

constexpr double kTruth = 0.8;

/// Boards alike but for their chip. Pointers to them stay valid.
class Boards {
 public:
  const Gpu& of(const std::string& chip) {
    const auto known =
        std::find_if(boards_.begin(), boards_.end(), [&](const Gpu& g) { return g.chip == chip; });
    if (known != boards_.end()) return *known;
    boards_.push_back(*Hwdb::embedded().find("v100-pcie-16gb"));
    boards_.back().chip = boards_.back().slug = chip;
    return boards_.back();
  }

 private:
  std::list<Gpu> boards_;
};

/// A model with one constant: a stream takes its bytes over memory.hbm.
TimedCase one_constant(const Observation& o, const Gpu&) {
  const auto& op = std::get<Pointwise>(std::get<KernelCase>(o.subject).op);
  return [elements = static_cast<double>(op.elements)](const Calibration& c) -> Prediction {
    const Seconds time(1e-9 * elements / c[Constant::memory_hbm]);
    return Predicted{time, "DRAM", "", {{KernelKind::pointwise, time}}};
  };
}

/// Thirty streams whose times are those of the truth, times `off`, give or take `noise`.
void measure(const Gpu& gpu, double off, double noise, std::vector<Sample>& samples) {
  Calibration truth = prior_calibration();
  truth[Constant::memory_hbm] = kTruth;
  for (int i = 1; i <= 30; ++i) {
    Sample s;
    s.layout = "neusight/tensor_ops";
    s.observation.kind = "add";
    s.observation.subject =
        KernelCase{Pointwise{.elements = 1000000 * i}, Precision::fp32_strict, Timing::isolated_call};
    s.gpu = &gpu;
    s.observation.measured =
        one_constant(s.observation, gpu)(truth)->seconds * (off * (1 + noise * (i % 5 - 2)));
    samples.push_back(s);
  }
}

LeaveOneOut fitted(const std::vector<Sample>& samples) {
  return leave_one_out(samples, prior_calibration(), 100, one_constant);
}

}  // namespace

TEST_CASE("the fold without a chip that is off finds the truth, the others do not") {
  Boards boards;
  std::vector<Sample> samples;
  for (const char* chip : {"A", "B", "C"}) measure(boards.of(chip), 1, 0, samples);
  measure(boards.of("off"), 1.2, 0, samples);
  const LeaveOneOut fits = fitted(samples);
  REQUIRE(fits.folds.size() == 4);
  CHECK(fits.without("off")[Constant::memory_hbm] == Approx(kTruth).epsilon(1e-3));
  CHECK(fits.without("A")[Constant::memory_hbm] < 0.99 * kTruth);

  const Predictor predictor = leave_one_out_predictor(fits, one_constant);
  const Sample& row = samples.back();
  const Seconds predicted = predictor(row.observation, *row.gpu)->seconds;
  CHECK(*row.observation.measured / predicted == Approx(1.2).epsilon(1e-3));
}

TEST_CASE("no row of a chip reaches the fit without it") {
  Boards boards;
  std::vector<Sample> samples;
  measure(boards.of("A"), 1, 0.1, samples);
  measure(boards.of("B"), 0.9, 0.05, samples);
  measure(boards.of("C"), 1.1, 0.02, samples);
  const LeaveOneOut fits = fitted(samples);
  for (const char* chip : {"A", "B", "C"}) {
    std::vector<Sample> changed = samples, deleted;
    for (Sample& s : changed) {
      if (s.gpu->chip == chip)
        *s.observation.measured *= 1.5;
      else
        deleted.push_back(s);
    }
    // Another measurement of the chip, or none: its fold is the same to the bit.
    CHECK(fitted(changed).without(chip).values == fits.without(chip).values);
    CHECK(fitted(deleted).all.calibration.values == fits.without(chip).values);
    CHECK(fitted(changed).all.calibration.values != fits.all.calibration.values);
  }
}

TEST_CASE("residuals of a fold hold the other chips' left-out errors only") {
  Boards boards;
  std::vector<Sample> samples;
  for (const char* chip : {"A", "B", "C"}) measure(boards.of(chip), 1, 0, samples);
  measure(boards.of("off"), 1.3, 0, samples);
  const LeaveOneOut fits = fitted(samples);
  const auto high = [&](const std::string& chip) {
    return fits.without(chip).kernel_residuals.at(KernelKind::pointwise).high;
  };
  CHECK(high("A") == Approx(1.3).epsilon(0.01));
  CHECK(high("off") < 1.01);
  CHECK(fits.all.calibration.kernel_residuals.at(KernelKind::pointwise).high == Approx(1.3).epsilon(0.01));
}

TEST_CASE("a chip without rows is predicted with the fit of all, one that no stage uses shares it") {
  Boards boards;
  std::vector<Sample> samples;
  measure(boards.of("A"), 1, 0, samples);
  measure(boards.of("B"), 1, 0, samples);
  Sample unused = samples.front();
  std::get<KernelCase>(unused.observation.subject).timing = Timing::back_to_back;
  Gpu other = boards.of("C");
  other.vendor = "AMD";
  unused.gpu = &other;
  samples.push_back(unused);
  const LeaveOneOut fits = fitted(samples);
  CHECK(&fits.without("nobody") == &fits.all.calibration);
  CHECK(fits.without("C").values == fits.all.calibration.values);
  CHECK(fits.folds.back().stages_again == 0);
  CHECK(fits.folds.back().rows == 1);
}

TEST_CASE("progress names each chip once") {
  Boards boards;
  std::vector<Sample> samples;
  for (const char* chip : {"A", "B", "C"}) measure(boards.of(chip), 1, 0, samples);
  std::multiset<std::string> chips;
  std::size_t stage_reports = 0;
  leave_one_out(samples, prior_calibration(), 100, one_constant,
                {[&](const StageReport&) { ++stage_reports; }, [&](const Fold& f) { chips.insert(f.chip); }});
  CHECK(chips == std::multiset<std::string>{"A", "B", "C"});
  CHECK(stage_reports == stages().size());
}
