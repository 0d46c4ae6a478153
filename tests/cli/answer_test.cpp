// What an answer's time, energy and cost are for, and what the exit code says.
// SPDX-License-Identifier: Apache-2.0
#include "cli/answer.h"

#include <doctest/doctest.h>

#include "cli/command.h"

using namespace roofcast;
using namespace roofcast::cli;
using doctest::Approx;

namespace {

/// Ten seconds a step, 1 kJ a step, 100 steps an epoch.
struct Fixture {
  Question q;
  Board board;
  Answer a;

  Fixture() {
    a.board = &board;
    a.batch = 10;
    a.forecast.emplace();
    a.forecast->step = {Seconds(8), Seconds(10), Seconds(12)};
    a.forecast->step_energy = Joules(1000);
  }
  void epochs(double n) {
    q.job.samples_per_epoch = 1000;
    q.job.epochs = n;
    a.forecast->epoch = Interval{Seconds(800), Seconds(1000), Seconds(1200)};
    a.forecast->job = Interval{Seconds(800 * n), Seconds(1000 * n), Seconds(1200 * n)};
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "without a data set an answer is for a step in training, a batch in inference") {
  CHECK(span(q, a).title == "step");
  CHECK(span(q, a).time.expected.value == 10);
  CHECK(span(q, a).energy.value == Approx(1000));
  q.job.execution.mode = Mode::inference;
  CHECK(span_title(q) == "batch");
}

TEST_CASE_FIXTURE(Fixture, "with a data set it is for all epochs: 2 × 100 steps of 1 kJ are 200 kJ") {
  epochs(2);
  CHECK(span(q, a).title == "2 epochs");
  CHECK(span(q, a).time.expected.value == Approx(2000));
  CHECK(span(q, a).energy.value == Approx(200e3));
  CHECK(samples_per_second(a) == Approx(1));
}

TEST_CASE_FIXTURE(Fixture, "cost is electricity plus the board's share, unknown where either is") {
  epochs(1);
  CHECK_FALSE(cost(q, a));
  q.prices.electricity = DollarsPerJoule(0.36 / 3.6e6);  // 100 kJ cost 1 cent
  q.prices.lifetime = Seconds(1e6);                      // 1000 s are a thousandth of it
  CHECK_FALSE(cost(q, a));
  board.gpu.launch_price = Dollars(500);  // of which 50 cents
  CHECK(cost(q, a)->value == Approx(0.51));
  q.prices.board = Dollars(300);
  CHECK(cost(q, a)->value == Approx(0.31));
  a.refusal = "does not fit";
  CHECK_FALSE(cost(q, a));
}

TEST_CASE_FIXTURE(Fixture, "the exit code is no only when every answer is") {
  Answer no = a;
  no.refusal = "does not fit";
  CHECK(exit_code({no, a}) == kDone);
  CHECK(exit_code({no, no}) == kAnswerIsNo);
}
