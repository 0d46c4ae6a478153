// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "validate/harness/op_text.h"

namespace roofcast::harness {
namespace {

Seconds steady() {
  return Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

/// Means of what NVML said while a case ran.
class SensorLog {
 public:
  void add(const Sensors& s) {
    if (s.sm_clock) clock_.add(in_megahertz(*s.sm_clock));
    if (s.power) power_.add(s.power->value);
    if (s.temperature_c) temperature_.add(*s.temperature_c);
    if (s.throttle && !s.throttle->empty()) throttle_ = *s.throttle;
  }
  void write(Record& r) const {
    r.clock_mhz = clock_.mean();
    r.power_w = power_.mean();
    r.temperature_c = temperature_.mean();
    r.throttle = throttle_;
  }

 private:
  struct Mean {
    double sum = 0;
    int n = 0;
    void add(double v) { sum += v, ++n; }
    std::optional<double> mean() const { return n == 0 ? std::nullopt : std::optional(sum / n); }
  };
  Mean clock_, power_, temperature_;
  std::string throttle_;
};

/// Everything the repetitions of a case gave.
struct Taken {
  std::vector<std::vector<MarkedTime>> runs;
  std::uint64_t lost = 0;
  SensorLog sensors;
};

Seconds total(const std::vector<MarkedTime>& run) {
  Seconds sum{0};
  for (const MarkedTime& part : run) sum += part.seconds;
  return sum;
}
std::vector<Seconds> totals(const std::vector<std::vector<MarkedTime>>& runs) {
  std::vector<Seconds> times;
  for (const auto& run : runs) times.push_back(total(run));
  return times;
}

tl::expected<Taken, std::string> repeat(Bench& bench, Prepared& prepared, const Effort& effort,
                                        const SessionHooks& hooks) {
  const auto now = hooks.now ? hooks.now : steady;
  if (auto warm = prepared.run(effort.warm_up); !warm) return tl::unexpected(warm.error());
  Taken taken;
  const Seconds start = now();
  int empty = 0;
  do {
    const int batch = effort.hold.value > 0 ? 10 : std::max(1, std::min(effort.least, effort.most));
    auto more = prepared.run(batch);
    if (!more) return tl::unexpected(more.error());
    taken.lost += more->lost;
    // A held board is judged by the second half, when its clock has settled.
    if (effort.hold.value > 0 && now() - start < effort.hold * 0.5) continue;
    taken.sensors.add(bench.sensors());
    if (more->runs.empty() && ++empty == 3)
      return tl::unexpected(std::string("three times in a row no run could be timed"));
    for (auto& run : more->runs) taken.runs.push_back(std::move(run));
    if (hooks.interrupted()) break;
  } while (!enough(totals(taken.runs), now() - start, effort));
  if (taken.runs.empty()) return tl::unexpected(std::string("no run could be timed"));
  return taken;
}

std::string number(double v) { return fmt::format("{:.6g}", v); }

class Session {
 public:
  Session(Bench& bench, const Plan& plan, const std::string& device, RecordFile& file,
          const SessionHooks& hooks)
      : bench_(bench), plan_(plan), device_(device), file_(file), hooks_(hooks) {}

  SessionSummary run() {
    const auto now = hooks_.now ? hooks_.now : steady;
    const Seconds start = now();
    Seconds planned_done{0}, left = plan_.expected();
    for (std::size_t i = 0; i < plan_.cases.size(); ++i) {
      const Case& c = plan_.cases[i];
      const Seconds expected = expected_time(plan_.suite, c);
      if (hooks_.interrupted()) {
        summary_.interrupted = true;
        break;
      }
      if (file_.has(blank(c).key())) {
        ++summary_.resumed;
        left = left - expected;
        continue;
      }
      const double pace = planned_done.value > 0 ? (now() - start) / planned_done : 1;
      hooks_.progress({i, plan_.cases.size(), left * pace, &c});
      measure(c);
      planned_done += expected;
      left = left - expected;
    }
    if (!summary_.interrupted) hooks_.progress({plan_.cases.size(), plan_.cases.size(), Seconds(0), nullptr});
    file_.compact();
    return summary_;
  }

 private:
  Record blank(const Case& c) const {
    Record r;
    r.device = device_;
    r.section = name(c.section);
    r.subject = c.text();
    r.numerics = c.numerics();
    r.load = name(c.load);
    return r;
  }

  void fail(Record r, const std::string& reason) {
    r.state = "failed: " + reason;
    r.date = timestamp();
    ++summary_.failed;
    file_.add(r);
  }

  void measure(const Case& c) {
    Record r = blank(c);
    auto prepared = bench_.prepare(c);
    if (!prepared) return fail(r, prepared.error());
    r.provider = (*prepared)->provider();
    const Effort e = effort(plan_.suite, c);
    const auto taken = repeat(bench_, **prepared, e, hooks_);
    if (!taken) return fail(r, taken.error());
    if (hooks_.interrupted() && static_cast<int>(taken->runs.size()) < e.least) {
      summary_.interrupted = true;  // too few runs to keep
      return;
    }
    taken->sensors.write(r);
    r.date = timestamp();
    r.runs = static_cast<int>(taken->runs.size());
    const std::vector<Seconds> times = totals(taken->runs);
    if (const auto off = noise(times)) r.noise_pct = 100 * *off;
    // A median known to worse than 2 % is kept, and said to be.
    r.state = r.noise_pct && *r.noise_pct > 2 ? "noisy" : "ok";
    summary_.noisy += r.state == "noisy" ? 1 : 0;
    if (const auto* step = std::get_if<StepCase>(&c.subject)) return write_step(r, *step, *taken);
    const MarkedTime& first = taken->runs.front().front();
    r.launches = first.launches;
    r.kernel = first.kernel;
    if (const auto* micro = std::get_if<MicroCase>(&c.subject)) {
      const Figure q = quantity(*micro, median(times), bench_.identity().sm_count);
      r.value = number(q.value);
      r.unit = q.unit;
    } else {
      r.value = number(in_milliseconds(median(times)));
      r.unit = "ms";
      if (hooks_.counters) count(**prepared, r);
    }
    ++summary_.measured;
    file_.add(r);
  }

  void count(Prepared& prepared, Record& r) {
    if (!summary_.counters.empty()) return;  // refused once: times only from here on
    const auto values = prepared.count();
    if (!values) {
      summary_.counters = values.error();
      return;
    }
    r.counted_flops = values->flops;
    r.counted_dram_bytes = values->dram_bytes;
    r.counted_l2_bytes = values->l2_bytes;
    r.counted_tensor = values->tensor_instructions;
  }

  /// A row per distinct kernel, then the step's own: a step whose own row is there is complete.
  void write_step(const Record& step_row, const StepCase& step, const Taken& taken) {
    const std::size_t runs = taken.runs.size();
    for (std::size_t k = 0; k < step.kernels.size(); ++k) {
      const OpCase& o = step.kernels[k];
      Record r = step_row;
      r.step = step_row.subject;
      r.subject = op_text(o.op, o.channels_last);
      r.numerics = numerics_text(o.numerics);
      r.noise_pct.reset();
      Seconds sum{0};
      r.count = 0;
      for (std::size_t at = 0; at < step.order.size(); ++at) {
        if (static_cast<std::size_t>(step.order[at]) != k) continue;
        std::vector<Seconds> times;
        for (std::size_t i = 0; i < runs; ++i) times.push_back(taken.runs[i][at].seconds);
        sum += median(times);
        if (r.count++ == 0) {
          r.launches = taken.runs.front()[at].launches;
          r.kernel = taken.runs.front()[at].kernel;
        }
      }
      r.value = number(in_milliseconds(sum / static_cast<double>(r.count)));
      r.unit = "ms";
      if (!file_.has(r.key())) file_.add(r);
    }
    Record r = step_row;
    r.launches = 0;
    for (const MarkedTime& part : taken.runs.front()) r.launches += part.launches;
    r.value = number(in_milliseconds(median(totals(taken.runs))));
    r.unit = "ms";
    ++summary_.measured;
    file_.add(r);
  }

  Bench& bench_;
  const Plan& plan_;
  const std::string& device_;
  RecordFile& file_;
  const SessionHooks& hooks_;
  SessionSummary summary_;
};

}  // namespace

SessionSummary run_session(Bench& bench, const Plan& plan, const std::string& device, RecordFile& file,
                           const SessionHooks& hooks) {
  return Session(bench, plan, device, file, hooks).run();
}

}  // namespace roofcast::harness
