// JSON of predict and compare. Keys carry their unit; every figure is SI.
// SPDX-License-Identifier: Apache-2.0
#include "cli/json.h"

#include <nlohmann/json.hpp>

#include "cli/describe.h"
#include "cli/explain.h"
#include "cli/json_text.h"

namespace roofcast::cli {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json interval(const std::optional<Interval>& i) {
  if (!i) return nullptr;
  return {{"low", i->low.value}, {"expected", i->expected.value}, {"high", i->high.value}};
}

Json waterfall(const Waterfall& w) {
  return {{"ideal_s", w.ideal.value},
          {"tiling_s", w.tiling.value},
          {"traffic_s", w.traffic.value},
          {"clock_s", w.clock.value},
          {"total_s", w.total.value}};
}

Json memory(const Memory& m, const Gpu& gpu) {
  return {{"total_bytes", m.total().value},
          {"weights_bytes", m.weights.value},
          {"masters_bytes", m.masters.value},
          {"copies_bytes", m.copies.value},
          {"gradients_bytes", m.gradients.value},
          {"optimizer_bytes", m.optimizer.value},
          {"activations_bytes", m.activations.value},
          {"cache_bytes", m.cache.value},
          {"workspace_bytes", m.workspace.value},
          {"context_bytes", m.context.value},
          {"fragmentation_bytes", m.fragmentation.value},
          {"usable_bytes", usable_memory(gpu).value}};
}

Json what_if(const WhatIf& w, const WhatIf& none) {
  Json j{{"with", w.what}, {"runs", w.time.has_value()}, {"note", w.note.empty() ? Json() : Json(w.note)}};
  if (!w.time) return j;
  j["time_s"] = interval(w.time);
  j["gain"] = none.time->expected / w.time->expected;
  j["samples_per_s"] = w.samples_per_second;
  j["memory_bytes"] = w.memory.value;
  j["largest_batch"] = or_null(w.largest_batch);
  return j;
}

Json knee(const BatchKnee& k) {
  Json points = Json::array();
  for (const BatchPoint& p : k.points) {
    points.push_back({{"batch", p.batch},
                      {"step_s", p.step.value},
                      {"samples_per_s", p.samples_per_second},
                      {"memory_bytes", p.memory.value}});
  }
  return {{"share_of_best", kKneeShare},
          {"knee", k.points[k.knee].batch},
          {"best", k.points[k.best].batch},
          {"largest", k.points.back().batch},
          {"points", points}};
}

Json kernel(const KernelForecast& k) {
  const Estimate& e = k.estimate;
  return {{"layer", k.kernel.name},
          {"phase", std::string(name(k.kernel.phase))},
          {"op", std::string(name(kind(k.kernel.op)))},
          {"shape", describe(k.kernel.op)},
          {"count", k.kernel.count},
          {"seconds", e.seconds.value},
          {"bound", std::string(name(e.bound))},
          {"algorithm", e.algorithm},
          {"waterfall", waterfall(e.waterfall)},
          {"flops", e.flops.value},
          {"dram_bytes", e.dram_bytes.value},
          {"clock_hz", e.clock.value},
          {"power_w", e.power.value}};
}

Json board(const Board& b) {
  return {
      {"slug", b.gpu.slug}, {"name", b.gpu.name}, {"architecture", b.gpu.architecture}, {"asked", b.asked}};
}

/// Speed in samples relative to the first answer.
Json ratio(const Answer& a, const Answer& first) {
  if (!a.runs() || !first.runs()) return nullptr;
  return samples_per_second(a) / samples_per_second(first);
}

Json result(const Question& q, const Answer& a, bool kernels) {
  const std::optional<Forecast>& f = a.forecast;
  Json j{{"board", board(*a.board)},
         {"precision", std::string(name(a.precision))},
         {"best_of_all", !a.asked},
         {"batch", a.batch},
         {"runs", a.runs()},
         {"reason", a.runs() ? Json() : Json(a.refusal)},
         {"extrapolated", f ? Json(f->extrapolated) : Json()}};
  const auto when_running = [&](auto get) { return a.runs() ? Json(get()) : Json(); };
  j["step_s"] = a.runs() ? interval(f->step) : Json();
  j["epoch_s"] = a.runs() ? interval(f->epoch) : Json();
  j["job_s"] = a.runs() ? interval(f->job) : Json();
  j["samples_per_s"] = when_running([&] { return samples_per_second(a); });
  j["gpu_s"] = when_running([&] { return f->gpu_time.value; });
  j["host_s"] = when_running([&] { return f->host_time.value; });
  j["bound"] = when_running([&] { return std::string(name(f->bound)); });
  j["memory"] = f && !q.bare_kernel() ? memory(f->memory, a.board->gpu) : Json();
  j["largest_batch"] = f ? or_null(f->largest_batch) : Json();
  j["power_w"] = when_running([&] { return f->mean_power.value; });
  j["step_energy_j"] = when_running([&] { return f->step_energy.value; });
  j["job_energy_j"] = when_running([&] { return span(q, a).energy.value; });
  const auto dollars = cost(q, a);
  j["cost_usd"] = dollars ? Json(dollars->value) : Json();
  j["remarks"] = a.remarks;
  if (!a.board->remark.empty()) j["remarks"].insert(j["remarks"].begin(), a.board->remark);
  if (a.knee) j["batches"] = knee(*a.knee);
  if (!a.what_ifs.empty()) {
    j["what_if"] = Json::array();
    for (const WhatIf& w : a.what_ifs) j["what_if"].push_back(what_if(w, a.what_ifs.front()));
  }
  if (kernels && f) {
    j["waterfall"] = waterfall(total_waterfall(*f));
    j["kernels"] = Json::array();
    for (const KernelForecast& k : f->kernels) j["kernels"].push_back(kernel(k));
  }
  return j;
}

}  // namespace

std::string answers_json(const Question& q, const std::vector<Answer>& answers, bool against_first,
                         bool kernels) {
  const Execution& e = q.job.execution;
  Json j{{"schema_version", 1},
         {"workload", q.job.workload.name},
         {"assumed", q.assumed},
         {"mode", std::string(name(e.mode))},
         {"optimizer", std::string(name(e.optimizer))},
         {"stack", e.stack.name},
         {"dataset", q.dataset ? Json(q.dataset->name) : Json()},
         {"samples_per_epoch", or_null(q.job.samples_per_epoch)},
         {"epochs", q.job.epochs},
         {"interval", "80 % of kernels measured on boards left out of the fit"}};
  j["results"] = Json::array();
  for (const Answer& a : answers) {
    j["results"].push_back(result(q, a, kernels));
    if (against_first) j["results"].back()["speed_against_first"] = ratio(a, answers.front());
  }
  return json_text(j);
}

}  // namespace roofcast::cli
