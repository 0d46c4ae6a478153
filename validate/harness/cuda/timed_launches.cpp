// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/timed_launches.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>

namespace roofcast::harness {

tl::expected<Runs, std::string> TimedLaunches::run(int times) {
  try {
    return bench_.recorder() != nullptr ? run_recorded(times) : run_with_events(times);
  } catch (const std::runtime_error& e) {  // CudaError, Unsupported
    return tl::unexpected(std::string(e.what()));
  }
}

Runs TimedLaunches::run_recorded(int times) {
  ActivityRecorder& recorder = *bench_.recorder();
  recorder.take();  // what fills and warm-ups left behind
  std::uint64_t mark = 0;
  for (int i = 0; i < times; ++i) {
    if (cold_) bench_.flush();
    for (const int k : order_) {
      recorder.mark(mark++);
      launchers_[static_cast<std::size_t>(k)].launch();
      recorder.end_mark();
    }
    bench_.driver().synchronize();
  }
  MarkedTimes all = times_of_marks(recorder.take(), mark);
  Runs result;
  result.lost = all.dropped + all.without_time;
  const auto length = static_cast<std::ptrdiff_t>(order_.size());
  for (int i = 0; i < times; ++i) {
    const auto begin = all.marks.begin() + i * length;
    // A run with a lost record says nothing of the whole.
    const bool whole =
        std::all_of(begin, begin + length, [](const MarkedTime& m) { return m.launches > 0 && !m.lost; });
    if (whole)
      result.runs.emplace_back(std::make_move_iterator(begin), std::make_move_iterator(begin + length));
  }
  return result;
}

Runs TimedLaunches::run_with_events(int times) {
  std::vector<std::unique_ptr<EventPair>> events;
  for (std::size_t i = 0; i < order_.size(); ++i)
    events.push_back(std::make_unique<EventPair>(bench_.driver()));
  Runs result;
  for (int i = 0; i < times; ++i) {
    if (cold_) bench_.flush();
    for (std::size_t at = 0; at < order_.size(); ++at) {
      events[at]->start();
      launchers_[static_cast<std::size_t>(order_[at])].launch();
      events[at]->stop();
    }
    auto& run = result.runs.emplace_back();
    for (const auto& pair : events) run.push_back({Seconds(pair->seconds()), 1, "", false});
  }
  return result;
}

std::string TimedLaunches::provider() const {
  std::vector<std::string> names;
  for (const Launcher& l : launchers_) {
    if (std::find(names.begin(), names.end(), l.provider) == names.end()) names.push_back(l.provider);
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " + ") + name;
  return text;
}

tl::expected<CounterValues, std::string> TimedLaunches::count() {
  const auto reset = [&] {
    if (cold_) bench_.flush();
    bench_.driver().synchronize();
  };
  const auto work = [&] {
    for (const int k : order_) launchers_[static_cast<std::size_t>(k)].launch();
    bench_.driver().synchronize();
  };
  return bench_.count(reset, work);
}

tl::expected<Runs, std::string> HostTimed::run(int times) {
  using Clock = std::chrono::steady_clock;
  Runs result;
  const RecordingPause pause(bench_.recorder());
  try {
    for (int i = 0; i < times; ++i) {
      const auto start = Clock::now();
      action_();
      const std::chrono::duration<double> took = Clock::now() - start;
      result.runs.push_back({MarkedTime{Seconds(took.count()), 1, "", false}});
    }
  } catch (const std::runtime_error& e) {
    return tl::unexpected(std::string(e.what()));
  }
  return result;
}

tl::expected<CounterValues, std::string> HostTimed::count() {
  return tl::unexpected(std::string("nothing to count in what the host times"));
}

tl::expected<Runs, std::string> QueuedLaunches::run(int times) {
  Runs result;
  const RecordingPause pause(bench_.recorder());
  try {
    const EventPair events(bench_.driver());
    for (int i = 0; i < times; ++i) {
      hold_();
      events.start();
      launches_();
      events.stop();
      const bool late = events.started();
      const Seconds took(events.seconds());
      if (late)
        ++result.lost;
      else
        result.runs.push_back({MarkedTime{took, 1, "", false}});
    }
  } catch (const std::runtime_error& e) {
    return tl::unexpected(std::string(e.what()));
  }
  return result;
}

tl::expected<CounterValues, std::string> QueuedLaunches::count() {
  return tl::unexpected(std::string("nothing to count in empty kernels"));
}

}  // namespace roofcast::harness
